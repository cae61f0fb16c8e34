"""Which articles stand in a selection: what the database finds is what the domain says."""

from collections.abc import Iterable
from typing import Any

import pytest

from sokbo.domain.article import Article, Author
from sokbo.domain.document import EMPTY, Fragment, FragmentFormat
from sokbo.domain.ids import SiteId
from sokbo.domain.selection import Detail, Selection, Terms
from sokbo.errors import Conflict
from sokbo.storage import Database
from tests.newsroom import Newsroom

ARTICLES: dict[str, dict[str, Any]] = {
    "politics": {"categories": ("정치",)},
    "politics-apec": {"categories": ("정치", "국제"), "tags": ("APEC",)},
    "world-apec": {"categories": ("국제",), "tags": ("APEC", "광고"), "authors": (Author("Kim"),)},
    "breaking": {"categories": ("정치",), "breaking": True},
    "english": {"categories": ("국제",), "language": "en-GB"},
    "none": {},
}
CHOICES: dict[str, dict[str, Any]] = {
    "all": {},
    "one category": {"wanted": Terms(categories=("정치",))},
    "either category": {"wanted": Terms(categories=("국제", "정치"))},
    "category and tag": {"wanted": Terms(categories=("국제",), tags=("apec",))},
    "author": {"wanted": Terms(authors=("kim",))},
    "all kinds": {"wanted": Terms(categories=("국제",), tags=("apec",), authors=("kim",))},
    "exclusions": {"unwanted": Terms(tags=("광고",), categories=("정치",))},
    "wanted and unwanted": {"wanted": Terms(tags=("apec",)), "unwanted": Terms(authors=("kim",))},
    "breaking": {"breaking": True},
    "breaking category": {"breaking": True, "wanted": Terms(categories=("국제",))},
    "english": {"language": "en"},
    "korean": {"language": "ko-KR"},
    "korean politics": {"language": "ko", "wanted": Terms(categories=("정치",))},
    "nothing": {"wanted": Terms(tags=("없음",))},
}


def choice(newsroom: Newsroom, name: str = "chosen", **fields: Any) -> Selection:
    return Selection(newsroom.site.id, name, "고른 것", newsroom.site.created_at, **fields)


@pytest.fixture
def published(newsroom: Newsroom) -> dict[str, Article]:
    articles = {title: newsroom.post(title, **fields) for title, fields in ARTICLES.items()}
    render(newsroom, articles.values())
    newsroom.post("not rendered yet", categories=("정치",), tags=("APEC",))
    return articles


def render(newsroom: Newsroom, articles: Iterable[Article]) -> None:
    with newsroom.database.write() as uow:
        for article in articles:
            made = Fragment(article.id, article.revision, FragmentFormat.RSS, EMPTY, "digest", article.modified_at)
            uow.documents.replace_fragments([made], [article.id], uow.now)
        uow.commit()


@pytest.mark.parametrize("fields", CHOICES.values(), ids=CHOICES.keys())
def test_database_finds_what_the_domain_admits_newest_first(
    newsroom: Newsroom, published: dict[str, Article], fields: dict[str, Any]
) -> None:
    chosen = choice(newsroom, **fields)
    admitted = [
        article.id
        for article in reversed(published.values())
        if chosen.admits(article.content, breaking=article.breaking_until is not None, site_language="ko")
    ]

    with newsroom.database.read() as uow:
        assert uow.selections.articles(chosen, "ko", 10) == admitted
        assert uow.selections.articles(chosen, "ko", 2) == admitted[:2]


def test_other_sites_articles_stand_in_none(newsroom: Newsroom, database: Database, published: dict[str, Article]) -> None:
    other = Newsroom.open(database)
    with database.read() as uow:
        assert uow.selections.articles(choice(other), "ko", 10) == []
        assert uow.selections.articles(choice(other, wanted=Terms(categories=("정치",))), "ko", 10) == []


def test_selection_is_read_as_it_was_written(newsroom: Newsroom) -> None:
    made = choice(
        newsroom,
        wanted=Terms(("정치",), ("apec",), ("kim",)),
        unwanted=Terms(tags=("광고",)),
        language="ko-KR",
        breaking=True,
        detail=Detail.SUMMARY,
        entries=30,
        profile="msn",
        logo="https://news.example/logo.png",
        private=True,
        token_digest="0" * 64,
    )
    with newsroom.database.write() as uow:
        uow.selections.add(made)
        uow.selections.add(choice(newsroom, "another"))
        assert uow.selections.get(newsroom.site.id, "chosen", lock=True) == made
        assert uow.selections.get(SiteId(newsroom.site.id + 1), "chosen") is None
        assert [selection.name for selection in uow.selections.of_site(newsroom.site.id)] == ["another", "chosen"]
        assert [selection.name for selection in uow.selections.page(newsroom.site.id, "another", 5)] == ["chosen"]
        assert uow.selections.count(newsroom.site.id) == 2
        uow.selections.remove(made)
        assert uow.selections.get(newsroom.site.id, "chosen") is None


def test_name_is_given_once_in_a_site(newsroom: Newsroom) -> None:
    with newsroom.database.write() as uow:
        uow.selections.add(choice(newsroom))
        with pytest.raises(Conflict):
            uow.selections.add(choice(newsroom))
