from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sokbo.domain.article import Content, Image
from sokbo.domain.dialects import DIALECTS, Dialect, Subject
from sokbo.domain.ids import SiteId
from sokbo.domain.lead_image import named_picture
from sokbo.domain.picture import Picture, PictureState
from sokbo.domain.preflight import findings
from sokbo.domain.selection import PLAIN, Selection
from sokbo.domain.site import Site

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PICTURE = Image("https://news.example/picture.jpg")
SITE = Site(SiteId(1), "news", "News", "https://news.example", NOW)
GOOD_TITLE = "통영 앞바다 여객선 오늘 오전부터 운항 재개"


def subject(published_at: datetime = NOW, *, width: int | None = 1024, **fields: Any) -> Subject:
    words: dict[str, Any] = {
        "title": GOOD_TITLE,
        "html": "<p>본문</p>",
        "text": "본문",
        "summary": "요약",
        "image": PICTURE,
    } | fields
    content = Content(**words)
    known = {PICTURE.url: Picture(PICTURE.url, PictureState.READY, "image/jpeg", width, width, 1000)}
    return Subject(content, published_at, NOW, named_picture(SITE, content, known))


def codes(name: str, given: Subject) -> set[str]:
    return {rule.code for rule in DIALECTS[name].broken(given)}


every_dialect = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS.keys())


@every_dialect
def test_good_article_breaks_no_rule(dialect: Dialect) -> None:
    assert dialect.broken(subject()) == []
    assert dialect.takes(subject())


@every_dialect
def test_each_rule_is_said_in_both_languages_and_named_once(dialect: Dialect) -> None:
    assert DIALECTS[dialect.name] is dialect
    assert len({rule.code for rule in dialect.rules}) == len(dialect.rules)
    for rule in dialect.rules:
        assert rule.en.isascii()
        assert any("가" <= letter <= "힣" for letter in rule.ko)
        assert rule.field in {*Content.__slots__, "content", "published_at"}


@pytest.mark.parametrize(("length", "broken"), [(19, "title_too_short"), (20, None), (150, None), (151, "title_too_long")])
def test_msn_wants_titles_of_20_to_150_characters(length: int, broken: str | None) -> None:
    given = subject(title="가" * length)

    assert codes("msn", given) == ({broken} if broken else set())
    assert DIALECTS["msn"].takes(given) is (broken is None)


@pytest.mark.parametrize(
    ("age", "taken"), [(timedelta(days=364), True), (timedelta(days=365), False), (-timedelta(days=1), True)]
)
def test_msn_wants_nothing_older_than_a_year(age: timedelta, taken: bool) -> None:
    assert DIALECTS["msn"].takes(subject(NOW - age)) is taken


@pytest.mark.parametrize(
    ("html", "deep"),
    [
        ("<div>" * 9 + "x" + "</div>" * 9, False),
        ("<div>" * 10 + "x" + "</div>" * 10, True),
        ("<p><b>x</b></p>" * 20, False),
        ("<p>" + '<br><img src="https://x.example/a.png" alt="a > b">' * 20 + "</p>", False),
        ("<div>" * 8 + "<p>x</p><p>&lt;b&gt;</p>" + "</div>" * 8, False),
        ("<figure><section>" + "<div>" * 9 + "x" + "</div>" * 9 + "</section></figure>", False),
        ("<figure><section>" + "<div>" * 10 + "x" + "</div>" * 10 + "</section></figure>", True),
    ],
)
def test_msn_takes_no_deep_nesting_of_what_it_is_sent(html: str, deep: bool) -> None:
    given = subject(html=html)

    assert codes("msn", given) == ({"nested_too_deep"} if deep else set())
    assert DIALECTS["msn"].takes(given) is not deep


@pytest.mark.parametrize(("name", "taken"), [("flipboard", False), ("msn", True), ("smartnews", True), ("apple-news", True)])
def test_only_flipboard_insists_on_an_image(name: str, taken: bool) -> None:
    given = subject(image=None)

    assert codes(name, given) == (set() if name == "apple-news" else {"image_missing"})
    assert DIALECTS[name].takes(given) is taken


@pytest.mark.parametrize(("width", "broken"), [(None, "image_immeasurable"), (499, "image_too_narrow"), (500, None)])
def test_flipboard_wants_images_that_are_known_to_be_500_pixels_wide(width: int | None, broken: str | None) -> None:
    given = subject(width=width)

    assert codes("flipboard", given) == ({broken} if broken else set())
    assert DIALECTS["flipboard"].takes(given) is (broken is None)


@pytest.mark.parametrize(("state", "taken"), [(PictureState.WAITING, True), (PictureState.FAILED, False)])
def test_flipboard_waits_for_an_image_until_it_has_been_measured_in_vain(state: PictureState, taken: bool) -> None:
    known = {PICTURE.url: Picture(PICTURE.url, state)}
    given = subject()

    assert DIALECTS["flipboard"].takes(replace(given, picture=named_picture(SITE, given.content, known))) is taken


@every_dialect
def test_image_that_is_to_come_is_not_missed(dialect: Dialect) -> None:
    assert dialect.broken(replace(subject(image=None), awaits_picture=True)) == []


def test_smartnews_takes_no_article_that_would_fill_a_feed() -> None:
    assert DIALECTS["smartnews"].takes(subject(html="가" * 300_000))
    assert not DIALECTS["smartnews"].takes(subject(html="가" * 300_001))
    assert DIALECTS["smartnews"].takes(subject(html="<br>" * 90_000))  # «&lt;br&gt;» in the feed
    assert not DIALECTS["smartnews"].takes(subject(html="<br>" * 90_001))


def test_apple_news_advises_short_titles() -> None:
    given = subject(title="가" * 61)

    assert codes("apple-news", given) == {"title_too_long"}
    assert DIALECTS["apple-news"].takes(given)


def test_finding_names_the_selection_and_plain_ones_have_none() -> None:
    chosen = [Selection(SiteId(1), profile, profile, NOW, profile=profile) for profile in (PLAIN, "msn", "flipboard")]

    found = findings(subject(title="짧다", image=None), chosen)

    assert [(finding.selection.name, finding.rule.code) for finding in found] == [
        ("msn", "title_too_short"),
        ("msn", "image_missing"),
        ("flipboard", "image_missing"),
    ]


def test_scheduled_article_is_looked_at_as_it_will_be() -> None:
    chosen = [Selection(SiteId(1), "msn", "msn", NOW, profile="msn")]

    assert findings(subject(NOW + timedelta(days=400)), chosen) == []
