"""The contract of every format, and which one a Content-Type means."""

import json
import time
from html import escape

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
        ("<p>x\ny</p><pre><code>a\n  b\n\nc\n</code></pre><p>d\ne</p>", "x y\na\n  b\nc\nd e"),
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


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (
            "<p>10<sup>11</sup>개, 3m<sup> 2 </sup>, CO<sub>2</sub>, Ca<sup>2+</sup>, 10<sup><b>-3</b></sup></p>",
            "10¹¹개, 3m², CO₂, Ca²⁺, 10⁻³",
        ),
        ("<p>10<sup>−3</sup> x<sup>n+1</sup> a<sub>n</sub> e<sup>&lt;i</sup></p>", "10⁻³ x^n+1 an e^<i"),
        ("<p>글<sup>[1]</sup>과<sup><a href='https://a.kr/'>[주 2]</a></sup> 둘<sup>[1:1]</sup></p>", "글[1]과[주 2] 둘[1:1]"),
        ("<p>the 21<sup>st</sup>, Sokbo<sup>®</sup> x<sup></sup></p>", "the 21st, Sokbo® x"),
        ("<p>x<sup>a<sup>2</sup></sup></p>", "xa²"),
        ("<p><ruby>慶<rt>경</rt>南<rt>남</rt></ruby>도</p>", "慶(경)南(남)도"),
        ("<p><ruby>慶<rp>(</rp><rt>경</rt><rp>)</rp></ruby>남</p>", "慶(경)남"),
        ("<p><ruby>慶 <rp>【</rp> <rt lang='ko'><b>경</b></rt> <rp>】</rp></ruby>남</p>", "慶 【 경 】남"),
        ("<p><ruby>慶<rt></rt></ruby>남</p>", "慶남"),
    ],
)
def test_text_says_what_stands_above_and_below_its_line(html: str, text: str) -> None:
    assert text_of(html) == text


def test_text_of_nested_and_of_unclosed_blocks_takes_no_longer_than_of_others() -> None:
    code = "<pre><code>def f():\n    if x:\n\n\treturn 1  # x\n    \n</code></pre>\n<p>a  b</p>"
    assert text_of(code) == "def f():\n    if x:\n    return 1  # x\na b"
    assert text_of("a\n<pre>b\n<pre>c</pre>\nd</pre>e\nf") == "a\nb\nc\nd\ne f"
    assert text_of("<pre>" * 20_000 + "a\n" * 200_000) == "\n".join("a" * 200_000)


def test_summary_of_preformatted_text_is_one_line_without_what_is_deleted(site: Site) -> None:
    content = parse("text/html", b"<h1>t</h1><pre>a\nb</pre><p><s>Kim</s> <q>Lee</q></p>", site).content
    assert (content.text, content.summary) == ("a\nb\n“Lee”", "“Lee”")
    content = parse("text/html", b"<h1>t</h1><pre>a\nb</pre><s>Kim</s>", site).content
    assert (content.text, content.summary) == ("a\nb", "a b")


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("", ""),
        ("짧은 글", "짧은 글"),
        ("첫 문장이다.\n둘째다.", "첫 문장이다. 둘째다."),
        ("본문입니다. https://a.kr/" + "x" * 200, "본문입니다."),
        ("“본문입니다.” https://a.kr/" + "x" * 200, "“본문입니다.”"),
        ("가" * 119 + ". " + "나" * 119 + ".", "가" * 119 + "."),
        ("가. " + "나다 " * 100, "가. " + "나다 " * 64 + "나다…"),
        ("가" * 300, "가" * 199 + "…"),
    ],
)
def test_summary_ends_with_a_sentence_or_a_word(text: str, summary: str) -> None:
    assert summarise("\n".join(f"<p>{line}</p>" for line in text.split("\n"))) == summary


CREDIT = "<p>저작권자 ⓒ 뉴스, 무단 전재 및 재배포 금지.</p>"


@pytest.mark.parametrize(
    ("html", "summary"),
    [
        ("<h2>소제목</h2><p>예산을 편성하기로 함</p><p>작년보다 늘림</p>" + CREDIT, "예산을 편성하기로 함 작년보다 늘림"),
        ("<p>본문</p><p>무단전재 금지.</p><p>ⓒ 뉴스.</p><p>© News.</p><p>▲ 사진.</p><p>△ 사진.</p>", "본문"),
        ("<p>▲ 사진 설명<br>본문</p>", "본문"),
        ("<figure><img src='https://a.kr/x.png'><figcaption>설명이다.</figcaption></figure><p>본문</p>", "본문"),
        ("<table><caption>표.</caption><tbody><tr><td>가.</td></tr></tbody></table><p>본문</p>", "본문"),
        ("앞<table><tbody><tr><td>가.</td></tr></tbody></table>뒤", "앞 뒤"),
        ("<pre>x = 1.\n</pre><p>본문</p>", "본문"),
        (
            '<p><a href="https://youtu.be/x">영상.</a></p>\n<p>본문 <a href="https://a.kr/">고리</a></p>',
            "본문 고리",
        ),
        ('<p><b><a href="https://a.kr/">하나.</a></b><br> <a href="https://a.kr/"><i>둘</i>.</a></p><p>본문</p>', "본문"),
        ("<p>입력 2026.11.29 09:00</p><p>(서울=뉴스) 홍길동 기자 =</p><p>[홍길동 기자]</p><p>본문</p>", "본문"),
        ("<p>그는 수정헌법을 지키려는 기자였음</p>", "그는 수정헌법을 지키려는 기자였음"),
        ("<p>Last Updated :</p><p>본문</p>", "본문"),
        ("<p>https://youtu.be/x</p><p>본문</p>", "본문"),
        ('<p><audio src="https://a.kr/x">소리.</audio></p><video src="https://a.kr/y">영상.</video><p>본문</p>', "본문"),
        (
            "<ul><li>하나.<ul><li>둘.</li></ul></li></ul><ol><li>셋.</li></ol><dl><dt>넷</dt></dl><p>본문</p>",
            "본문",
        ),
        ("<p>본문<sup>[1]</sup>이다<sup>[1:1]</sup></p><hr><ol><li><p>각주.</p></li></ol>", "본문이다"),
        ("<p>본문<sup><a href='https://a.kr/'>[주 1]</a></sup>이다</p>", "본문이다"),
        (
            "<h2>절</h2><ul><li>하나<sup>[1]</sup></li></ul>" + CREDIT + "<hr>\n<ol>\n<li>각주.</li></ol>\n",
            "하나",
        ),
        ("<table><caption>표</caption><tbody><tr><th>가</th><td>나</td></tr></tbody></table>", "가 나"),
        ("<h2>제목만</h2>", "제목만"),
        ("<p>▲ 사진</p>", "▲ 사진"),
        ("<p>본문 <s>아닌 것</s></p>", "본문"),
    ],
)
def test_summary_is_made_of_paragraphs_if_there_are_any(html: str, summary: str) -> None:
    assert summarise(html) == summary


def test_text_keeps_what_the_summary_passes_over(site: Site) -> None:
    body = "<h1>t</h1><h2>소제목</h2><ul><li>하나</li></ul><p>본문<sup>[1]</sup></p>" + CREDIT
    content = parse("text/html", body.encode(), site).content
    assert content.text == "소제목\n하나\n본문[1]\n저작권자 ⓒ 뉴스, 무단 전재 및 재배포 금지."
    assert content.summary == "본문"


@given(st.lists(st.text(max_size=300) | st.sampled_from(["▲", "ⓒ a", "\x7f", "https://a.kr"]), max_size=4))
def test_summary_is_never_empty_and_never_too_long(lines: list[str]) -> None:
    html = "".join(f"<p>{escape(line)}</p>" for line in lines)
    assert bool(summarise(html)) == bool(one_line(text_of(html)))
    assert len(summarise(html)) <= SUMMARY_CHARACTERS


@pytest.mark.parametrize(
    "piece",
    ["<p><a>", "<p> <b>", "<a>x</a>", "<sup>[", "<sup><b>", "<hr><ol>", "</ol>", "<li>", "</li>", "<p>▲ 저작권 ", "<div>"],
)
def test_summary_of_any_markup_takes_time_by_its_length_alone(piece: str) -> None:
    began = time.perf_counter()
    summarise("<p>" + piece * (500_000 // len(piece)))
    summarise("<p>" + piece * 20_000 + " " * 300_000)
    assert time.perf_counter() - began < 4
