import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from sokbo.storage import Database
from sokbo.storage.audit import AuditEntry
from tests.clock import Clock
from tests.integration.storage.test_migrations import engine_of
from tests.newsroom import Newsroom


def record(newsroom: Newsroom, *subjects: str) -> None:
    with newsroom.database.write() as uow:
        for subject in subjects:
            uow.audit.record(newsroom.site.id, "cli", "key.issue", subject, "req_1", uow.now)
        uow.commit()


def page(newsroom: Newsroom, after: int = 0, limit: int = 10) -> list[AuditEntry]:
    with newsroom.database.read() as uow:
        return list(uow.audit.page(newsroom.site.id, after, limit))


def test_pages_follow_each_other_oldest_first_and_show_one_site(newsroom: Newsroom, database: Database, clock: Clock) -> None:
    other = Newsroom.open(database)
    record(newsroom, "a", "b")
    record(other, "not ours")
    record(newsroom, "c")
    first = page(newsroom, limit=2)
    assert [entry.subject for entry in first] == ["a", "b"]
    assert [entry.subject for entry in page(newsroom, after=first[-1].id)] == ["c"]
    assert first[0] == AuditEntry(first[0].id, clock(), "cli", "key.issue", "a", "req_1")


def test_what_is_not_committed_is_not_recorded(newsroom: Newsroom) -> None:
    with newsroom.database.write() as uow:
        uow.audit.record(newsroom.site.id, "cli", "key.issue", "a", "req_1", uow.now)
    assert page(newsroom) == []


@pytest.mark.parametrize("deed", ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"])
def test_database_itself_refuses_to_change_or_delete_what_is_recorded(newsroom: Newsroom, database_url: str, deed: str) -> None:
    record(newsroom, "a")
    engine = engine_of(database_url)
    with pytest.raises(DBAPIError, match="the audit only grows"), engine.begin() as connection:
        connection.execute(text(deed))
    engine.dispose()
    assert [entry.actor for entry in page(newsroom)] == ["cli"]
