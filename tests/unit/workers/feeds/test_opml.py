"""Subscription lists look the same to readers who take names for text and to those who take them for HTML."""

from dataclasses import replace

import pytest
from lxml import etree, html

from sokbo.domain.feed import SITE_LISTING, Listing, ListingKind
from tests.unit.workers.feeds.articles import SITE
from tests.unit.workers.feeds.schemas import opml_complaints
from workers.feeds import OPML

NAMES = ["R&D", "R&D 센터", "S&P500", "<x>", "a <b", "</p", "<!--", "AT&T; A & B < C", "&#38", "1 < 2 & 3"]


def outlines(name: str) -> list[etree._Element]:
    document = OPML.document(replace(SITE, title=name), [SITE_LISTING, Listing(ListingKind.TAG, "x", name)])
    assert opml_complaints(document) == []
    return list(etree.fromstring(document).iter("outline"))


@pytest.mark.parametrize("name", NAMES)
def test_name_is_read_alike_as_text_and_as_html(name: str) -> None:
    for outline in outlines(name):
        for shown in (outline.get("text", ""), outline.get("title", outline.get("text", ""))):
            assert html.fragment_fromstring(shown, create_parent="p").text_content() == shown


@pytest.mark.parametrize("name", NAMES)
def test_name_looks_as_its_publisher_wrote_it(name: str) -> None:
    assert (outlines(name)[0].get("text") or "").replace("\u2060", "") == name


@pytest.mark.parametrize("name", ["R&D", "<x>", "S&P500 1", "a <b"])
def test_rules_notice_names_that_look_like_html(name: str) -> None:
    written = b"R&amp;amp;D"
    document = OPML.document(SITE, [SITE_LISTING])
    assert opml_complaints(document.replace(SITE.title.encode(), written)) == []

    for place in (b'text="', b'title="', b"<title>"):
        assert opml_complaints(document.replace(place, place + name.replace("&", "&amp;").replace("<", "&lt;").encode())) != []
