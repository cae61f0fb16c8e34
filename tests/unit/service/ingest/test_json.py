"""JSON articles: what is taken, and each rule named by its field."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from service.ingest import parse
from sokbo.domain.article import Author, Image
from sokbo.domain.site import Site
from sokbo.errors import BadRequest, Invalid

from .conftest import NO_URL, Post, Refused

DATE_RULE = "must be an RFC 3339 date-time with a zone, such as 2026-11-21T09:00:00+09:00"


def test_every_field_reaches_the_draft(post: Post) -> None:
    draft = post(
        summary="요약",
        slug="Han River 다리",
        categories=["정치", "정치", "사회"],
        tags=["APEC"],
        authors=["김기자", {"name": "이기자", "url": "/staff/lee", "email": "lee@example.kr"}],
        image={"url": "/한강.jpg", "alt": "한강"},
        language="ko-KR",
        published_at="2026-11-21T09:00:00+09:00",
        breaking=True,
        breaking_until="2026-11-21T12:00:00Z",
        canonical_url="https://origin.example.kr/1",
        external_id="cms-7",
        related=["/12", "https://other.example.kr/"],
        correction_note="이름을 고쳤습니다",
        extra={"deep": {"list": [1, 2.5, None, True]}},
        draft=True,
    )
    content = draft.content
    assert (draft.slug, draft.external_id, draft.draft, draft.breaking) == ("han-river-다리", "cms-7", True, True)
    assert draft.published_at == datetime(2026, 11, 21, 0, tzinfo=UTC)
    assert draft.breaking_until == datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert (content.title, content.html, content.text, content.summary) == ("제목", "<p>본문</p>", "본문", "요약")
    assert (content.categories, content.tags) == (("정치", "사회"), ("APEC",))
    assert content.authors == (Author("김기자"), Author("이기자", "https://news.example.kr/staff/lee", "lee@example.kr"))
    assert content.image == Image("https://news.example.kr/%ED%95%9C%EA%B0%95.jpg", "한강")
    assert content.related == ("https://news.example.kr/12", "https://other.example.kr/")
    assert (content.language, content.canonical_url) == ("ko-KR", "https://origin.example.kr/1")
    assert content.correction_note == "이름을 고쳤습니다"
    assert content.extra == {"deep": {"list": [1, 2.5, None, True]}}


def test_terms_lose_the_sign_that_pages_write_before_them(post: Post) -> None:
    content = post(categories=["#정치", "C#"], tags=["#창원", "창원", "## 진해", "＃마산", "&#35;통영", "#1위", "#"]).content

    assert content.categories == ("정치", "C#")
    assert content.tags == ("창원", "진해", "마산", "통영", "1위", "#")


def test_markdown_takes_the_place_of_content(post: Post) -> None:
    assert post(content=None, markdown="**굵게**").content.html == "<p><strong>굵게</strong></p>"


def test_one_author_may_be_just_a_name(post: Post) -> None:
    assert post(author="김기자").content.authors == (Author("김기자"),)


def test_null_is_the_same_as_not_given(site: Site) -> None:
    draft = parse("application/json", b'{"title": "t", "content": "c", "markdown": null, "tags": null, "image": null}', site)
    assert (draft.content.tags, draft.content.image) == ((), None)


def test_title_is_one_composed_line(post: Post) -> None:
    assert post(title=" 한 줄\r\n두\u2028줄\t").content.title == "한 줄 두 줄"


@pytest.mark.parametrize("hidden", ["\u202a", "\u202e", "\u2066", "\u2069", "\x7f", "\x80", "\x9f"])
def test_lines_lose_what_would_turn_round_or_hide_the_text_beside_it(post: Post, hidden: str) -> None:
    named = f"이{hidden}름"
    content = post(title=named, summary=named, categories=[named], tags=[named], author=named).content
    assert {content.title, content.summary, *content.categories, *content.tags, content.authors[0].name} == {"이름"}


def test_what_only_answers_say_is_ignored(post: Post) -> None:
    assert post(id="x", number=1, revision=2, state="draft", modified_at="then", url="/1", urls={}) == post()


def test_text_is_free_of_carriage_returns(post: Post) -> None:
    assert post(extra={"note": "a\r\nb\rc"}).content.extra == {"note": "a\nb\nc"}


@pytest.mark.parametrize(
    ("field", "value", "where", "rule"),
    [
        ("title", None, "title", "is required"),
        ("title", "", "title", "must not be empty"),
        ("title", " \u200b\n", "title", "must not be empty"),
        ("title", "\u202e", "title", "must not be empty"),
        ("title", "\u3164 \u115f\u1160\uffa0\u2800\ufe0f", "title", "must not be empty"),
        ("tags", ["\u3164"], "tags.0", "must not be empty"),
        ("title", 7, "title", "must be text"),
        ("title", "가" * 301, "title", "must have at most 300 characters"),
        ("title", "a\x00b", "title", "must not hold the character U+0000, which XML forbids"),
        ("title", "a\x0bb", "title", "must not hold the character U+000B, which XML forbids"),
        ("title", "a\ud800b", "title", "must not hold the character U+D800, which XML forbids"),
        ("title", "a\ufffeb", "title", "must not hold the character U+FFFE, which XML forbids"),
        ("content", None, "content", "is required (HTML), or markdown in its place"),
        ("content", " ", "content", "must not be empty"),
        ("content", "<script>x</script>", "content", "must show something once it is cleaned"),
        ("content", "<p>a&#11;b</p>", "content", "must not hold the character U+000B, which XML forbids"),
        ("content", "<p>a&#xFFFF;b</p>", "content", "must not hold the character U+FFFF, which XML forbids"),
        ("content", "가" * 500_001, "content", "must have at most 500000 characters"),
        ("content", "<b>" * 101 + "x", "content", "must not be nested more than 100 deep"),
        ("content", "<div>" * 2000 + "x", "content", "must not be nested more than 100 deep"),
        ("content", "<i>" * 20_001, "content", "must have at most 20000 tags and entities"),
        ("markdown", "x", "markdown", "must not come with content: give one of the two"),
        ("titel", "x", "titel", "is not a field that is known here"),
        ("summary", ["x"], "summary", "must be text"),
        ("summary", "x" * 2001, "summary", "must have at most 2000 characters"),
        ("slug", "!!!", "slug", "must have a letter or a digit"),
        ("categories", "정치", "categories", "must be a list"),
        ("categories", ["정치", ""], "categories.1", "must not be empty"),
        ("tags", [1], "tags.0", "must be text"),
        ("tags", ["t"] * 51, "tags", "must have at most 50 items"),
        ("tags", ["t" * 101], "tags.0", "must have at most 100 characters"),
        ("author", 5, "author", "must be text or an object with name"),
        ("author", {"url": "https://a.kr"}, "author.name", "is required"),
        ("author", {"name": "a", "role": "b"}, "author.role", "is not a field that is known here"),
        ("authors", [{"name": "a", "email": "nobody"}], "authors.0.email", "must be an e-mail address, such as desk@example.com"),
        ("authors", "김기자", "authors", "must be a list"),
        (
            "image",
            "javascript:alert(1)",
            "image.url",
            NO_URL,
        ),
        ("image", {"alt": "x"}, "image.url", "is required"),
        ("image", True, "image", "must be text or an object with url"),
        ("language", "한국어", "language", "must be a BCP 47 language tag, such as ko or en-GB"),
        ("language", "xx", "language", "must begin with a language of ISO 639, such as ko or en: xx is none"),
        ("language", "en-UK", "language", "must have a region of ISO 3166-1, such as KR or GB, or none: UK is none"),
        ("published_at", "2026-11-21", "published_at", DATE_RULE),
        ("published_at", "2026-11-21T09:00:00", "published_at", DATE_RULE),
        ("published_at", 1795219200, "published_at", DATE_RULE),
        ("published_at", "2026-02-30T09:00:00Z", "published_at", f"{DATE_RULE}; no calendar has this one"),
        ("published_at", "0001-01-01T00:00:00+09:00", "published_at", "must be a year from 1901 to 2198"),
        ("published_at", "9999-12-31T23:59:59Z", "published_at", "must be a year from 1901 to 2198"),
        ("breaking", "yes", "breaking", "must be true or false"),
        ("breaking", 1, "breaking", "must be true or false"),
        ("breaking_until", "2026-11-21T09:00:00Z", "breaking_until", "needs breaking to be true"),
        (
            "canonical_url",
            "ftp://a.kr/",
            "canonical_url",
            NO_URL,
        ),
        (
            "canonical_url",
            f"https://a.kr/{'가' * 300}",
            "canonical_url",
            "must have at most 2048 characters once percent-encoded",
        ),
        ("external_id", "x" * 201, "external_id", "must have at most 200 characters"),
        ("related", ["#x"], "related.0", NO_URL),
        ("correction_note", "", "correction_note", "must not be empty"),
        ("extra", [], "extra", "must be an object"),
        ("extra", {"a": "x" * 33_000}, "extra", "must have at most 32768 characters as JSON"),
        ("extra", {"a": {"b": "\x01"}}, "extra.a.b", "must not hold the character U+0001, which XML forbids"),
        ("extra", {"a": 2**63}, "extra.a", "must be a number of at most 64 bits"),
        ("draft", "true", "draft", "must be true or false"),
    ],
)
def test_broken_rule_is_named_by_its_field(refused: Refused, field: str, value: Any, where: str, rule: str) -> None:
    assert refused(**{field: value}) == {where: rule}


def test_every_broken_rule_is_named_at_once(refused: Refused) -> None:
    rules = refused(title="", tags=[1], published_at="now", author="a", authors=["b"], content=None, unknown=1)
    assert set(rules) == {"title", "tags.0", "published_at", "author", "content", "unknown"}


def test_name_that_xml_forbids_is_refused(refused: Refused) -> None:
    assert refused(extra={"a\x00": 1})["extra.a\ufffd"].startswith("the name must not hold the character U+0000")


def test_deep_extra_is_refused(refused: Refused) -> None:
    deep: dict[str, Any] = {}
    for _ in range(40):
        deep = {"a": deep}
    assert set(refused(extra=deep).values()) == {"must not be nested more than 16 deep"}


def test_infinite_number_is_refused(site: Site) -> None:
    with pytest.raises(Invalid, match=r"extra\.a: must be a finite number"):
        parse("application/json", b'{"title": "t", "content": "c", "extra": {"a": 1e999}}', site)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not JSON: line 1, column 1"),
        (b"{", "not JSON: line 1, column 2"),
        (b'{"title": "t",\n}', "not JSON: line 2, column 1"),
        (b"[]", "must be a JSON object"),
        (b'"text"', "must be a JSON object"),
        (b'{"title": "a", "title": "b"}', "'title' twice"),
        (b'{"extra": {"a": 1, "a": 2}}', "'a' twice"),
        (b'{"extra": NaN}', "NaN is no JSON number"),
        (b'{"extra": -Infinity}', "-Infinity is no JSON number"),
        (b'{"extra": ' + b"9" * 5000 + b"}", "a number that is too long"),
        (b'{"extra": ' + b"[" * 100_000, "nested too deep"),
        (b'{"title": "\xff"}', "not UTF-8: byte 11"),
        ("{}".encode("utf-16"), "not UTF-8: byte 0"),
    ],
)
def test_body_that_is_no_json_object_is_a_bad_request(site: Site, body: bytes, message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        parse("application/json", body, site)


def test_name_that_comes_twice_is_found_at_once(site: Site) -> None:
    names = ",".join(f'"{number}":1' for number in [*range(50_000), 49_999])
    began = time.process_time()
    with pytest.raises(BadRequest, match="'49999' twice"):
        parse("application/json", f"{{{names}}}".encode(), site)
    assert time.process_time() - began < 5  # it was more than half a minute


def test_name_that_no_text_can_hold_is_refused_by_its_rule(post: Post) -> None:
    with pytest.raises(Invalid, match=r"the name must not hold the character U\+D800, which XML forbids"):
        post(**{"\ud800": 1})
