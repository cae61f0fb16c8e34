"""A commit whose answer is lost on the way is found out about: a kept article is answered as kept, a lost one as lost."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import text

from sokbo.domain.ids import SiteId
from sokbo.domain.site import Site
from sokbo.errors import Unavailable
from sokbo.storage import Database, unit_of_work
from sokbo.storage import database as storage
from tests.databases import TEMPLATE, Maker, PostgresqlServer, new_name
from tests.newsroom import Newsroom

COMMIT = b"COMMIT\x00"
MAX_BYTES = 65536


@dataclass(slots=True)
class Line:
    """A line to PostgreSQL that breaks at the next commit when told so: `before` the server hears of it, or `after`."""

    upstream: str
    listener: socket.socket
    breaks: str = ""
    down: bool = False
    sockets: list[socket.socket] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                self.sockets.append(client)
                if self.down:
                    client.close()
                    continue
                server = socket.socket(socket.AF_UNIX)
                server.connect(self.upstream)
                self.sockets.append(server)
                threading.Thread(target=self.forward, args=(client, server), daemon=True).start()
                threading.Thread(target=self.backward, args=(server, client), daemon=True).start()

    def forward(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while said := client.recv(MAX_BYTES):
                breaks, self.breaks = (self.breaks, "") if COMMIT in said else ("", self.breaks)
                if breaks == "before":
                    _shut(client, server)
                    return
                if breaks == "after":
                    _shut(client)  # before the server can answer
                server.sendall(said)
                if breaks == "after":
                    return

    def backward(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while said := server.recv(MAX_BYTES):
                client.sendall(said)


def _shut(*sockets: socket.socket) -> None:
    for one in sockets:
        one.shutdown(socket.SHUT_RDWR)


@contextmanager
def line_to(server: PostgresqlServer) -> Iterator[Line]:
    upstream = next(str(path) for path in Path(server.socket_folder).iterdir() if path.suffix != ".lock" and path.is_socket())
    with socket.create_server(("127.0.0.1", 0)) as listener:
        line = Line(upstream, listener)
        threading.Thread(target=line.serve, daemon=True).start()
        try:
            yield line
        finally:
            for each in line.sockets:
                each.close()


@pytest.fixture
def line(postgresql: Maker) -> Iterator[Line]:
    assert isinstance(postgresql, PostgresqlServer)
    with line_to(postgresql) as made:
        yield made


@pytest.fixture
def newsroom(postgresql: Maker, line: Line) -> Iterator[Newsroom]:
    """A site whose database is at the line's other end."""
    name = new_name()
    postgresql.create(name, TEMPLATE)
    database = Database(f"postgresql:///{name}?host=127.0.0.1&port={line.port}&user=postgres")
    yield Newsroom.open(database)
    database.close()


def add_site(newsroom: Newsroom, name: str) -> None:
    with newsroom.database.write() as uow:
        uow.sites.add(Site(SiteId(0), name, name, f"https://{name}.example", uow.now))
        uow.audit.record(newsroom.site.id, "tests", "site.create", name, "req_test", uow.now)
        uow.commit_for_certain()


def names(newsroom: Newsroom) -> set[str]:
    with newsroom.database.read() as uow:
        return {site.name for site in uow.sites.all()} - {newsroom.site.name}


def test_commit_that_was_kept_without_an_answer_is_kept(newsroom: Newsroom, line: Line) -> None:
    line.breaks = "after"
    add_site(newsroom, "one")
    assert line.breaks == ""
    add_site(newsroom, "two")
    assert names(newsroom) == {"one", "two"}


def test_commit_that_was_never_heard_of_is_told_to_be_lost(newsroom: Newsroom, line: Line) -> None:
    line.breaks = "before"
    with pytest.raises(Unavailable):
        add_site(newsroom, "one")
    assert names(newsroom) == set()
    add_site(newsroom, "one")
    assert names(newsroom) == {"one"}


def test_commit_whose_database_does_not_come_back_is_not_waited_for_without_end(
    newsroom: Newsroom, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "SETTLE_SECONDS", 0.3)
    line.breaks, line.down = "before", True
    with pytest.raises(Unavailable):
        add_site(newsroom, "one")
    line.down = False
    assert names(newsroom) == set()


def test_lost_commit_whose_number_another_has_by_now_is_told_to_be_lost(
    newsroom: Newsroom, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a crash PostgreSQL counts on from the last number that had come to the disk."""
    with newsroom.database.write() as uow:
        uow.sites.add(Site(SiteId(0), "other", "other", "https://other.example", uow.now))
        number: str = uow._session.execute(unit_of_work._TRANSACTION).scalar_one()
        uow.commit()
    monkeypatch.setattr(unit_of_work, "_TRANSACTION", text(f"SELECT '{number}'"))
    line.breaks = "before"
    with pytest.raises(Unavailable):
        add_site(newsroom, "one")
    assert names(newsroom) == {"other"}
