"""RSS and Atom by the rules of the W3C Feed Validator."""

from datetime import timedelta

import pytest

from service.ingest.cleaning import clean
from sokbo.domain.article import Article
from sokbo.domain.document import FragmentFormat
from sokbo.domain.feed import BREAKING_LISTING, SITE_LISTING, Listing
from tests.unit.workers.feeds.articles import ENGLISH, NASTY, POLITICS, PUBLISHED, WITH_LOGO, apart, article
from tests.unit.workers.feeds.feeds import feed
from tests.unit.workers.feeds.w3c import atom_complaints, rss_complaints
from tests.unit.workers.feeds.w3c_html import html_complaints
from workers.feeds import FORMATS

RSS = FORMATS[FragmentFormat.RSS]
ATOM = FORMATS[FragmentFormat.ATOM]

every_article = pytest.mark.parametrize("nasty", NASTY.values(), ids=NASTY.keys())
every_listing = pytest.mark.parametrize("listing", [SITE_LISTING, BREAKING_LISTING, POLITICS])


@every_article
def test_rss_of_any_article_is_valid(nasty: Article) -> None:
    assert rss_complaints(feed(RSS, apart([article(999), nasty]))) == []


@every_article
def test_atom_of_any_article_is_valid(nasty: Article) -> None:
    assert atom_complaints(feed(ATOM, apart([article(999), nasty]))) == []


def test_articles_of_one_second_have_times_of_their_own_in_atom() -> None:
    of_one_second = [article(1), article(2)]

    assert any("updated" in complaint for complaint in atom_complaints(feed(ATOM, of_one_second)))
    assert atom_complaints(feed(ATOM, apart(of_one_second))) == []


def test_rules_notice_a_feed_older_than_its_entries() -> None:
    assert atom_complaints(feed(ATOM, [article()], updated=PUBLISHED - timedelta(microseconds=1))) != []


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script><p>글</p>",
        "<p onclick='x()'>글</p><iframe src='https://x.example/'></iframe>",
        "<p style='color: red; background: url(https://x.example/); position: fixed; text-align: center'>글</p>",
        "<p style='margin: 1234px; border: 1px ridge red; width: calc(1px + 1%)'>글</p>",
        "<p style='text-align:right;border:1px solid red;padding:2em;font-family:\"Noto Sans\"'>글</p>",
        "<video controls src='https://x.example/a.mp4' autoplay></video><audio controls src='https://x.example/a.mp3'></audio>",
        "<bdo dir='rtl'>글</bdo><svg><script>x</script></svg><object data='x'></object><p>글</p>",
    ],
)
def test_html_that_intake_takes_is_harmless_in_feeds(html: str) -> None:
    made = article(html=clean(html, "https://gnj.example.kr/"))

    assert rss_complaints(feed(RSS, [made])) == []
    assert atom_complaints(feed(ATOM, [made])) == []


@pytest.mark.parametrize(
    "html",
    [
        "<script>x</script>",
        "<iframe></iframe>",
        "<video controls></video>",
        "<p onclick='x'>x</p>",
        "<p style='position: fixed'>x</p>",
        "<p style='background: url(x)'>x</p>",
        "<p style='margin: 12345px'>x</p>",
    ],
)
def test_rules_notice_dangerous_html(html: str) -> None:
    assert [*html_complaints(html)] != []


@every_listing
def test_feeds_without_entries_are_valid(listing: Listing) -> None:
    assert rss_complaints(feed(RSS, [], listing=listing)) == []
    assert atom_complaints(feed(ATOM, [], listing=listing, site=ENGLISH)) == []


@every_listing
def test_feeds_with_a_logo_are_valid(listing: Listing) -> None:
    assert rss_complaints(feed(RSS, [article()], listing=listing, site=WITH_LOGO)) == []
    assert atom_complaints(feed(ATOM, [article()], listing=listing, site=WITH_LOGO)) == []


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b"</url>\n      <title>", b"</url>\n      <title>The "),
        (b"/</link>\n    </image>", b"</link>\n    </image>"),
        (b"    </image>", b"      <size>1</size>\n    </image>"),
        (b"    <image>", b"    <image/>\n    <image>"),
        (b"?a=1&amp;b=2</url>", b".svg</url>"),
        (b"%EB", "로".encode()),
    ],
)
def test_rules_notice_what_is_wrong_in_a_channels_image(was: bytes, becomes: bytes) -> None:
    document = feed(RSS, [], site=WITH_LOGO)
    assert was in document

    assert rss_complaints(document.replace(was, becomes)) != []


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b"<guid ", b"<guidance "),
        (b'isPermaLink="false"', b'isPermaLink="true"'),
        (b"+0000", b""),
        (b'rel="self"', b'rel="dofollow"'),
        (b"<language>ko", "<language>한국어".encode()),
        (b"<ttl>", b"<ttl/><ttl>"),
        ("<title>제목".encode(), b"<title>&amp;amp;"),
        (b"%EC", "한".encode()),
    ],
)
def test_rules_notice_what_is_wrong_in_rss(was: bytes, becomes: bytes) -> None:
    document = feed(RSS, [article()])
    assert was in document

    wrong = document.replace(was, becomes).replace(b"</guid>", b"</guidance>" if was == b"<guid " else b"</guid>")

    assert rss_complaints(wrong) != []


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b"+00:00", b""),
        (b' xml:lang="ko"', b""),
        (b'rel="self"', b'rel="alternate"'),
        (b"<published>2026", b"<published>2027"),
        (b'type="html"', b'type="CDATA"'),
        (b"urn:uuid:", b"uuid:"),
    ],
)
def test_rules_notice_what_is_wrong_in_atom(was: bytes, becomes: bytes) -> None:
    document = feed(ATOM, [article()])
    assert was in document

    assert atom_complaints(document.replace(was, becomes)) != []
