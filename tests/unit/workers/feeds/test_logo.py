"""The site's logo in each format; where there is none, RSS alone shows something else."""

from dataclasses import replace

import jsonschema
import orjson
import pytest
from lxml import etree

from sokbo.domain.document import FragmentFormat
from sokbo.domain.feed import SITE_LISTING, Listing, ListingKind
from sokbo.domain.site import Site
from tests.unit.workers.feeds.articles import POLITICS, PUBLISHED, SITE, WITH_LOGO, article
from tests.unit.workers.feeds.feeds import feed
from tests.unit.workers.feeds.members import HISTORY
from tests.unit.workers.feeds.test_json_feed import FEED
from tests.unit.workers.feeds.w3c import archive_complaints, rss_complaints
from workers.feeds import ATOM, DIALECT_FORMATS, FORMATS, NO_HISTORY, SUMMARIES, FeedFormat, History, Options
from workers.feeds.dialects.smartnews import SNF
from workers.feeds.format import PUBLIC

CHOSEN = Listing(ListingKind.SELECTION, "chosen", "고른 것")
OWN = "https://gnj.example.kr/own.png"

ALL = {form.format.value: form for form in (*FORMATS.values(), *SUMMARIES, *DIALECT_FORMATS.values())}
every_format = pytest.mark.parametrize("form", ALL.values(), ids=ALL.keys())
plain_dialects = pytest.mark.parametrize("name", sorted(DIALECT_FORMATS.keys() - {"smartnews"}))


def document(form: FeedFormat, site: Site = WITH_LOGO, options: Options = PUBLIC) -> bytes:
    shell = form.shell(site, CHOSEN, PUBLISHED, options=options)
    return shell.head + shell.tail


def lines(document: bytes) -> list[bytes]:
    """Of JSON, a member to a line."""
    return document.replace(b',"', b',\n"').splitlines()


def image(document: bytes) -> dict[str, str | None]:
    [found] = etree.fromstring(document).iterfind("channel/image")
    return {str(child.tag): child.text for child in found}


@pytest.mark.parametrize("listing", [SITE_LISTING, POLITICS])
def test_rss_image_bears_the_channels_title_and_link(listing: Listing) -> None:
    rss = feed(FORMATS[FragmentFormat.RSS], [article()], site=WITH_LOGO, listing=listing)

    channel = etree.fromstring(rss)[0]
    assert image(rss) == {"url": WITH_LOGO.logo, "title": channel.findtext("title"), "link": channel.findtext("link")}


@pytest.mark.parametrize("history", [NO_HISTORY, HISTORY], ids=["current", "archive"])
def test_atom_logo_is_in_the_feed_and_in_its_archive(history: History) -> None:
    atom = feed(ATOM, [article()], site=WITH_LOGO, history=history)

    assert etree.fromstring(atom).findtext("{http://www.w3.org/2005/Atom}logo") == WITH_LOGO.logo
    assert history is NO_HISTORY or archive_complaints(atom) == []


def test_json_feeds_icon_is_the_logo() -> None:
    parsed = orjson.loads(feed(FORMATS[FragmentFormat.JSON], [article()], site=WITH_LOGO))

    jsonschema.validate(parsed, FEED)
    assert parsed["icon"] == WITH_LOGO.logo


@plain_dialects
def test_portals_channel_has_an_image(name: str) -> None:
    found = document(DIALECT_FORMATS[name])

    assert image(found) == {"url": WITH_LOGO.logo, "title": "경남진 · 고른 것", "link": "https://gnj.example.kr/"}
    assert rss_complaints(found) == []


def test_smartnews_has_the_sites_logo_in_its_own_place_alone() -> None:
    channel = etree.fromstring(document(DIALECT_FORMATS["smartnews"]))[0]

    assert channel.findtext(f"{{{SNF}}}logo/url") == WITH_LOGO.logo
    assert channel.find("image") is None


@every_format
def test_selections_own_logo_goes_before_the_sites(form: FeedFormat) -> None:
    own = document(form, options=Options(logo=OWN))

    assert own == document(form, replace(SITE, logo=OWN))
    assert OWN.encode() in own
    assert b"%EB%A1%9C" not in own


@every_format
def test_without_a_logo_there_is_no_place_for_one(form: FeedFormat) -> None:
    assert not any(word in document(form, SITE) for word in (b"logo>", b'"icon"'))


@pytest.mark.parametrize("form", [form for name, form in ALL.items() if form.suffix == "rss" and name != "smartnews"])
def test_without_a_logo_the_image_of_rss_is_the_sign_that_all_sites_have(form: FeedFormat) -> None:
    found = document(form, SITE)

    assert image(found) == {
        "url": "https://gnj.example.kr/sign.png",
        "title": etree.fromstring(found).findtext("channel/title"),
        "link": "https://gnj.example.kr/",
    }
    assert rss_complaints(found) == []


@every_format
def test_logo_leaves_all_else_as_it_was(form: FeedFormat) -> None:
    with_logo = iter(lines(document(form)))
    without = [line for line in lines(document(form, SITE)) if b"sign.png" not in line]

    assert all(line in with_logo for line in without)
