"""What every feed format promises, whatever the article holds."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import fastfeedparser
import feedparser
import orjson
import pytest
from lxml import etree

from sokbo.domain.article import Article, article_url
from sokbo.domain.document import FragmentFormat
from sokbo.domain.feed import BREAKING_LISTING, SITE_LISTING, Listing
from tests.unit.workers.feeds.articles import ENGLISH, NASTY, POLITICS, PUBLISHED, SITE, article
from tests.unit.workers.feeds.feeds import digest, feed
from workers.feeds import ATOM, FORMATS, SUMMARIES, FeedFormat
from workers.feeds.item import feed_id, item

every_format = pytest.mark.parametrize("feed_format", FORMATS.values(), ids=FORMATS.keys())
every_article = pytest.mark.parametrize("nasty", NASTY.values(), ids=NASTY.keys())


def parse_strictly(document: bytes) -> None:
    if document.startswith(b"{"):
        orjson.loads(document)
    else:
        etree.fromstring(document, etree.XMLParser(recover=False, huge_tree=False, resolve_entities=False))
        parsed = feedparser.parse(document)
        assert not parsed.bozo, parsed.get("bozo_exception")


def shown_time(value: datetime | None) -> datetime:
    assert value is not None
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)


@every_format
def test_registry_names_each_format_by_itself(feed_format: FeedFormat) -> None:
    assert FORMATS[feed_format.format] is feed_format
    assert feed_format.suffix == feed_format.format.value
    assert feed_format.media_type.endswith("; charset=utf-8")


@every_format
@every_article
def test_no_article_breaks_a_feed_for_any_reader(feed_format: FeedFormat, nasty: Article) -> None:
    document = feed(feed_format, [article(999), nasty])

    parse_strictly(document)
    assert len(fastfeedparser.parse(document).entries) == 2


@every_format
@every_article
def test_id_link_and_time_are_the_articles_own(feed_format: FeedFormat, nasty: Article) -> None:
    [entry] = fastfeedparser.parse(feed(feed_format, [nasty])).entries

    assert entry.id == nasty.urn
    assert entry.link == article_url(SITE, nasty)
    assert entry.link.isascii()
    assert datetime.fromisoformat(entry.published) == shown_time(nasty.published_at)


@every_format
def test_all_articles_together_make_one_valid_feed(feed_format: FeedFormat) -> None:
    document = feed(feed_format, list(NASTY.values()))

    parse_strictly(document)
    assert [entry.id for entry in fastfeedparser.parse(document).entries] == [nasty.urn for nasty in NASTY.values()]


@every_format
@pytest.mark.parametrize("listing", [SITE_LISTING, BREAKING_LISTING, POLITICS])
def test_feed_without_entries_is_valid(feed_format: FeedFormat, listing: Listing) -> None:
    parse_strictly(feed(feed_format, [], listing=listing))


@every_format
def test_entry_is_the_same_in_every_feed_and_carries_no_namespace_declarations(feed_format: FeedFormat) -> None:
    entry = feed_format.entry(item(SITE, NASTY["modified-later"]))

    assert b"xmlns" not in entry
    assert entry in feed(feed_format, [NASTY["modified-later"]], listing=POLITICS)


@every_format
def test_correction_is_told_in_the_readers_language_and_escaped(feed_format: FeedFormat) -> None:
    korean, english = fastfeedparser.parse(feed(feed_format, [NASTY["correction"], NASTY["english-correction"]])).entries

    korean_note = "<p><strong>바로잡습니다:</strong> «3명»은 &lt;5명&gt;입니다 &amp; 사과드립니다</p>\n<p>본문</p>"
    assert korean.content[0]["value"] == korean_note
    assert english.content[0]["value"] == "<p><strong>Correction:</strong> It was 5</p>\n<p>본문</p>"


@pytest.mark.parametrize("feed_format", SUMMARIES, ids=lambda each: each.format)
def test_correction_is_told_also_where_the_text_is_left_out(feed_format: FeedFormat) -> None:
    document = feed(feed_format, [NASTY["correction"], NASTY["english-correction"], article(998)])
    parse_strictly(document)
    korean, english, uncorrected = fastfeedparser.parse(document).entries

    if feed_format.suffix == "json":
        assert korean.content[0]["value"] == "바로잡습니다: «3명»은 <5명>입니다 & 사과드립니다\n\n요약"
        assert (english.content[0]["value"], uncorrected.content[0]["value"]) == ("Correction: It was 5\n\n요약", "요약")
    else:
        note = "«3명»은 &lt;5명&gt;입니다 &amp; 사과드립니다"
        assert korean.description == f"<p><strong>바로잡습니다:</strong> {note}</p>\n<p>요약</p>"
        assert english.description == "<p><strong>Correction:</strong> It was 5</p>\n<p>요약</p>"
        assert uncorrected.description == "요약"


ABOUT_MARKUP = {
    "html-in-title": "굵은 제목",
    "words-about-html": "How <video> works",
    "generics-in-title": "Map<String, List<T>> 에서 </T> 까지",
}


@every_format
def test_titles_carry_no_markup_but_keep_words_about_it(feed_format: FeedFormat) -> None:
    entries = fastfeedparser.parse(feed(feed_format, [NASTY[name] for name in ABOUT_MARKUP])).entries

    assert [entry.title for entry in entries] == [*ABOUT_MARKUP.values()]


@every_format
def test_article_without_title_or_text_is_still_named(feed_format: FeedFormat) -> None:
    [entry] = fastfeedparser.parse(feed(feed_format, [NASTY["empty-everything"]])).entries

    assert entry.title == entry.description == NASTY["empty-everything"].path
    assert entry.content[0]["value"] == f"<p>{entry.title}</p>"


@every_format
def test_missing_summary_is_the_beginning_of_the_text(feed_format: FeedFormat) -> None:
    [entry] = fastfeedparser.parse(feed(feed_format, [NASTY["empty-summary"]])).entries

    assert entry.description.startswith("본문의 첫 문장이다.")
    assert entry.description.endswith("…")
    assert len(entry.description) <= 200


@every_format
def test_authors_email_stays_private(feed_format: FeedFormat) -> None:
    entry = feed_format.entry(item(SITE, NASTY["email-of-author"])).decode()

    assert "박" in entry
    assert "@" not in entry


@every_format
def test_image_and_author_links_are_percent_encoded(feed_format: FeedFormat) -> None:
    document = feed(feed_format, [NASTY["image-with-hangul"], NASTY["many-authors"]]).decode()

    assert "사진" not in document
    if feed_format.format is not FragmentFormat.RSS:  # where an enclosure needs a length, and an author has no link
        assert "https://gnj.example.kr/%EC%82%AC%EC%A7%84%20(1)%5B2%5D.jpg?w=1" in document
        assert "https://gnj.example.kr/@%EA%B9%80" in document


@every_format
def test_labels_that_share_a_page_are_all_shown(feed_format: FeedFormat) -> None:
    [entry] = fastfeedparser.parse(feed(feed_format, [article(categories=("가/나", "가&나", "가-나"))])).entries
    assert [tag["label"] or tag["term"] for tag in entry.tags] == ["가/나", "가&나", "가-나"]


@every_format
def test_labels_are_shown_once_with_categories_first(feed_format: FeedFormat) -> None:
    [entry] = fastfeedparser.parse(feed(feed_format, [NASTY["labels-twice"]])).entries

    assert [tag["label"] or tag["term"] for tag in entry.tags] == ["정치", "APEC"]


@every_format
def test_feed_links_to_itself_and_to_its_page(feed_format: FeedFormat) -> None:
    document = feed(feed_format, [], listing=POLITICS).decode()

    page = f"https://gnj.example.kr/category/{quote('정치')}"
    assert f'"{page}.{feed_format.suffix}"' in document
    assert f"{page}<" in document or f'{page}"' in document


@every_format
def test_feed_tells_its_name_and_language(feed_format: FeedFormat) -> None:
    korean = feed(feed_format, [], listing=POLITICS).decode()
    english = feed(feed_format, [], site=ENGLISH).decode()

    assert "경남진 · 분야: 정치" in korean
    assert "News" in english
    assert '"ko"' in korean or ">ko<" in korean
    assert '"en"' in english or ">en<" in english


@every_format
def test_bytes_are_the_same_a_second_time(feed_format: FeedFormat) -> None:
    assert feed(feed_format, list(NASTY.values())) == feed(feed_format, list(NASTY.values()))


def test_bytes_are_the_same_in_every_process() -> None:
    program = "from tests.unit.workers.feeds.feeds import digest; print(digest())"
    seen = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C.UTF-8"},
            capture_output=True,
            check=True,
            text=True,
        ).stdout.strip()
        for seed, zone in (("1", "Asia/Seoul"), ("2", "America/New_York"))
    }

    assert seen == {digest()}


def test_times_are_told_as_finely_as_they_are_known_where_the_format_can() -> None:
    made = replace(NASTY["microseconds"], published_at=PUBLISHED + timedelta(microseconds=5))
    rss, atom, json = (FORMATS[form] for form in (FragmentFormat.RSS, FragmentFormat.ATOM, FragmentFormat.JSON))

    assert b"<pubDate>Mon, 02 Mar 2026 09:30:15 +0000</pubDate>" in rss.entry(item(SITE, made))
    assert b"<published>2026-03-02T09:30:15.000005+00:00</published>" in atom.entry(item(SITE, made))
    assert b"<updated>2026-03-02T09:30:15.654321+00:00</updated>" in atom.entry(item(SITE, made))
    assert b'"date_modified":"2026-03-02T09:30:15.654321Z"' in json.entry(item(SITE, made))
    assert b"<updated>2026-03-02T09:30:15.654321+00:00</updated>" in feed(atom, [made]).partition(b"<entry>")[0]
    assert b'when="2026-03-02T09:30:15.654321+00:00"' in ATOM.tombstone(made)
    assert b"<published>2026-03-02T09:30:15+00:00</published>" in atom.entry(item(SITE, article()))


def test_feeds_id_does_not_depend_on_the_fraction_of_its_sites_time() -> None:
    later = replace(SITE, created_at=SITE.created_at + timedelta(microseconds=654321))

    assert feed_id(later, POLITICS) == feed_id(SITE, POLITICS)


@pytest.mark.parametrize("feed_format", [FORMATS[FragmentFormat.RSS], FORMATS[FragmentFormat.ATOM]], ids=["rss", "atom"])
def test_feeds_time_is_the_contents(feed_format: FeedFormat) -> None:
    parsed = feedparser.parse(feed(feed_format, [], updated=PUBLISHED.replace(year=2020, microsecond=5)))

    assert parsed.feed.updated_parsed[:6] == (2020, 3, 2, 9, 30, 15)
