"""RSS and Atom by the rules of the W3C Feed Validator."""

import pytest

from sokbo.domain.article import Article
from sokbo.domain.document import FragmentFormat
from sokbo.domain.feed import BREAKING_LISTING, SITE_LISTING, Listing
from tests.unit.workers.feeds.articles import ENGLISH, NASTY, POLITICS, WITH_LOGO, article
from tests.unit.workers.feeds.feeds import feed
from tests.unit.workers.feeds.w3c import atom_complaints, rss_complaints
from workers.feeds import FORMATS

RSS = FORMATS[FragmentFormat.RSS]
ATOM = FORMATS[FragmentFormat.ATOM]

every_article = pytest.mark.parametrize("nasty", NASTY.values(), ids=NASTY.keys())
every_listing = pytest.mark.parametrize("listing", [SITE_LISTING, BREAKING_LISTING, POLITICS])


@every_article
def test_rss_of_any_article_is_valid(nasty: Article) -> None:
    assert rss_complaints(feed(RSS, [article(999), nasty])) == []


@every_article
def test_atom_of_any_article_is_valid(nasty: Article) -> None:
    assert atom_complaints(feed(ATOM, [article(999), nasty])) == []


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
