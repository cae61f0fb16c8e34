"""The archive: whoever walks it from the current feed finds every article once, whatever has happened to it."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from lxml import etree

from sokbo.domain import archive
from sokbo.domain.article import Article, ArticleState
from sokbo.domain.ids import SiteId
from sokbo.storage import Database
from tests.clock import START, Clock
from tests.integration.workers.bureau import Bureau
from tests.integration.workers.test_anew import everything, rebuild
from tests.unit.workers.feeds.w3c import archive_complaints
from workers import assembly_queue
from workers.archiving import MOST_CLOSED
from workers.clean import clean
from workers.runtime import Runtime

ATOM = "{http://www.w3.org/2005/Atom}"
TOMBSTONE = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
MARK = "{http://purl.org/syndication/history/1.0}archive"
#: A document is closed when it has as many articles as half of the feed.
SIZE = 3


@pytest.fixture
def feed_entries() -> int:
    return 2 * SIZE


@pytest.fixture(autouse=True)
def small_sitemaps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "SITEMAP_ARTICLES", 2 * SIZE)


def read(bureau: Bureau, path: str) -> etree._Element:
    return etree.fromstring(bureau.text(path).encode())


def link(document: etree._Element, rel: str) -> str | None:
    found = [each.get("href", "") for each in document.iter(f"{ATOM}link") if each.get("rel") == rel]
    return found[0].split("/", 3)[3] if found else None


def walk(bureau: Bureau, start: str = "feed.atom") -> list[str]:
    """The paths of the archive's documents, from the current feed backwards."""
    paths: list[str] = []
    path = link(read(bureau, start), "prev-archive")
    while path is not None:
        assert path not in paths
        paths.append(path)
        path = link(read(bureau, path), "prev-archive")
    return paths


def found(bureau: Bureau) -> tuple[Counter[str], Counter[str]]:
    """How often each entry, and each tombstone, is found by whoever walks the archive; and reads in the current feed what isn't
    there yet."""
    documents = [read(bureau, path) for path in walk(bureau)]
    entries, tombstones = (
        Counter(each for document in documents for each in ids(document)) for ids in (ids_of_entries, ids_of_tombstones)
    )
    current = read(bureau, "feed.atom")
    entries.update({*ids_of_entries(current)} - {*entries})
    tombstones.update({*ids_of_tombstones(current)} - {*tombstones})
    return entries, tombstones


def ids_of_entries(document: etree._Element) -> list[str]:
    return [each.findtext(f"{ATOM}id", "") for each in document.iter(f"{ATOM}entry")]


def ids_of_tombstones(document: etree._Element) -> list[str]:
    return [each.get("ref", "") for each in document.iter(TOMBSTONE)]


def once(articles: Iterable[Article]) -> Counter[str]:
    return Counter(article.urn for article in articles)


def steps(bureau: Bureau, clock: Clock) -> Iterator[list[Article]]:
    """Articles over four months: written as they happen, scheduled, and taken over from an older site meanwhile. After each step
    all that were posted until then."""
    articles: list[Article] = []
    for number in range(24):
        articles.append(bureau.newsroom.post(f"기사 {number}"))
        if number % 4 == 0:
            articles.append(bureau.newsroom.post(f"옛 기사 {number}", published_at=clock() - timedelta(days=45)))
        if number % 8 == 0:
            articles.append(bureau.newsroom.post(f"예약 {number}", published_at=clock() + timedelta(days=5, seconds=1)))
        settle(bureau, clock)
        yield articles
        clock.advance(2.5 * 24 * 3600)
        if number % 4 == 3:
            bureau.sweep()
    bureau.sweep()
    settle(bureau, clock)


def settle(bureau: Bureau, clock: Clock) -> None:
    """Has done what waits, and what is put off to the next second, twice: the articles' places, then the documents' end."""
    bureau.syndicate()
    for _ in range(2):
        clock.advance(1)
        bureau.syndicate()


def fill(bureau: Bureau, clock: Clock) -> list[Article]:
    *_, articles = steps(bureau, clock)
    return articles


def correct_and_withdraw(bureau: Bureau, clock: Clock, articles: list[Article]) -> list[Article]:
    """Corrects one article in nine and withdraws another, which it returns."""
    for article in articles[::9]:
        bureau.newsroom.revise(
            article, "고친 제목", correction_note="날짜를 바로잡습니다", published_at=clock() - timedelta(days=90)
        )
    gone = articles[4::9]
    for article in gone:
        bureau.newsroom.withdraw(article)
    settle(bureau, clock)
    return gone


def test_walk_finds_each_article_once_at_any_time(bureau: Bureau, clock: Clock) -> None:
    articles: list[Article] = []
    for articles in steps(bureau, clock):
        published = [article for article in articles if bureau.newsroom.article(article).state is ArticleState.PUBLISHED]
        assert found(bureau) == (once(published), Counter())
    assert found(bureau) == (once(articles), Counter())
    months = {path[5:12] for path in walk(bureau)}
    assert {"2026/01", "2026/02", "2026/03", "2026/04"} <= months


def test_document_of_the_archive_never_changes_but_that_another_follows(bureau: Bureau, clock: Clock) -> None:
    archived: dict[str, str] = {}
    for _ in steps(bureau, clock):
        for path in walk(bureau):
            text = re.sub('  <link [^>]*rel="next-archive"[^>]*>\n', "", bureau.text(path))
            assert archived.setdefault(path, text) == text
    assert len(archived) > 8


def test_document_that_still_takes_articles_is_none_of_the_archive(bureau: Bureau, clock: Clock) -> None:
    bureau.newsroom.post("하나")
    bureau.syndicate()
    assert read(bureau, "feed/2026/03.atom").find(MARK) is None
    assert link(read(bureau, "feed/2026/03.atom"), "current") == "feed.atom"
    assert (walk(bureau), "next_url" in json.loads(bureau.text("feed.json"))) == ([], False)

    for number in range(SIZE - 1):
        bureau.newsroom.post(f"기사 {number}")
    bureau.syndicate()
    assert read(bureau, "feed/2026/03.atom").find(MARK) is not None
    assert walk(bureau) == ["feed/2026/03.atom"]


def test_article_of_long_ago_is_archived_within_seconds_with_all_that_come_meanwhile(bureau: Bureau, clock: Clock) -> None:
    for number in range(2 * SIZE):
        bureau.newsroom.post(f"기사 {number}")
    bureau.syndicate()
    before = walk(bureau)

    old = [bureau.newsroom.post(f"옛 기사 {number}", published_at=START - timedelta(days=400)) for number in range(2)]
    bureau.syndicate()
    assert walk(bureau) == before

    settle(bureau, clock)
    month = (START - timedelta(days=400)).strftime("feed/%Y/%m.atom")
    assert walk(bureau) == [month, *before]
    assert Counter(ids_of_entries(read(bureau, month))) == once(old)


def test_document_that_waits_for_its_end_puts_off_nothing_else(bureau: Bureau) -> None:
    for number in range(2 * SIZE):
        bureau.newsroom.post(f"기사 {number}")
    bureau.syndicate()
    bureau.newsroom.post("옛 기사", published_at=START - timedelta(days=400))
    bureau.syndicate()

    bureau.newsroom.post("새 기사", categories=("정치",))
    bureau.syndicate()
    assert "새 기사" in bureau.text("category/정치.atom")


def test_many_documents_are_closed_a_few_at_a_time(bureau: Bureau, clock: Clock) -> None:
    articles = [bureau.newsroom.post(f"기사 {number}", published_at=START - timedelta(days=31 * number)) for number in range(20)]
    settle(bureau, clock)

    assert found(bureau) == (once(articles), Counter())
    assert len(walk(bureau)) > MOST_CLOSED


def test_walk_finds_each_article_once_after_corrections_and_withdrawals(bureau: Bureau, clock: Clock) -> None:
    articles = fill(bureau, clock)
    places = walk(bureau)
    gone = correct_and_withdraw(bureau, clock, articles)

    assert found(bureau) == (once([article for article in articles if article not in gone]), once(gone))
    assert walk(bureau) == places
    corrected = "".join(bureau.text(path) for path in places)
    assert corrected.count("날짜를 바로잡습니다") == len(articles[::9])


def test_neighbours_link_to_each_other_and_to_the_current_feed(bureau: Bureau, clock: Clock) -> None:
    fill(bureau, clock)

    paths = walk(bureau)
    documents = {path: read(bureau, path) for path in paths}
    assert [link(documents[path], "next-archive") for path in paths] == [None, *paths[:-1]]
    assert {link(document, "current") for document in documents.values()} == {"feed.atom"}
    assert [link(documents[path], "self") for path in paths] == paths
    assert [complaint for path in paths for complaint in archive_complaints(bureau.text(path).encode())] == []
    assert link(read(bureau, "feed.rss"), "prev-archive") == paths[0]


@pytest.mark.parametrize("slice_size", [1, 8])
def test_no_link_ever_leads_to_a_document_that_is_not_made_yet(
    bureau: Bureau, clock: Clock, monkeypatch: pytest.MonkeyPatch, slice_size: int
) -> None:
    monkeypatch.setattr(assembly_queue, "SLICE", slice_size)
    assemble_slice = assembly_queue._assemble_slice
    seen: list[set[str]] = []

    def assemble_and_look(runtime: Runtime, site_id: SiteId) -> None:
        assemble_slice(runtime, site_id)
        seen.append(dead_links(bureau))

    monkeypatch.setattr(assembly_queue, "_assemble_slice", assemble_and_look)
    fill(bureau, clock)
    assert len(walk(bureau)) > 8
    assert seen
    assert set().union(*seen) == set()


def dead_links(bureau: Bureau) -> set[str]:
    """Where the current feed and the archive lead to, and nothing is."""
    stored = bureau.versions()
    documents = [read(bureau, path) for path in stored if path.startswith("feed") and path.endswith(".atom")]
    linked = {link(document, rel) for document in documents for rel in ("prev-archive", "next-archive")}
    return {path for path in linked if path is not None} - stored.keys()


def test_full_document_changes_only_with_its_own_articles(bureau: Bureau, clock: Clock) -> None:
    articles = fill(bureau, clock)
    full = walk(bureau)[1:]
    before, versions = {path: bureau.text(path) for path in full}, bureau.versions()

    for number in range(2 * SIZE):
        bureau.newsroom.post(f"neu {number}")
        bureau.syndicate()
    assert {path: bureau.text(path) for path in full} == before
    assert all(bureau.versions()[path] == versions[path] for path in full)

    bureau.newsroom.revise(articles[0], "고친 제목")
    settle(bureau, clock)
    assert [path for path in full if bureau.text(path) != before[path]] == [
        path for path in full if articles[0].urn in before[path]
    ]


def test_article_withdrawn_before_it_was_archived_leaves_its_tombstone(bureau: Bureau) -> None:
    kept = bureau.newsroom.post("하나")
    gone = bureau.newsroom.post("둘")
    bureau.newsroom.withdraw(gone)
    bureau.syndicate()

    assert found(bureau) == (once([kept]), once([gone]))


def test_what_was_never_published_is_in_no_archive(bureau: Bureau, clock: Clock) -> None:
    draft = bureau.newsroom.post("초고", draft=True)
    scheduled = bureau.newsroom.post("예약", published_at=START + timedelta(days=1))
    bureau.newsroom.withdraw(scheduled)
    bureau.newsroom.withdraw(draft)
    kept = bureau.newsroom.post("하나")
    bureau.syndicate()
    clock.advance(2 * 24 * 3600)
    bureau.sweep()

    assert found(bureau) == (once([kept]), Counter())


def test_archive_is_the_same_bytes_after_a_rebuild(bureau: Bureau, clock: Clock) -> None:
    articles = fill(bureau, clock)
    bureau.newsroom.withdraw(articles[5])
    bureau.newsroom.revise(articles[6], "고친 제목", correction_note="바로잡음")
    bureau.syndicate()
    before = everything(bureau)
    assert {"feed.atom", "feeds.opml", "sitemap.xml", "news-sitemap.xml", *walk(bureau)} <= before.keys()

    rebuild(bureau)

    assert everything(bureau) == before


def test_archive_follows_the_sites_new_title_and_address(bureau: Bureau, database: Database, clock: Clock) -> None:
    articles = fill(bureau, clock)
    with database.write() as uow:
        uow.sites.save(replace(bureau.newsroom.site, title="새 이름", base_url="https://moved.example"))
        uow.commit()
    rebuild(bureau)

    assert found(bureau)[0] == once(articles)
    for path in walk(bureau):
        assert "<title>새 이름</title>" in bureau.text(path)
        assert "https://site-" not in bureau.text(path)


def test_cost_of_a_publish_does_not_grow_with_the_archive(bureau: Bureau, clock: Clock) -> None:
    def stored_by_a_publish() -> set[str]:
        before = bureau.versions()
        bureau.newsroom.post("하나 더")
        bureau.syndicate()
        return {path for path, version in bureau.versions().items() if before.get(path) != version}

    bureau.newsroom.post("하나")
    bureau.newsroom.post("둘")
    bureau.syndicate()
    few = stored_by_a_publish()
    fill(bureau, clock)
    many = min(stored_by_a_publish(), stored_by_a_publish(), key=len)  # one of the two begins no new document

    assert len(many) == len(few)


def test_archive_and_sitemap_follow_breaking_news(bureau: Bureau, clock: Clock) -> None:
    article = bureau.newsroom.post("하나")
    bureau.sweep()
    for breaking, event in ((True, "made breaking"), (False, "ended by its publisher"), (True, "made breaking again")):
        clock.advance(600)
        article = bureau.newsroom.revise(article, "하나", breaking=breaking)
        bureau.sweep()
        assert everything_is_current(bureau, article), event
    clock.advance(7 * 3600)
    bureau.sweep()  # its time is over
    assert everything_is_current(bureau, bureau.newsroom.article(article))
    clock.advance(2 * 3600)
    clean(bureau.runtime)  # of the fragments that were replaced
    assert everything_is_current(bureau, bureau.newsroom.article(article))


def everything_is_current(bureau: Bureau, article: Article) -> bool:
    """True if the archive and the sitemap say of the only article what the current feed does."""
    month = article.published_at.strftime("feed/%Y/%m") if article.published_at else ""
    entries = [
        *(read(bureau, path).findtext(f"{ATOM}entry/{ATOM}updated") for path in ("feed.atom", f"{month}.atom")),
        *(json.loads(bureau.text(path))["items"] for path in ("feed.json", f"{month}.json")),
    ]
    lastmod = article.modified_at.strftime("<lastmod>%Y-%m-%dT%H:%M:%S")
    return entries[0] == entries[1] and entries[2] == entries[3] and lastmod in bureau.text("sitemap-2026-03.xml")
