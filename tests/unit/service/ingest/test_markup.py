"""Fields that are text: HTML in them is read once, and words about HTML stay."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ingest import FORMATS, markup, merge, parse, representation
from service.ingest.text_gate import forbidden_rule
from sokbo.domain.article import Article, ArticleState, Author, Image
from sokbo.domain.ids import ArticleId
from sokbo.domain.site import Site
from sokbo.errors import Invalid

from .conftest import Post, Refused

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
WRITTEN = "<b>Bold</b> AT&amp;T &quot;x&quot;"
SAID = 'Bold AT&T "x"'


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (WRITTEN, SAID),
        ("&#8216;한강&#x2019; 다리&nbsp;통행", "‘한강’ 다리 통행"),
        ("a &lt;b&gt; c", "a <b> c"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("&hellip;&rarr;&apos;&#39;&NotEqualTilde;", "…→''\u2242\u0338"),
        ("&#150; &#128512;", "– 😀"),
        ("하나<br>둘<BR/>셋<hr class='x'>넷", "하나 둘 셋 넷"),
        ("<p>하나</p><p>둘</p>", "하나 둘"),
        ("단<wbr>어 <em>강</em>조", "단어 강조"),
        ("<A HREF='/x?a>b' TITLE=\"'>\">링크</A >", "링크"),
        ("<b class=it's>굵게</b>", "굵게"),
        ("앞<img src=x.png alt='1 > 0'>뒤", "앞뒤"),
        ("앞<script>alert('</b>')</script><style>b {}</style><!-- <b> -->뒤", "앞뒤"),
        ("<b>앞</b> <script> 뒤 <script> <!-- 끝", "앞 뒤 <!-- 끝"),
        ("<b>1</b> < 2 > 0, <kim@x.kr>, <foo>", "1 < 2 > 0, <kim@x.kr>, <foo>"),
        ("Use <video> &amp; <audio>", "Use <video> & <audio>"),
    ],
)
def test_what_is_plainly_html_is_read_once(post: Post, written: str, said: str) -> None:
    assert post(title=written).content.title == said


@pytest.mark.parametrize(
    "text",
    [
        *("Use <video> element", "The <input> and <img> elements", "<br", "</ b>", "</foo>", "a < b", "a <b & c> d", "1 <2> 3"),
        *("AT&T", "G&P500", "R&D; 연구", "&copy 2026", "&notit;", "&nosuch;", "&;", "&#;", "&#x;", "&#xg;", "&#65", "a &amp b"),
    ],
)
def test_words_about_html_stay(post: Post, text: str) -> None:
    assert post(title=text).content.title == text


def test_every_field_that_people_read_is_read_alike(post: Post) -> None:
    content = post(
        title=WRITTEN,
        summary=WRITTEN,
        categories=[WRITTEN, SAID],
        tags=[WRITTEN],
        authors=[WRITTEN, {"name": WRITTEN, "url": "/a"}],
        image={"url": "/x.png", "alt": WRITTEN},
        correction_note=WRITTEN,
    ).content
    assert (content.title, content.summary, content.correction_note) == (SAID, SAID, SAID)
    assert (content.categories, content.tags) == ((SAID,), (SAID,))
    assert [author.name for author in content.authors] == [SAID, SAID]
    assert content.image == Image("https://news.example.kr/x.png", SAID)


def test_ids_and_own_data_stay_as_they_came(post: Post) -> None:
    draft = post(external_id="a&amp;b", extra={"note": WRITTEN})
    assert (draft.external_id, draft.content.extra) == ("a&amp;b", {"note": WRITTEN})


@pytest.mark.parametrize("media_type", FORMATS)
def test_every_format_reads_them_alike(site: Site, media_type: str) -> None:
    body = f"---\ntitle: '{WRITTEN}'\nexcerpt: '{WRITTEN}'\ntags: ['{WRITTEN}']\n---\n본문"
    if media_type == "application/json":
        body = json.dumps({"title": WRITTEN, "summary": WRITTEN, "tags": [WRITTEN], "content": "본문"})
    content = parse(media_type, body.encode(), site).content
    assert (content.title, content.summary, content.tags) == (SAID, SAID, (SAID,))


@pytest.mark.parametrize(
    ("media_type", "body", "title"),
    [
        ("text/plain", f"{WRITTEN}\n\n본문", SAID),
        ("text/markdown", f"# {WRITTEN}\n\n본문", SAID),
        ("text/markdown", "# What `<b>x</b>` and `&nbsp;` do\n\n본문", "What <b>x</b> and &nbsp; do"),
        ("text/html", f"<h1>{WRITTEN}</h1>본문", SAID),
        ("text/html", "<h1>What &lt;b>x&lt;/b> and &amp;nbsp; do</h1>본문", "What <b>x</b> and &nbsp; do"),
        ("text/html", "<title>What &lt;b>x&lt;/b> does</title>본문", "What <b>x</b> does"),
        ("text/html", "AT&amp;T\n\n본문", "AT&T"),
    ],
)
def test_title_of_the_text_is_read_once(site: Site, media_type: str, body: str, title: str) -> None:
    assert parse(media_type, body.encode(), site).content.title == title


def test_description_is_read_once(site: Site) -> None:
    page = '<meta name=description content="&lt;b>x&lt;/b> &amp;amp; y"><h1>t</h1>본문'
    assert parse("text/html", page.encode(), site).content.summary == "<b>x</b> &amp; y"


def test_heading_that_says_the_title_leaves_the_content(site: Site) -> None:
    body = f"---\ntitle: '{WRITTEN}'\n---\n<h1>{WRITTEN}</h1><p>본문</p>"
    assert parse("text/html", body.encode(), site).content.html == "<p>본문</p>"


@pytest.mark.parametrize("title", ["&nbsp;", "<b></b>", "<br>", "&#8203; &#x3164;", "<script>x</script>", "&#x202e;"])
def test_title_that_shows_nothing_is_an_empty_one(refused: Refused, title: str) -> None:
    assert refused(title=title) == {"title": "must not be empty"}


@pytest.mark.parametrize(
    ("fields", "where", "character"),
    [
        ({"title": "a&#11;b"}, "title", "U+000B"),
        ({"title": "a&#0;b"}, "title", "U+0000"),
        ({"summary": "a&#xFFFF;b"}, "summary", "U+FFFF"),
        ({"tags": ["x", "a&#xD800;b"]}, "tags.1", "U+D800"),
        ({"author": "a&#x1b;b"}, "author.name", "U+001B"),
        ({"image": {"url": "/x", "alt": "&#1;"}}, "image.alt", "U+0001"),
    ],
)
def test_reference_to_what_xml_forbids_is_named_by_its_field(
    refused: Refused, fields: dict[str, object], where: str, character: str
) -> None:
    assert refused(**fields) == {where: f"must not hold the character {character}, which XML forbids"}


def test_length_is_that_of_what_the_field_says(post: Post, refused: Refused) -> None:
    assert post(title="&amp;" * 300).content.title == "&" * 300
    assert refused(title="&amp;" * 301) == {"title": "must have at most 300 characters"}
    assert refused(title="<b>" * 20_001 + "</b>") == {"title": "must have at most 20000 tags and entities"}


@pytest.fixture
def article(site: Site, post: Post) -> Article:
    """Its words talk about HTML, and would be read as HTML."""
    about = "What <b>x</b> and &nbsp; do"
    content = replace(
        post(categories=["x"]).content,
        title=about,
        summary=about,
        categories=(about,),
        tags=(about,),
        authors=(Author(about),),
        image=Image("https://a.kr/x.png", about),
        correction_note=about,
    )
    return Article(ArticleId("x"), site.id, 7, "x", 2, ArticleState.PUBLISHED, content, NOON, NOON, NOON, None)


def test_words_about_html_can_be_put_back_as_they_were_got(article: Article, site: Site) -> None:
    got = representation(article)
    assert got["title"] == "What &lt;b&gt;x&lt;/b&gt; and &amp;nbsp; do"
    assert parse("application/json", json.dumps(got).encode(), site).content == article.content


def test_patch_leaves_words_about_html_alone(article: Article, site: Site) -> None:
    assert merge(article, b'{"tags": ["y"]}', site).content == replace(article.content, tags=("y",))


TEXT = st.lists(
    st.sampled_from(
        ["<", ">", "</", "/>", "b", "br", "script", "!--", "-->", "&", "amp;", "#", "x", "38;", " ", "'", '"', "=", "한"]
    )
    | st.text(max_size=3),
    max_size=14,
).map("".join)


@given(TEXT)
def test_any_text_can_be_written_so_that_it_is_read_as_it_is(text: str) -> None:
    assert markup.resolved(markup.escaped(text)) == text


@given(TEXT)
def test_what_is_read_once_can_be_told_and_read_again(site: Site, text: str) -> None:
    try:
        draft = parse("application/json", json.dumps({"title": text, "content": "x"}).encode(), site)
    except Invalid:
        return
    assert forbidden_rule(draft.content.title) is None
    again = markup.escaped(draft.content.title)
    assert parse("application/json", json.dumps({"title": again, "content": "x"}).encode(), site) == draft
