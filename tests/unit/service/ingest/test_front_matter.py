"""Front matter: Jekyll's names and habits, and YAML that is only data."""

import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from service.ingest import parse
from service.ingest.fields import Fields
from service.ingest.front_matter import split
from sokbo.domain.article import Author, Draft, Image
from sokbo.domain.site import Site
from sokbo.errors import BadRequest, Invalid

from .conftest import NO_URL


def markdown(site: Site, front_matter: str, body: str = "본문") -> Draft:
    return parse("text/markdown; charset=utf-8", f"---\n{front_matter}\n---\n{body}".encode(), site)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2024-07-28 10:00:00 +0900", datetime(2024, 7, 28, 1, tzinfo=UTC)),
        ("2024-07-28 10:00:00 +09:00", datetime(2024, 7, 28, 1, tzinfo=UTC)),
        ("2024-07-28 10:00:00 UTC", datetime(2024, 7, 28, 10, tzinfo=UTC)),
        ("2024-07-28T10:00:00Z", datetime(2024, 7, 28, 10, tzinfo=UTC)),
        ("2024-07-28 10:00:00", datetime(2024, 7, 28, 1, tzinfo=UTC)),
        ("2024-07-28 10:00", datetime(2024, 7, 28, 1, tzinfo=UTC)),
        ("2024-07-28", datetime(2024, 7, 27, 15, tzinfo=UTC)),
        ("'2024-07-28 10:00:00.5 -0500'", datetime(2024, 7, 28, 15, 0, 0, 500_000, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("name", ["date", "published_at"])
def test_date_without_zone_is_the_sites(site: Site, name: str, text: str, utc: datetime) -> None:
    assert markdown(site, f"title: t\n{name}: {text}").published_at == utc


@pytest.mark.parametrize(
    ("lines", "categories"),
    [
        ("categories:\n  - News\n  - 정치", ("News", "정치")),
        ("categories: News 정치", ("News", "정치")),
        ("categories: World News, 정치", ("World News", "정치")),
        ("categories: []", ()),
        ("categories:", ()),
        ("category: World News", ("World News",)),
        ("category: 사회\ncategories: [News]", ("사회", "News")),
        ("categories: [2024, true, 1.10]", ("2024", "true", "1.10")),
    ],
)
def test_categories_are_read_as_jekyll_reads_them(site: Site, lines: str, categories: tuple[str, ...]) -> None:
    assert markdown(site, f"title: t\n{lines}").content.categories == categories


def test_tags_take_the_same_forms(site: Site) -> None:
    assert markdown(site, "title: t\ntags: a b\ntag: c").content.tags == ("c", "a", "b")


def test_our_own_names_are_taken_too(site: Site) -> None:
    draft = markdown(
        site,
        """title: 1.10
slug: 007
summary: 요약
author: {name: 김기자, url: /kim}
image: {url: /a.png, alt: 그림}
language: no
breaking: true
breaking_until: 2026-11-21 12:00:00
external_id: 42
correction_note: 고침
related: [/1]
canonical_url: https://origin.example.kr/
draft: true""",
    )
    assert (draft.content.title, draft.slug, draft.content.language, draft.external_id) == ("1.10", "007", "no", "42")
    assert draft.content.authors == (Author("김기자", "https://news.example.kr/kim"),)
    assert draft.content.image == Image("https://news.example.kr/a.png", "그림")
    assert (draft.breaking, draft.breaking_until) == (True, datetime(2026, 11, 21, 3, tzinfo=UTC))
    assert (draft.draft, draft.content.correction_note) == (True, "고침")


def test_unknown_keys_are_kept_in_extra(site: Site) -> None:
    draft = markdown(
        site,
        "title: t\nlayout: post\npermalink: /a/\nupdated: 2024-07-28 10:00:00\ncount: 3\nrate: 1.5\nempty:\non: off\n"
        "time: 10:00\nextra: {own: 1}\nsummary: ours\nexcerpt: theirs\nnested: {list: [1, {a: no}]}\ncontent: x\nmarkdown: y",
    )
    assert draft.content.summary == "ours"
    assert draft.content.extra == {
        "own": 1,
        "layout": "post",
        "permalink": "/a/",
        "updated": "2024-07-28 10:00:00",
        "count": 3,
        "rate": 1.5,
        "empty": None,
        "on": "off",
        "time": "10:00",
        "excerpt": "theirs",
        "nested": {"list": [1, {"a": "no"}]},
        "content": "x",
        "markdown": "y",
    }


@pytest.mark.parametrize(("published", "draft"), [("false", True), ("true", False)])
def test_published_false_is_a_draft(site: Site, published: str, draft: bool) -> None:
    assert markdown(site, f"title: t\npublished: {published}").draft is draft


@pytest.mark.parametrize(
    ("lines", "field", "rule"),
    [
        ("excerpt: [a]", "excerpt", "must be text"),
        ("tags: [[a]]", "tags.0", "must be text"),
        ("excerpt: " + "x" * 2001, "excerpt", "must have at most 2000 characters"),
        ("date: tomorrow", "date", "must be an RFC 3339 date-time with a zone, such as 2026-11-21T09:00:00+09:00"),
        ("date: 2024-02-30", "date", "must be an RFC 3339 date-time with a zone, such as 2026-11-21T09:00:00+09:00"),
        ("published: maybe", "published", "must be true or false"),
        ("category: {a: b}", "category", "must be text"),
        ("category: [a, [b]]", "category.1", "must be text"),
        ("category: a\ncategories: [b, [c]]", "categories.1", "must be text"),
        ("tag: [a, '', [b]]\ntags: [c]", "tag.2", "must be text"),
        ("tags: ['', ~, b, [c]]", "tags.3", "must be text"),
        ("tags: a,,b,\u3164", "tags.3", "must not be empty"),
        ('tag: a\ntags: ["b\\x0b"]', "tags.0", "must not hold the character U+000B, which XML forbids"),
        ("tag: a\ntags: [" + "b, " * 50 + "]", "tags", "must have at most 50 items"),
        ("categories: {a: b}", "categories", "must be a list"),
        ("image: javascript:x", "image.url", NO_URL),
        ("layout: post\x0bx", "layout", "must not hold the character U+000B, which XML forbids"),
        ('layout: "a\\x0b"', "layout", "must not hold the character U+000B, which XML forbids"),
        ('layout: "a\\uffff"', "layout", "must not hold the character U+FFFF, which XML forbids"),
        ("extra: text", "extra", "must be an object"),
        ("huge: " + "x" * 40_000, "extra", "must have at most 32768 characters as JSON"),
    ],
)
def test_broken_rule_is_named_as_the_sender_wrote_it(site: Site, lines: str, field: str, rule: str) -> None:
    with pytest.raises(Invalid) as caught:
        markdown(site, f"title: t\n{lines}")
    assert [(error.field, error.rule) for error in caught.value.errors] == [(field, rule)]


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (BOMB, "line 2: has an anchor or alias"),
        ("a: *nothing", "line 2: has an anchor or alias"),
        ("title: t\na: &x 1", "line 3: has an anchor or alias"),
        ("title: t\n<<: *base", "line 3: has an anchor or alias"),
        ("a: !!python/object/apply:os.system [id]", "line 2: has a tag"),
        ("a: !!binary aGk=", "line 2: has a tag"),
        ("a: !local x", "line 2: has a tag"),
        ("a: " + "[" * 17 + "]" * 17, "line 2: is nested more than 16 deep"),
        ("a: " + "[" * 60_000, "line 2: is nested more than 16 deep"),
        ("a: " + "{a: " * 10_000, "line 2: is nested more than 16 deep"),
        ("title: a\nlayout: b\ntitle: c", "line 4: has the name title for the second time"),
        ("a:\n  b: 1\n  b: 2", "line 4: has the name b for the second time"),
        ("? [a, b]\n: c", "line 2: has a list or a mapping as a name"),
        ("title: 속보: 다리 열린다", "line 2: mapping values are not allowed"),
        ("title: t\n\tlayout: x", "line 3: "),
        ("title: 'open", "line"),
        ("- a\n- b", "line 2: must be names with values"),
        ("just text", "line 2: must be names with values"),
        ("title: t\na: \x7f", "line 3: has a character that YAML forbids"),
        ("a: " + "x" * 66_000, "line 2: must have at most 65536 characters"),
        ("%YAML 1.1", "line"),
    ],
)
def test_yaml_that_is_more_than_data_is_refused_by_line(site: Site, lines: str, message: str) -> None:
    with pytest.raises(BadRequest, match="The front matter is not YAML that is taken here") as caught:
        markdown(site, lines)
    assert message in caught.value.message


@pytest.mark.parametrize("scalar", ["1e999", ".inf", ".nan", "0x1F", "0o17", "9" * 5000, "1_000", "yes", "~a", "2024-01-01"])
def test_scalars_that_other_parsers_read_as_something_else_stay_text(site: Site, scalar: str) -> None:
    assert markdown(site, f"title: t\nvalue: {scalar}").content.extra == {"value": scalar}


@pytest.mark.parametrize(
    ("scalar", "value"), [("null", None), ("~", None), ("true", True), ("-3", -3), ("1.50", 1.5), ("''", "")]
)
def test_plain_data_keeps_its_type(site: Site, scalar: str, value: Any) -> None:
    assert markdown(site, f"title: t\nvalue: {scalar}").content.extra == {"value": value}


def test_front_matter_that_never_ends_is_refused(site: Site) -> None:
    with pytest.raises(BadRequest, match="no closing line"):
        parse("text/markdown", b"---\ntitle: t\n\nbody", site)


@pytest.mark.parametrize("media_type", ["text/markdown", "text/html", "text/plain"])
@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("+++\ntitle = 't'\ndraft = true\n+++\n# t\n\n비보도", "TOML or JSON"),
        ("\n+++ \ndraft = true\n+++\n비보도", "TOML or JSON"),
        ('{\n  "title": "t",\n  "draft": true\n}\n\n비보도', "TOML or JSON"),
        ("title: t\ndate: 2031-01-01\ntags:\n  - a\ndraft: true\n---\n\n비보도", "in line 1"),
        ("title: t\ndescription: >\n  글\n  글\ndraft: true\n---\n\n비보도", "in line 1"),
        ("\n---\ntitle: t\ndraft: true\n---\n비보도", "in line 1"),
        (" ---\ntitle: t\ndraft: true\n---\n비보도", "in line 1"),
        ("---toml\ntitle = 't'\n---\n비보도", "TOML or JSON"),
    ],
)
def test_front_matter_of_another_form_is_refused_and_not_published(site: Site, media_type: str, body: str, rule: str) -> None:
    with pytest.raises(BadRequest, match=rule):
        parse(media_type, body.encode(), site)


@pytest.mark.parametrize(
    "body", ["속보: 큰불\n---\n글", "# t\n\n글\n\ntitle: 글\n---\n", "{글} 글\n\n+++\n글", "- title: 글\n\n글"]
)
def test_text_that_looks_a_little_like_front_matter_is_text(site: Site, body: str) -> None:
    assert split(body, site) == (Fields({}), body)


@pytest.mark.parametrize(
    "body",
    [
        *(" \n" * 250_000, "a:\n" * 150_000, "title: a\n" * 50_000, "- \n" * 150_000),
        *(f"---a{':---' * 50_000}\nx", f"---a{'--' * 100_000}\nx", f"---\n{'title:' * 50_000}\n--"),
    ],
)
def test_looking_for_front_matter_takes_no_time(site: Site, body: str) -> None:
    began = time.process_time()
    with suppress(BadRequest, Invalid):
        split(body, site)
    assert time.process_time() - began < 1.0


def test_front_matter_may_have_windows_line_ends_and_a_byte_order_mark(site: Site) -> None:
    draft = parse("text/markdown", b"\xef\xbb\xbf---\r\ntitle: t\r\n---\r\nbody\r\n", site)
    assert (draft.content.title, draft.content.html) == ("t", "<p>body</p>")


@pytest.mark.parametrize(
    ("matter", "held", "extra"),
    [
        (
            "image:\n  path: /a.jpg\n  alt: Alt\n  height: 100",
            ("image", Image("https://news.example.kr/a.jpg", "Alt")),
            {"image": {"height": "100"}},
        ),
        ("author:\n  name: Kim\n  twitter: kim", ("authors", (Author("Kim"),)), {"author": {"twitter": "kim"}}),
        ("author: [Kim, Lee]", ("authors", (Author("Kim"), Author("Lee"))), {}),
        ("lang: en", ("language", "en"), {}),
        ("description: In short", ("summary", "In short"), {}),
        ("description: In short\nexcerpt: Shorter", ("summary", "Shorter"), {"description": "In short"}),
    ],
)
def test_what_jekylls_plugins_read_is_taken(site: Site, matter: str, held: tuple[str, object], extra: dict[str, object]) -> None:
    made = parse("text/markdown", f"---\ntitle: T\n{matter}\n---\nText".encode(), site)
    name, value = held
    assert getattr(made.content, name) == value
    assert made.content.extra == extra


@pytest.mark.parametrize(
    "title",
    ["[단독] 대통령 발표", "속보: 북한, 미사일 발사", '"인용" 뒤에 글', "%5 인상", "@x", "*강조*", "{a", "- x", '"열린 채'],
)
def test_text_that_yaml_takes_for_something_else_is_named(site: Site, title: str) -> None:
    with pytest.raises(BadRequest, match="line 3: ") as caught:
        markdown(site, f"layout: post\ntitle: {title}\ntags: [a]")
    [error] = caught.value.errors
    assert error.field == "title"
    assert "put quotes around" in error.rule


def test_front_matter_whose_line_breaks_were_dropped_is_told_how_to_be_sent(site: Site) -> None:
    with pytest.raises(BadRequest, match="--data-binary"):
        parse("text/markdown", "---layout: posttitle: 제목---본문".encode(), site)
