"""Markdown, HTML and plain text: where the title comes from, and what becomes of the rest."""

import time
from collections.abc import Callable
from dataclasses import replace
from html import escape

import orjson
import pytest

from service.ingest import parse, plain_text
from sokbo.domain.article import Image
from sokbo.domain.site import Site
from sokbo.errors import Invalid

Read = Callable[[str], bytes]


@pytest.mark.parametrize(
    ("media_type", "body", "title", "html"),
    [
        ("text/markdown", "# 제목\n\n본문", "제목", "<p>본문</p>"),
        ("text/markdown", "# 제목 #\n본문", "제목", "<p>본문</p>"),
        ("text/markdown", "# 제목 {#title}\n본문", "제목", "<p>본문</p>"),
        ("text/markdown", "\n\n  # **굵은** `제목` &amp; [링크](/x)\n\n본문", "굵은 제목 & 링크", "<p>본문</p>"),
        ("text/markdown", "제목\n===\n\n본문", "제목", "<p>본문</p>"),
        ("text/markdown", "머리글\n\n# 제목\n\n본문", "제목", "<p>머리글</p>\n<p>본문</p>"),
        ("text/markdown", "제목\n\n본문 *강조*", "제목", "<p>본문 <em>강조</em></p>"),
        ("text/markdown", "제목\n\n```\n# 주석\n```", "제목", "<pre><code># 주석\n</code></pre>"),
        ("text/markdown", "---\ntitle: 제목\n---\n# 절\n\n본문", "제목", "<h2>절</h2>\n<p>본문</p>"),
        ("text/markdown", "---\nlayout: x\n---\n# 제목\n\n본문", "제목", "<p>본문</p>"),
        ("text/markdown", "제목\n\n• 하나\n• 둘", "제목", "<ul><li>하나</li><li>둘</li></ul>"),
        ("text/markdown", "제목\n\n**본문**\n• 하나", "제목", "<p><strong>본문</strong>\n• 하나</p>"),
        ("text/html", "<title>a &amp; b</title><p>본문</p>", "a & b", "<p>본문</p>"),
        ("text/html", "<title>제목</title><h1>절</h1><p>본문</p>", "제목", "<h2>절</h2><p>본문</p>"),
        ("text/html", "<title>제목</title><h1>제목</h1><p>본문</p>", "제목", "<p>본문</p>"),
        ("text/html", "<p>앞</p><h1 class=x>제목 <b>둘</b></h1><p>본문</p>", "제목 둘", "<p>앞</p><p>본문</p>"),
        ("text/html", "<!-- <title>주석</title> --><h1>제목</h1>본문", "제목", "본문"),
        ("text/html", "<svg><title>그림</title></svg><h1>제목</h1>본문", "제목", "본문"),
        ("text/html", "---\ntitle: 제목\n---\n<p>본문</p>", "제목", "<p>본문</p>"),
        ("text/html", "---\ntitle: 제목\n---\n본문", "제목", "<p>본문</p>"),
        ("text/html", "제목\n<p>본문</p>", "제목", "<p>본문</p>"),
        ("text/html", "제목<h2>절</h2>본문", "제목", "<h2>절</h2>본문"),
        ("text/html", "제목\n\n본문 1 > 0", "제목", "<p>본문 1 &gt; 0</p>"),
        ("text/plain", "---\ntitle: 제목\n---\n첫 줄\n\n*둘째*", "제목", "<p>첫 줄</p>\n<p>*둘째*</p>"),
        ("text/plain", "---\ntags: [a]\n---\n\n제목\n\n본문", "제목", "<p>본문</p>"),
        ("text/plain", "제목\n본문 <b> & 끝", "제목", "<p>본문 &lt;b&gt; &amp; 끝</p>"),
        ("text/plain", "\n제목\n\n첫 줄\n둘째 줄\n", "제목", "<p>첫 줄<br>둘째 줄</p>"),
        ("text/plain", f"제목\n\n소제목\n\n{'긴 글. ' * 20}", "제목", f"<h2>소제목</h2>\n<p>{('긴 글. ' * 20).strip()}</p>"),
        ("text/plain", "제목\n\n소제목\n\n- 하나\n- 둘", "제목", "<h2>소제목</h2>\n<ul><li>하나</li><li>둘</li></ul>"),
        ("text/plain", f"제목\n\n문장이다.\n\n{'긴' * 70}", "제목", f"<p>문장이다.</p>\n<p>{'긴' * 70}</p>"),
        ("text/plain", "제목\n\n짧은 글\n\n짧은 글", "제목", "<p>짧은 글</p>\n<p>짧은 글</p>"),
        ("text/plain", "제목\n\n글\n•하나\n글", "제목", "<p>글</p>\n<ul><li>하나</li></ul>\n<p>글</p>"),
    ],
)
def test_title_leaves_the_content(site: Site, media_type: str, body: str, title: str, html: str) -> None:
    content = parse(media_type, body.encode(), site).content
    assert (content.title, content.html) == (title, html)


@pytest.mark.parametrize(
    ("media_type", "body", "fields"),
    [
        ("text/markdown", "", {"title", "markdown"}),
        ("text/markdown", "첫 줄\n둘째 줄", {"title"}),
        ("text/markdown", "# 제목", {"markdown"}),
        ("text/markdown", "---\ntitle: t\n---\n• " + "![" * 60_000, {"markdown"}),
        ("text/markdown", "# 제목\n\na\x0bb", {"markdown"}),
        ("text/markdown", "# 제목\n\n<div>&#12;</div>", {"markdown"}),
        ("text/html", "<p>본문</p>", {"title"}),
        ("text/html", "---\ntitle: [a]\n---\n<h1>제목</h1>본문", {"title"}),
        ("text/html", "<h1></h1><p>본문</p>", {"title"}),
        ("text/html", "<h1>제목</h1>", {"content"}),
        ("text/html", "<h1>제목\x01</h1>본문", {"title"}),
        ("text/html", "<b>" * 20_001, {"title", "content"}),
        ("text/plain", "", {"title", "content"}),
        ("text/plain", "제목", {"content"}),
        ("text/plain", "제\x1b목\n본문", {"title"}),
    ],
)
def test_what_is_missing_is_named(site: Site, media_type: str, body: str, fields: set[str]) -> None:
    with pytest.raises(Invalid) as caught:
        parse(media_type, body.encode(), site)
    assert {error.field for error in caught.value.errors} == fields


def test_description_is_the_summary_unless_front_matter_has_one(site: Site) -> None:
    page = '<meta content="a &quot;b&quot;" name=Description><h1>t</h1><p>x</p>'
    assert parse("text/html", page.encode(), site).content.summary == 'a "b"'
    assert parse("text/html", f"---\nexcerpt: c\n---\n{page}".encode(), site).content.summary == "c"


def test_jekyll_post_keeps_its_meaning(site: Site, fixture_bytes: Read) -> None:
    draft = parse("text/markdown", fixture_bytes("ingest-jekyll.md"), site)
    content = draft.content
    assert content.title == "한강 다리 야간 통행, 다음 달부터 다시 열린다"
    assert content.summary.endswith("내린 결정입니다.")
    assert (content.categories, content.tags) == (("News",), ("한강", "교통"))
    picture = "https://news.example.kr/assets/img/%ED%95%9C%EA%B0%95%20%EB%8B%A4%EB%A6%AC.jpg"
    assert content.image == Image(picture)
    assert set(content.extra) == {"feature_text", "layout"}
    for kept in (
        f'<img src="{picture}" alt="한강 다리 야경">',
        "<h2>야간 통행이 멈춘 까닭</h2>\n<p>지난봄",
        '<span style="color: #ee2323">',
        '<span style="background-color: #21538527">',
        "<h2>달라지는 점</h2>",
        "<li>안전 요원이 <em>밤새</em> 순찰합니다</li>",
        "<td>오전 5시부터</td>",
        'target="_blank" rel="noopener">안내</a>',
        '</p>\n실시간 소식은, <a href="https://news.example.kr" rel="dofollow">https://news.example.kr</a>',
    ):
        assert kept in content.html
    for gone in ("data-ke", "&nbsp;", "height:2px", "position"):
        assert gone not in content.html


@pytest.mark.parametrize("name", ["ingest-scraped.md", "ingest-scraped.html", "ingest-scraped.txt"])
def test_page_keeps_title_headings_list_and_link(site: Site, fixture_bytes: Read, name: str) -> None:
    media_type = {"md": "text/markdown", "html": "text/html", "txt": "text/plain"}[name.rpartition(".")[2]]
    content = parse(media_type, fixture_bytes(name), site).content
    assert content.title == "한강 다리 야간 통행은 언제 열리나?"
    assert content.title not in content.text
    assert "<h2>보수 공사를 마친 한강 다리의 현재 모습</h2>" in content.html
    assert "<li>안전 요원이 밤새 순찰합니다.</li>" in content.html
    assert "24시간" in content.text
    if media_type != "text/plain":
        assert "<table>" in content.html
        assert 'rel="dofollow"' in content.html


@pytest.mark.parametrize("media_type", ["text/plain", "text/markdown", "text/html"])
def test_text_copied_from_a_page_reads_the_same_under_each_type(site: Site, fixture_bytes: Read, media_type: str) -> None:
    content = parse(media_type, fixture_bytes("ingest-scraped.txt"), site).content
    assert content.html.startswith("<p>Last Updated :</p>\n<h2>보수 공사를")
    assert "북쪽 구간 24시간 조명 교체를 모두 마침<br>남쪽" in content.html
    assert content.summary.startswith("지난봄 점검에서")


def test_jekyll_sample_posts_unchanged(site: Site, sample_bytes: Read) -> None:
    content = parse("text/markdown", sample_bytes("jekyll-post.md"), site).content
    assert content.title == "북러 밀착 한국과 라오스의 강력한 규탄!"
    assert content.summary.startswith("라오스 안보회의에서")
    assert content.image == Image("https://news.example.kr/assets/img/newsdao_breakingnews.jpg")
    assert content.html.count("<h2>") == 4
    assert "&nbsp;" not in content.html
    assert content.html.endswith('실시간 뉴스 속보는, <a href="https://newsdao.kr" rel="dofollow">https://newsdao.kr</a>')


@pytest.mark.parametrize("media_type", ["text/plain", "text/markdown", "text/html"])
def test_scraped_sample_posts_unchanged(site: Site, sample_bytes: Read, media_type: str) -> None:
    content = parse(media_type, sample_bytes("scraped-page.txt"), site).content
    assert content.title == "러시아 북한 군사 지원 우려의 진실은?"
    assert "<h2>한미 외교장관회담의 주요 내용</h2>" in content.html
    assert content.html.count("<li>") == 3


def test_blocks_keep_their_texts_apart_under_each_type(site: Site) -> None:
    html = "<section>One</section><section>Two</section>"
    as_page = parse("text/html", f"<h1>T</h1>{html}".encode(), site)
    as_field = parse("application/json", orjson.dumps({"title": "T", "content": html}), site)
    assert as_page.content.html == as_field.content.html == "<div>One</div><div>Two</div>"


@pytest.mark.parametrize(
    ("document", "title", "html"),
    [
        ("<title>Storm nears - Daily</title><body><h1>Storm nears</h1><p>Body</p>", "Storm nears", "<p>Body</p>"),
        ("<title></title><h1>Storm nears</h1><p>Body</p>", "Storm nears", "<p>Body</p>"),
        ("<title>Daily</title><h1>Storm nears</h1><p>Body</p>", "Daily", "<h2>Storm nears</h2><p>Body</p>"),
    ],
)
def test_heading_is_the_title_where_the_pages_own_goes_on_with_the_sites_name(
    site: Site, document: str, title: str, html: str
) -> None:
    made = parse("text/html", document.encode(), site)
    assert (made.content.title, made.content.html) == (title, html)


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ('국회가 **"예산안"**을 처리했다', "국회가 <strong>&quot;예산안&quot;</strong>을 처리했다"),
        ("**기획재정부(장관 홍길동)**는", "<strong>기획재정부(장관 홍길동)</strong>는"),
        ("*'신속 집행'*이라고", "<em>'신속 집행'</em>이라고"),
        ("그는**“인용”**을", "그는<strong>“인용”</strong>을"),
        ('~~"취소"~~는', "<s>&quot;취소&quot;</s>는"),
        ("**「重要」**です", "<strong>「重要」</strong>です"),
        ("**굵게**는 가**나**다", "<strong>굵게</strong>는 가<strong>나</strong>다"),
        ("이름_붙은_것 __굵게__", "이름_붙은_것 <strong>굵게</strong>"),
        ('`**"코드"**를`', '<code>**"코드"**를</code>'),
        ('foo**"bar"**baz', 'foo**"bar"**baz'),  # as CommonMark has it, where no CJK character is near
    ],
)
def test_emphasis_needs_no_space_before_a_particle(site: Site, markdown: str, html: str) -> None:
    draft = parse("text/markdown", f"---\ntitle: t\n---\n{markdown}".encode(), site)
    assert draft.content.html.replace('"', "&quot;") == f"<p>{html}</p>".replace('"', "&quot;")


@pytest.mark.parametrize(
    "body", ["\n".join("  " * deep + "- 글" for deep in range(12)), ">" * 21 + " 글\n\n끝", "• 글\n" + "> " * 30 + "글"]
)
def test_what_is_nested_too_deep_is_refused_and_not_left_out(site: Site, body: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse("text/markdown", f"---\ntitle: t\n---\n{body}".encode(), site)
    assert [error.field for error in caught.value.errors] == ["markdown"]
    assert "nested more than 20 deep" in caught.value.errors[0].rule


def test_nine_lists_in_each_other_are_kept(site: Site) -> None:
    body = "\n".join("  " * deep + f"- 글{deep}" for deep in range(9))
    html = parse("text/markdown", f"---\ntitle: t\n---\n{body}".encode(), site).content.html
    assert all(f"글{deep}" in html for deep in range(9))


def test_footnotes_stand_below_the_text(site: Site) -> None:
    body = "---\ntitle: t\n---\n출처[^1], 또[^둘]. [^3]\n\n[^1]: 낱말\n[^둘]: <https://a.kr/x>\n"
    assert parse("text/markdown", body.encode(), site).content.html == (
        "<p>출처<sup>[1]</sup>, 또<sup>[2]</sup>. [^3]</p>\n<hr>\n<ol>\n<li><p>낱말</p>\n</li>\n"
        '<li><p><a href="https://a.kr/x">https://a.kr/x</a></p>\n</li>\n</ol>'
    )


def html_of(site: Site, markdown: str) -> str:
    return parse("text/markdown", f"---\ntitle: t\n---\n{markdown}".encode(), site).content.html


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("{: .lead}\n첫째\n{: .note #id}\n\n둘째", "<p>첫째</p>\n<p>둘째</p>"),
        ("* 하나\n{:toc}\n\n글", "<p>글</p>"),
        ("```\n{: .code}\n# a {#b}\n```", "<pre><code>{: .code}\n# a {#b}\n</code></pre>"),
        ('![전경](/a.jpg){: width="700" }', '<p><img src="https://news.example.kr/a.jpg" alt="전경"></p>'),
        ("[시](https://a.kr/){:target='_blank'} `b`{: .c} *d*{: .e} {: 글}", "LINK <code>b</code> <em>d</em> {: 글}"),
        ("## 절 {#intro}\n\n글", "<h2>절</h2>\n<p>글</p>"),
        ("|a|\n|-|\n|1|\n{: .x}\n", "TABLE"),
        ("*[HTML]: Hypertext\n\nHTML", "<p>HTML</p>"),
        ("앞\n\n{::comment}\n취재원 실명\n{:/comment}\n\n뒤{::comment}비보도{:/}", "<p>앞</p>\n<p>뒤</p>"),
        (
            "```\n{::comment}글{:/comment}\n```js\n# a {#b}\n```",
            "<pre><code>{::comment}글{:/comment}\n```js\n# a {#b}\n</code></pre>",
        ),
        ("{::comment}\n```\n비보도\n{:/comment}\n글 ``` 글 ```\n{: .x}", "<p>글 <code>글</code></p>"),
        ("글 {::comment} 끝이 없다", "<p>글 {::comment} 끝이 없다</p>"),
        ("용어\n: 뜻", "<dl>\n<dt>용어</dt>\n<dd>뜻</dd>\n</dl>"),
    ],
)
def test_what_kramdown_has_beside_the_text_is_no_text(site: Site, markdown: str, html: str) -> None:
    html = html.replace("LINK", '<p><a href="https://a.kr/">시</a>').replace("{: 글}", "{: 글}</p>")
    row = "<thead>\n<tr>\n<th>a</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1</td>\n</tr>\n</tbody>"
    assert html_of(site, markdown) == html.replace("TABLE", f"<table>\n{row}\n</table>")


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("2026. 11. 29. 창원에서 열렸다.", "<p>2026. 11. 29. 창원에서 열렸다.</p>"),
        ("> 2026.1.2. 개막", "<blockquote>\n<p>2026.1.2. 개막</p>\n</blockquote>"),
        ("- 2026. 1. 2. 개막\n- 폐막", "<ul>\n<li>2026. 1. 2. 개막</li>\n<li>폐막</li>\n</ul>"),
        ("1. 첫째\n2. 둘째", "<ol>\n<li>첫째</li>\n<li>둘째</li>\n</ol>"),
        ("```\n2026. 1. 2. 개막\n```", "<pre><code>2026. 1. 2. 개막\n</code></pre>"),
    ],
)
def test_date_is_no_list(site: Site, markdown: str, html: str) -> None:
    assert html_of(site, markdown) == html


@pytest.mark.parametrize(
    ("liquid", "text"),
    [
        ("![a]({{ site.url }}{{ site.baseurl }}/a.png)", '<p><img src="https://news.example.kr/a.png" alt="a"></p>'),
        ("{{ site.url }} [홈]({{ site.url }})", '<p>https://news.example.kr <a href="https://news.example.kr">홈</a></p>'),
        ("<{{ site.url }}/d>", '<p><a href="https://news.example.kr/d">https://news.example.kr/d</a></p>'),
        ("[홈]({{ '/about' | relative_url }})", '<p><a href="https://news.example.kr/about">홈</a></p>'),
        ("앞{% comment %}\n비밀 {{ x }}\n{% endcomment %}뒤", "<p>앞뒤</p>"),
        ("앞 {%- comment -%}끝이 없다", "<p>앞</p>"),
        ("{% raw %}{{ site.url }}{% endraw %}", "<p>{{ site.url }}</p>"),
        ("{% highlight ruby %}\nputs 1\n{% endhighlight %}", "<pre><code>puts 1\n</code></pre>"),
        ("{{ page.other }} {% include a.html %}", "<p>{{ page.other }} {% include a.html %}</p>"),
    ],
)
def test_liquid_of_a_post_is_resolved_as_far_as_it_can_be(site: Site, liquid: str, text: str) -> None:
    assert html_of(site, liquid) == text


@pytest.mark.parametrize(
    ("liquid", "address"),
    [
        ("{{ site.url }}{{ site.baseurl }}/a.png", "https://news.example.kr/wave/a.png"),
        ("{{ site.url }}/a.png", "https://news.example.kr/a.png"),
        ("{{ site.baseurl }}/a.png", "https://news.example.kr/wave/a.png"),
        ("{{ 'a.png' | relative_url }}", "https://news.example.kr/wave/a.png"),
        ("{{ '/a.png' | absolute_url }}", "https://news.example.kr/wave/a.png"),
        ("{{ 'https://cdn.example/a.png' | relative_url }}", "https://cdn.example/a.png"),
    ],
)
def test_liquids_addresses_are_of_the_sites_path(site: Site, liquid: str, address: str) -> None:
    assert f'src="{address}"' in html_of(replace(site, base_url="https://news.example.kr/wave"), f"![a]({liquid})")


def test_liquid_of_a_post_in_html_is_resolved_and_of_what_is_no_post_is_text(site: Site) -> None:
    post = parse("text/html", b"---\ntitle: t\n---\n<img src='{{ site.baseurl }}/a.jpg'>", site).content.html
    assert post == '<img src="https://news.example.kr/a.jpg">'
    assert "{{ site.url }}" in parse("text/markdown", "제목\n\n글 {{ site.url }}".encode(), site).content.html


def test_line_alone_is_the_text_and_no_title(site: Site) -> None:
    for body in ("본문", "---\ntitle: null\n---\n본문"):
        with pytest.raises(Invalid) as caught:
            parse("text/markdown", body.encode(), site)
        assert [error.field for error in caught.value.errors] == ["title"]


@pytest.mark.parametrize(
    "line",
    [
        "홍길동 기자",
        "(서울=뉴스) 홍길동 기자 =",
        "[뉴스 홍길동 기자]",
        "김철수 워싱턴 특파원",
        "홍길동 hong@news.example.kr",
        "hong@news.example.kr 홍길동",
        "▲ 다리의 모습",
        "△ 다리의 모습",
        "■ 알림",
        "ⓒ 뉴스",
        "© News",
        "입력 오전 9시",
        "수정: 오전 9시",
        "사진=뉴스",
        "사진제공 서울시",
        "2026.11.29 09:00",
        "게시 2026-11-29",
        "2026. 1. 9",
        "문의 02-123-4567",
        "문의 010-1234-5678",
        "문의 (02) 123-4567",
        "문의 1588-1234",
        "https://news.example.kr/1",
    ],
)
def test_line_about_the_text_is_no_heading(line: str) -> None:
    assert "<h2>" not in plain_text.to_html(f"{line}\n\n{'긴 글. ' * 20}")


@pytest.mark.parametrize("line", ["기자들의 하루", "입력장치의 역사", "사진가의 삶", "수정헌법", "2026년의 과제", "○ 배경"])
def test_short_line_above_a_text_is_a_heading(line: str) -> None:
    assert plain_text.to_html(f"{line}\n\n{'긴 글. ' * 20}").startswith(f"<h2>{line}</h2>")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        *((f"{mark} 하나\n  {mark}  둘", "<ul><li>하나</li><li>둘</li></ul>") for mark in "*○·–•-"),
        ("글\n* 하나\n○ 둘\n글", "<p>글</p>\n<ul><li>하나</li><li>둘</li></ul>\n<p>글</p>"),
        ("글\n* 주석", "<p>글<br>* 주석</p>"),
        ("* 주석\n글\n* 주석", "<p>* 주석<br>글<br>* 주석</p>"),
        ("*하나*\n*둘*", "<p>*하나*<br>*둘*</p>"),
        ("소제목\n\n○ 하나\n○ 둘", "<h2>소제목</h2>\n<ul><li>하나</li><li>둘</li></ul>"),
        ("- 하나\n* 둘", "<ul><li>하나</li></ul>\n<p>* 둘</p>"),
    ],
)
def test_bullets_that_may_mean_something_else_are_bullets_where_they_follow_each_other(text: str, html: str) -> None:
    assert plain_text.to_html(text) == html


@pytest.mark.parametrize(
    ("before", "url", "after"),
    [
        ("", "https://a.kr/x?b=1&c=%ED%95%9C#d", ""),
        ("자세한 것은 ", "http://a.kr", "에서 봅니다."),
        ("", "https://a.kr/x", "에서는,"),
        ("(", "https://a.kr/x", ")를 보라"),
        ("(", "https://a.kr/x", ")."),
        ("", "https://a.kr/x", ","),
        ("“", "https://a.kr/x", "”"),
        ("", "https://en.wikipedia.org/wiki/Han_(river)", ")에"),
        ("", "https://ko.wikipedia.org/wiki/제주도", ""),
        ("가", "https://a.kr/", "입니다."),
    ],
)
def test_address_becomes_a_link_without_what_follows_it(before: str, url: str, after: str) -> None:
    html = f'<p>{escape(before)}<a href="{escape(url)}">{escape(url, quote=False)}</a>{after}</p>'
    assert plain_text.to_html(f"{before}{url}{after}") == html


@pytest.mark.parametrize(
    "text", ["https://", "https://.", "https://)에서", "xhttps://a.kr", "javascript:alert(1)", "https:// a.kr"]
)
def test_what_is_no_address_is_no_link(text: str) -> None:
    assert plain_text.to_html(text) == f"<p>{text}</p>"


def test_link_is_made_of_the_address_alone() -> None:
    html = plain_text.to_html("- https://a.kr/\"onclick=x' <b>&")
    assert html == '<ul><li><a href="https://a.kr/">https://a.kr/</a>"onclick=x\' &lt;b&gt;&amp;</li></ul>'
    assert plain_text.to_html("https://a.kr/'x") == '<p><a href="https://a.kr/&#x27;x">https://a.kr/\'x</a></p>'


@pytest.mark.parametrize("piece", ["https://", "https://a.kr)", ")", "에서", "* \n", "*", "https://(", " ", "\n\n* a\n"])
def test_time_for_any_text_grows_with_its_length_alone(piece: str) -> None:
    began = time.perf_counter()
    plain_text.to_html("https://a.kr/" + piece * (500_000 // len(piece)))
    assert time.perf_counter() - began < 4
