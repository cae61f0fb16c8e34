"""Each of feedgen's faults, and that it doesn't reach our feeds."""

import locale
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import feedparser
import pytest
from feedgen.entry import FeedEntry
from lxml import etree

from sokbo.domain.article import Author
from sokbo.domain.document import FragmentFormat
from tests.unit.workers.feeds.articles import NASTY, PUBLISHED, SITE, article
from tests.unit.workers.feeds.feeds import feed
from workers.feeds import DIALECT_FORMATS, FORMATS, FeedFormat
from workers.feeds.fixes import printable
from workers.feeds.item import item

RSS = FORMATS[FragmentFormat.RSS]
ATOM = FORMATS[FragmentFormat.ATOM]


def test_text_that_xml_cannot_hold_is_removed() -> None:
    assert printable("a\x00\x08\x0b\x0c\x1f\x7f\x85\x9f\ud800\udfff\ufffd\ufffe\uffffb") == "ab"


def test_text_that_xml_can_hold_is_kept() -> None:
    text = "\t\n\r ~\u00a0가힣\u2028\ue000\ufffc\U00010000🚨\U0010fffd"

    assert printable(text) == text
    element = etree.Element("text")
    element.text = text
    assert etree.fromstring(etree.tostring(element)).text == text


def test_every_character_is_printed_or_left_out_as_the_ranges_say() -> None:
    kept = [(0x09, 0x0A), (0x0D, 0x0D), (0x20, 0x7E), (0xA0, 0xD7FF), (0xE000, 0xFDCF), (0xFDF0, 0xFFFC)]
    kept += [(plane << 16, (plane << 16) + 0xFFFD) for plane in range(1, 17)]
    everything = range(0x110000)
    assert [code for code in everything if printable(chr(code))] == [
        code for first, last in kept for code in range(first, last + 1)
    ]


def test_atom_links_keep_rel_and_type_which_feedgen_drops() -> None:
    entry = FeedEntry()
    entry.id("urn:x")
    entry.title("x")
    entry.link(href="https://a.example/", rel="alternate", type="text/html")
    assert entry.atom_entry().find("link").keys() == ["href"]

    both = article(image=NASTY["image-with-hangul"].content.image, canonical_url="https://other.example/1")
    [shown] = feedparser.parse(feed(ATOM, [both])).entries

    assert [link.rel for link in shown.links] == ["alternate", "enclosure", "via"]
    assert shown.links[0].type == "text/html"


def test_rss_names_authors_without_email_whom_feedgen_drops() -> None:
    document = etree.fromstring(feed(RSS, [article(authors=(Author("김기자"), Author("Lee")))]))

    creators = document.iter("{http://purl.org/dc/elements/1.1/}creator")
    assert [creator.text for creator in creators] == ["김기자", "Lee"]


def test_no_date_is_the_time_of_rendering() -> None:
    then = PUBLISHED.replace(year=2001)
    old = article(published_at=then, modified_at=then)
    documents = [feed(RSS, [old], updated=then), feed(ATOM, [old], updated=then)]

    this_year = str(datetime.now(UTC).year).encode()
    assert not any(this_year in document for document in documents)


def test_rendering_leaves_the_processs_locale_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the locale belongs to every thread")

    monkeypatch.setattr(locale, "setlocale", refuse)

    assert b"<pubDate>Mon, 02 Mar 2026 09:30:15 +0000</pubDate>" in feed(RSS, [article()])


@pytest.mark.parametrize("form", [RSS, *DIALECT_FORMATS.values()], ids=lambda form: str(form.format))
def test_rss_names_the_site_where_no_author_is_named(form: FeedFormat) -> None:
    document = etree.fromstring(feed(form, [article(authors=(Author(" "),))], site=replace(SITE, title="경남진 & <b>벗</b>")))

    assert [creator.text for creator in document.iter("{http://purl.org/dc/elements/1.1/}creator")] == ["경남진 & 벗"]


def test_atom_entry_names_the_site_where_no_author_is_named() -> None:
    site = replace(SITE, title="경남진 & <b>벗</b>")
    named, unnamed = article(1, authors=(Author("김기자"),)), article(2, authors=(Author(" "),))
    document = etree.fromstring(feed(ATOM, [named, unnamed], site=site))

    entries = document.iterfind("{http://www.w3.org/2005/Atom}entry")
    names = [[name.text for name in entry.iter("{http://www.w3.org/2005/Atom}name")] for entry in entries]
    assert names == [["김기자"], ["경남진 & 벗"]]


@pytest.mark.parametrize("form", [RSS, *DIALECT_FORMATS.values()], ids=lambda form: str(form.format))
def test_rss_titles_are_text_for_whoever_takes_them_for_html(form: FeedFormat) -> None:
    site = replace(SITE, title="R&D <b>")
    document = feed(form, [NASTY["references-in-title"]], site=site)

    assert b"<title>&#x26;amp;amp; &#x26;lt;b&#x26;gt; &#x26;#38; AT&#x26;T</title>" in document
    assert b"<title>R&#x26;D &#x3C;b&gt;</title>" in document
    assert etree.fromstring(document).findtext("channel/item/title") == "&amp;amp; &lt;b&gt; &#38; AT&T"


def test_times_without_zone_do_not_raise_but_are_utc() -> None:
    naive = PUBLISHED.replace(tzinfo=None)

    assert RSS.entry(item(SITE, article(published_at=naive))) == RSS.entry(item(SITE, article()))


def test_rss_root_declares_the_namespaces_of_its_entries() -> None:
    later = article(modified_at=PUBLISHED + timedelta(hours=1), authors=(Author("김기자"),))

    root = etree.fromstring(feed(RSS, [later]))

    assert root.nsmap.keys() == {"atom", "content", "dc", "dcterms", "media"}
    assert root.findtext(".//{http://purl.org/dc/terms/}modified") == "2026-03-02T10:30:15+00:00"


def test_content_is_escaped_and_never_cdata() -> None:
    entries = [feed_format.entry(item(SITE, NASTY["cdata-end"])) for feed_format in (RSS, ATOM)]

    assert not any(b"CDATA" in entry for entry in entries)


def test_entry_without_later_edition_has_no_modified_date() -> None:
    for form in (RSS, *DIALECT_FORMATS.values()):
        assert b"dcterms:modified" not in form.entry(item(SITE, NASTY["microseconds"]))


def test_summary_comes_before_content_and_both_are_kept() -> None:
    [shown] = feedparser.parse(feed(RSS, [NASTY["entity-in-summary"]])).entries

    assert shown.summary == "how to write &amp;amp; and &amp;lt;b&amp;gt;"  # HTML, as an RSS description is
    assert shown.content[0].value == "<p>본문</p>"
