"""Two services on one PostgreSQL that lock the same articles in different orders."""

import threading
from collections.abc import Callable, Iterator

import psycopg
import pytest

from sokbo.domain.article import Article
from sokbo.errors import Unavailable
from sokbo.storage import Database, UnitOfWork
from tests.databases import TEMPLATE, PostgresqlServer, new_name
from tests.newsroom import Newsroom
from tests.unit.service.test_writer import gathered, writing_to
from tests.waiting import eventually


class Rival:
    """Another service's transaction: locks `first`, and `second` as soon as it is locked already."""

    def __init__(self, url: str, first: Article, second: Article):
        self._url = url
        self._articles = (first, second)
        self._second_is_locked = threading.Event()
        self._has_first = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Rival":
        self._thread.start()
        assert self._has_first.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(10)

    def wait_for_second(self) -> None:
        """Returns when it waits for a lock, or has ended."""
        self._second_is_locked.set()
        with psycopg.connect(self._url, autocommit=True) as connection:
            eventually(lambda: not self._thread.is_alive() or _lock_is_waited_for(connection))

    def _run(self) -> None:
        with psycopg.connect(self._url) as connection:
            connection.execute("SET deadlock_timeout = '60s'")  # so that the other one is found to be the victim
            first, second = self._articles
            connection.execute("SELECT 1 FROM articles WHERE id = %s FOR UPDATE", [first.id])
            self._has_first.set()
            assert self._second_is_locked.wait(10)
            connection.execute("SELECT 1 FROM articles WHERE id = %s FOR UPDATE", [second.id])


def _lock_is_waited_for(connection: psycopg.Connection) -> bool:
    return connection.execute("SELECT 1 FROM pg_locks WHERE NOT granted LIMIT 1").fetchone() is not None


@pytest.fixture
def url(postgresql: PostgresqlServer) -> str:
    """A database in which deadlocks are found soon."""
    name = new_name()
    made = postgresql.create(name, TEMPLATE)
    with psycopg.connect(made, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} SET deadlock_timeout = '20ms'".encode())
    return made


@pytest.fixture
def newsroom(url: str) -> Iterator[Newsroom]:
    database = Database(url)
    yield Newsroom.open(database)
    database.close()


def locking(newsroom: Newsroom, article: Article, then: Callable[[], None] = lambda: None) -> Callable[[UnitOfWork], str]:
    def operation(uow: UnitOfWork) -> str:
        assert uow.articles.get(newsroom.site.id, article.id, lock=True)
        then()
        return article.id

    return operation


async def test_deadlock_of_a_group_refuses_none_of_its_requests(newsroom: Newsroom, url: str) -> None:
    one, two = newsroom.post(), newsroom.post()
    async with writing_to(newsroom.database) as writer:
        with Rival(url, two, one) as rival:
            done = await gathered(writer, locking(newsroom, one, rival.wait_for_second), locking(newsroom, two))
    assert done == [one.id, two.id]


async def test_request_that_deadlocks_alone_is_told_to_come_again(newsroom: Newsroom, url: str) -> None:
    one, two = newsroom.post(), newsroom.post()

    def both(uow: UnitOfWork) -> None:
        with Rival(url, two, one) as rival:
            locking(newsroom, one, rival.wait_for_second)(uow)
            locking(newsroom, two)(uow)

    async with writing_to(newsroom.database) as writer:
        with pytest.raises(Unavailable):
            await writer.do(both)
