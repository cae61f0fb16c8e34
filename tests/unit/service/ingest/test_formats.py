"""The contract of every format, and which one a Content-Type means."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from service.ingest import FORMATS, parse
from service.ingest.excerpt import SUMMARY_CHARACTERS, summarise, text_of
from service.ingest.text_gate import one_line
from sokbo.domain.site import Site
from sokbo.errors import BadRequest, SokboError, UnsupportedMediaType

ARTICLES = {
    "application/json": json.dumps({"title": "제목", "content": "<p>본문</p>"}),
    "text/markdown": "# 제목\n\n본문",
    "text/html": "<h1>제목</h1><p>본문</p>",
    "text/plain": "제목\n\n본문",
}


@pytest.mark.parametrize("media_type", FORMATS)
def test_every_format_makes_the_same_article(site: Site, media_type: str) -> None:
    content = parse(media_type, ARTICLES[media_type].encode(), site).content
    assert (content.title, content.html, content.text, content.summary) == ("제목", "<p>본문</p>", "본문", "본문")


@pytest.mark.parametrize("media_type", FORMATS)
def test_every_format_drops_a_byte_order_mark(site: Site, media_type: str) -> None:
    assert parse(media_type, ARTICLES[media_type].encode("utf-8-sig"), site).content.title == "제목"


@pytest.mark.parametrize("media_type", FORMATS)
def test_every_format_refuses_bytes_that_are_not_utf_8(site: Site, media_type: str) -> None:
    with pytest.raises(BadRequest, match="not UTF-8"):
        parse(media_type, ARTICLES[media_type].encode("euc-kr") + "한".encode("euc-kr"), site)


@pytest.mark.parametrize("media_type", FORMATS)
@given(text=st.text(max_size=60) | st.text("\x00\x0b\x1b\ufffe\uffff&#;x1\n -:<>a", max_size=30))
def test_any_text_is_refused_by_field_or_fits_into_xml(site: Site, media_type: str, text: str) -> None:
    body = json.dumps({"title": text, "markdown": text, "summary": text, "extra": {"a": text}})
    if media_type != "application/json":
        body = text
    try:
        content = parse(media_type, body.encode(errors="surrogatepass"), site).content
    except SokboError as refused:
        if not refused.errors and "UTF-8" not in refused.message and "front matter" not in refused.message:
            raise
        return
    for kept in (content.title, content.html, content.text, content.summary):
        etree.Element("x").text = kept


@pytest.mark.parametrize(
    "content_type",
    [
        "TEXT/Markdown",
        "text/markdown; charset=utf-8",
        'text/markdown;charset="UTF-8"',
        "text/markdown ; variant=GFM",
        "text/markdown; charset=us-ascii",
    ],
)
def test_content_type_is_read_whatever_its_form(site: Site, content_type: str) -> None:
    assert parse(content_type, b"# t\n\nx", site).content.title == "t"


@pytest.mark.parametrize("content_type", ["", "text", "image/png", "application/xml", "application/json-seq", "text/markdownx"])
def test_other_types_are_refused_with_those_that_are_taken(site: Site, content_type: str) -> None:
    with pytest.raises(UnsupportedMediaType, match="application/json, text/markdown, text/html, text/plain") as caught:
        parse(content_type, b"x", site)
    assert caught.value.headers == {"Accept-Post": "application/json, text/markdown, text/html, text/plain"}


def test_curls_own_type_is_refused_with_the_header_to_add(site: Site) -> None:
    with pytest.raises(UnsupportedMediaType, match="add -H 'Content-Type: text/markdown'"):
        parse("application/x-www-form-urlencoded", b"---\ntitle: t\n---\nx", site)


def test_other_charsets_are_refused_by_name(site: Site) -> None:
    with pytest.raises(UnsupportedMediaType, match="euc-kr"):
        parse("text/plain; charset=euc-kr", b"x", site)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<h2>a</h2>\n<p>b\nc <b>d</b>e<br>f</p>", "a\nb c de\nf"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("<table><tbody><tr><th>a</th><td>b</td></tr><tr><td>c</td></tr></tbody></table>", "a b\nc"),
        ('<p title="a&gt;b">1 &lt; 2 &amp;&nbsp;3</p>tail', "1 < 2 & 3\ntail"),
        ('<img src="https://a.kr/x.png" alt="x">', ""),
        ("<p>x\ny</p><pre><code>a\n  b\n\nc\n</code></pre><p>d\ne</p>", "x y\na\nb\nc\nd e"),
        ('<p>He said <q cite="https://a.kr/">no, <q>no</q></q>.</p>', "He said “no, “no””."),
    ],
)
def test_text_has_a_line_for_each_block(html: str, text: str) -> None:
    assert text_of(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>By <del>Kim</del> <s>Park</s> Lee</p>", "By Lee"),
        ('<p>a<del cite="https://a.kr/">b<s>c<s>d</s></s><br>e</del>f</p>', "af"),
        ("<p>a</p><del><p>b</p></del><p>c</p>", "a\nc"),
        ("<p>1 &lt;del&gt; <span>2</span> <small>3</small></p>", "1 <del> 2 3"),
        ("<p><s>a</s></p>", ""),
    ],
)
def test_text_says_nothing_that_is_deleted(html: str, text: str) -> None:
    assert text_of(html) == text


def test_text_of_nested_and_of_unclosed_blocks_takes_no_longer_than_of_others() -> None:
    assert text_of("a\n<pre>b\n<pre>c</pre>\nd</pre>e\nf") == "a\nb\nc\nd\ne f"
    assert text_of("<pre>" * 20_000 + "a\n" * 200_000) == "\n".join("a" * 200_000)


def test_summary_of_preformatted_text_is_one_line_without_what_is_deleted(site: Site) -> None:
    content = parse("text/html", b"<h1>t</h1><pre>a\nb</pre><p><s>Kim</s> <q>Lee</q></p>", site).content
    assert (content.text, content.summary) == ("a\nb\n“Lee”", "a b “Lee”")


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("", ""),
        ("짧은 글", "짧은 글"),
        ("소제목\n첫 문장이다. 둘째다.", "첫 문장이다. 둘째다."),
        ("가" * 119 + ". " + "나" * 119 + ".", "가" * 119 + "."),
        ("가. " + "나다 " * 100, "가. " + "나다 " * 64 + "나다…"),
        ("가" * 300, "가" * 199 + "…"),
    ],
)
def test_summary_ends_with_a_sentence_or_a_word(text: str, summary: str) -> None:
    assert summarise(text) == summary


@given(st.text(max_size=600))
def test_summary_is_never_empty_and_never_too_long(text: str) -> None:
    text = "\n".join(line for line in (" ".join(line.split()) for line in text.split("\n")) if line)
    assert bool(summarise(text)) == bool(one_line(text))
    assert len(summarise(text)) <= SUMMARY_CHARACTERS
