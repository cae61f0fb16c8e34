"""What every member of the registry promises, whatever the articles hold: one contract for feeds, archives and lists."""

import os
import re
import subprocess
import sys

import fastfeedparser
import feedparser
import pytest

from sokbo.domain.article import Article
from sokbo.domain.feed import FEED_TYPES
from tests.unit.workers.feeds.articles import NASTY, apart, article
from tests.unit.workers.feeds.members import MEMBERS, Member
from workers.feeds import FORMATS
from workers.feeds.fixes import printable

every_member = pytest.mark.parametrize("member", MEMBERS.values(), ids=MEMBERS.keys())
every_article = pytest.mark.parametrize("nasty", NASTY.values(), ids=NASTY.keys())

ALL = apart(NASTY.values())
_ADDRESS = re.compile(
    rb'(?:href|xmlUrl|htmlUrl)="([^"]*)"|<loc>([^<]*)</loc>|<link>([^<]*)</link>|"(?:feed_|next_|home_page_)?url":"([^"]*)"'
)


@every_member
@every_article
def test_document_of_any_article_is_valid(member: Member, nasty: Article) -> None:
    document = member.document(apart([article(998), nasty, article(999)]))

    assert member.complaints(document) == []
    assert printable(document.decode()) == document.decode()
    if member.is_feed:
        if not document.startswith(b"{"):
            assert not (parsed := feedparser.parse(document)).bozo, parsed.get("bozo_exception")
        assert len(fastfeedparser.parse(document).entries) in {2, 3}  # an archive shows the last one as withdrawn


@every_member
def test_all_articles_together_make_one_valid_document(member: Member) -> None:
    assert member.complaints(member.document(ALL)) == []


@every_member
def test_addresses_are_absolute_and_encoded(member: Member) -> None:
    document = member.document(ALL)

    addresses = [next(filter(None, found.groups())) for found in _ADDRESS.finditer(document)]
    assert addresses
    assert [url for url in addresses if not url.startswith((b"https://", b"http://")) or not url.isascii()] == []


@every_member
def test_media_type_names_its_charset(member: Member) -> None:
    assert re.fullmatch(r"[a-z]+/[a-z+-]+; charset=utf-8", member.media_type)


@every_member
def test_bytes_are_the_same_a_second_time(member: Member) -> None:
    assert member.document(ALL) == member.document(ALL)


def test_bytes_of_all_members_are_the_same_in_every_process() -> None:
    program = (
        "import hashlib; from tests.unit.workers.feeds.members import MEMBERS\n"
        "from tests.unit.workers.feeds.articles import NASTY\n"
        "print(*(hashlib.sha256(member.document([*NASTY.values()])).hexdigest() for member in MEMBERS.values()))"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C.UTF-8"},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed, zone in (("1", "Asia/Seoul"), ("2", "America/New_York"))
    }

    assert len(seen) == 1


@pytest.mark.parametrize("name", [name for name in MEMBERS if not name.endswith("json")])
def test_xml_has_no_document_type_and_says_its_encoding(name: str) -> None:
    document = MEMBERS[name].document(ALL)

    assert document.startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n")
    assert b"<!DOCTYPE" not in document


def test_formats_are_those_that_addresses_and_pages_know() -> None:
    made = [(form.suffix, form.media_type.partition(";")[0]) for form in FORMATS.values()]
    assert sorted(made) == sorted((each.suffix, each.media_type) for each in FEED_TYPES)
