"""What each portal's feed promises, whatever the article holds."""

from dataclasses import replace

import feedparser
import pytest
from lxml import etree

from sokbo.domain.article import Article, Author, Image, article_url
from sokbo.domain.dialects import DIALECTS, Subject
from sokbo.domain.feed import Listing, ListingKind
from sokbo.domain.lead_image import lead_image
from tests.unit.workers.feeds.articles import ENGLISH, NASTY, PUBLISHED, SITE, article
from tests.unit.workers.feeds.w3c import rss_complaints
from workers.feeds import DIALECT_FORMATS, FeedFormat, Options
from workers.feeds.dialects.smartnews import SNF
from workers.feeds.fixes import DC, MEDIA
from workers.feeds.item import Item, item

CHOSEN = Listing(ListingKind.SELECTION, "chosen", "고른 것")
OPTIONS = Options(language="ko-KR", logo="https://gnj.example.kr/logo.png")

every_dialect = pytest.mark.parametrize("form", DIALECT_FORMATS.values(), ids=DIALECT_FORMATS.keys())
every_article = pytest.mark.parametrize("nasty", NASTY.values(), ids=NASTY.keys())


def document(form: FeedFormat, *articles: Article, options: Options = OPTIONS) -> bytes:
    shell = form.shell(SITE, CHOSEN, PUBLISHED, options=options)
    return shell.head + shell.separator.join(form.entry(shown(each)) for each in articles) + shell.tail


def shown(article: Article) -> Item:
    return item(SITE, article, lead_image(SITE, article.content, {}))


def items(form: FeedFormat, *articles: Article) -> list[etree._Element]:
    return list(etree.fromstring(document(form, *articles)).iterfind("channel/item"))


def test_each_dialect_of_the_domain_has_its_format() -> None:
    assert DIALECT_FORMATS.keys() == DIALECTS.keys()


@every_dialect
@every_article
def test_no_article_breaks_a_portals_feed(form: FeedFormat, nasty: Article) -> None:
    parsed = feedparser.parse(document(form, article(999), nasty))

    assert not parsed.bozo
    assert [entry.id for entry in parsed.entries] == [article(999).urn, nasty.urn]
    assert parsed.entries[1].link == article_url(SITE, nasty)


@every_dialect
def test_all_together_are_valid_rss(form: FeedFormat) -> None:
    theirs = ("unknown pubDate", f"unknown {{{DC}}}language", MEDIA, SNF)  # valid, but in no other feed of ours

    complaints = rss_complaints(document(form, *NASTY.values()))
    assert [complaint for complaint in complaints if not any(known in complaint for known in theirs)] == []


@every_dialect
def test_feed_without_entries_is_well_formed_and_says_whose_it_is(form: FeedFormat) -> None:
    channel = etree.fromstring(document(form))[0]

    assert channel.findtext("title") == "경남진 · 고른 것"
    assert channel.findtext("link") == "https://gnj.example.kr/"
    assert channel.findtext("language") == "ko-KR"
    assert channel.find("{http://www.w3.org/2005/Atom}link").get("href") == "https://gnj.example.kr/selection/chosen.rss"  # type: ignore[union-attr]  # it is there


@every_dialect
def test_feed_names_the_stylesheet_of_its_site(form: FeedFormat) -> None:
    sheet = etree.fromstring(document(form, article())).getprevious()

    assert sheet is not None
    assert etree.tostring(sheet, with_tail=False) == b'<?xml-stylesheet type="text/css" href="https://gnj.example.kr/feed.css"?>'


@every_dialect
def test_hidden_feed_does_not_name_its_address(form: FeedFormat) -> None:
    assert b"selection/chosen" not in document(form, article(), options=Options(hidden=True))


@every_dialect
def test_same_article_gives_the_same_bytes(form: FeedFormat) -> None:
    assert document(form, NASTY["hangul-everywhere"]) == document(form, NASTY["hangul-everywhere"])


@pytest.mark.parametrize("name", ["smartnews", "flipboard", "msn"])
def test_full_text_is_the_encoded_content(name: str) -> None:
    [item] = items(DIALECT_FORMATS[name], article(html="<p>전체 본문</p>", summary="짧게"))

    assert item.findtext("{http://purl.org/rss/1.0/modules/content/}encoded") == "<p>전체 본문</p>"
    assert item.findtext("description") == "짧게"


def test_words_of_what_msn_does_not_take_do_not_run_together() -> None:
    html = "<dl><dt>Term</dt><dd>Def</dd></dl><figure><figcaption>Cap</figcaption></figure>Text<pre>a</pre>"
    [item] = items(DIALECT_FORMATS["msn"], article(html=html))
    sent = "Term<br>Def<br>Cap<br>Text<br>a"
    assert item.findtext("{http://purl.org/rss/1.0/modules/content/}encoded") == sent


def test_apple_news_has_the_full_text_as_description() -> None:
    [item] = items(DIALECT_FORMATS["apple-news"], article(html="<p>전체 본문</p>", authors=(Author("김기자"),)))

    assert item.findtext("description") == "<p>전체 본문</p>"
    assert item.findtext("{http://purl.org/dc/elements/1.1/}creator") == "김기자"


@every_dialect
def test_image_is_given_as_media_rss(form: FeedFormat) -> None:
    [item] = items(form, article(image=Image("https://gnj.example.kr/사진.jpg", "설명")))
    element = "thumbnail" if form is DIALECT_FORMATS["smartnews"] else "content"

    image = item.find(f"{{{MEDIA}}}{element}")
    assert image is not None
    assert image.get("url") == "https://gnj.example.kr/%EC%82%AC%EC%A7%84.jpg"


def test_smartnews_has_a_logo_and_a_short_description() -> None:
    form = DIALECT_FORMATS["smartnews"]
    channel = etree.fromstring(document(form))[0]
    assert channel.findtext(f"{{{SNF}}}logo/url") == OPTIONS.logo
    assert channel.findtext("description") == SITE.description

    shell = form.shell(ENGLISH, CHOSEN, PUBLISHED, options=OPTIONS)
    assert b"<description>News</description>" in shell.head


def test_smartnews_description_is_cut_to_30_characters() -> None:
    shell = DIALECT_FORMATS["smartnews"].shell(replace(SITE, description="가 " * 40), CHOSEN, PUBLISHED, options=OPTIONS)
    described = etree.fromstring(shell.head + shell.tail)[0].findtext("description") or ""

    assert len(described) <= 30
    assert described.endswith("…")


@pytest.mark.parametrize(("depth", "taken"), [(9, True), (10, False)])
def test_msn_is_sent_no_deeper_nesting_than_its_rule_allows(depth: int, taken: bool) -> None:
    made = article(title="가" * 20, html="<figure>" * 5 + "<div>" * depth + "글" + "</div>" * depth + "</figure>" * 5)
    [item] = items(DIALECT_FORMATS["msn"], made)
    content = etree.fromstring(item.findtext("{http://purl.org/rss/1.0/modules/content/}encoded") or "")

    assert max(len([*element.iterancestors()]) + 1 for element in content.iter()) == depth
    assert DIALECTS["msn"].takes(Subject(made.content, PUBLISHED, PUBLISHED)) is taken


def test_what_msn_is_not_sent_is_no_nesting() -> None:
    deleted = article(title="가" * 20, html=f"<p>a</p><del>{'<div>' * 10}b{'</div>' * 10}</del>").content

    assert DIALECTS["msn"].takes(Subject(deleted, PUBLISHED, PUBLISHED))


def test_msn_is_sent_a_player_as_a_link_which_nests_one_deeper() -> None:
    made = article(title="가" * 20, html=f'{"<div>" * 9}<audio src="https://x.example/a"></audio>{"</div>" * 9}').content

    assert not DIALECTS["msn"].takes(Subject(made, PUBLISHED, PUBLISHED))


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ('<p style="color: red" class="x">글</p>', "<p>글</p>"),
        ("<figure><img src='https://x.example/a.png' alt='그림'><figcaption>설명</figcaption></figure>", None),
        ("<h6>작은 제목</h6>", "작은 제목"),
        ("<p><del>Kim</del> <s>Park</s> Lee</p>", "<p>  Lee</p>"),
        ("<p>a</p><del><p>b</p></del>", "<p>a</p>"),
        ("<p><q>그렇다</q>고 했다</p>", "<p>“그렇다”고 했다</p>"),
        ("<p><ruby>慶<rt>경</rt></ruby>남 3m<sup>2</sup></p>", "<p>慶(경)남 3m<sup>2</sup></p>"),
        ("<p><ruby>慶<rp>(</rp><rt>경</rt><rp>)</rp></ruby>남</p>", "<p>慶(경)남</p>"),
        ("<pre><code>a\n<b>b\nc</b>\n</code></pre><p>d\ne</p>", "a<br><b>b<br>c</b><br><p>d\ne</p>"),
        ('<a href="https://x.example/" target="_blank" rel="nofollow">글</a>', '<a href="https://x.example/">글</a>'),
        ('<video src="https://x.example/a.mp4"></video>', '<a href="https://x.example/a.mp4">동영상 보기</a>'),
        ('<p>가</p><audio src="https://x.example/a"></audio>', '<p>가</p> <a href="https://x.example/a">오디오 듣기</a>'),
        ("<table><tbody><tr><td colspan='2'>칸</td></tr></tbody></table>", None),
    ],
)
def test_msn_gets_the_tags_it_takes_and_no_inline_style(html: str, shown: str | None) -> None:
    [item] = items(DIALECT_FORMATS["msn"], article(html=html))
    content = item.findtext("{http://purl.org/rss/1.0/modules/content/}encoded") or ""

    assert shown is None or content == shown
    for refused in ("style=", "class=", "figure", "figcaption", "<video", "<audio"):
        assert refused not in content
