"""Backup, restore and rebuild beside a running system."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sokbo.settings import Settings
from sokbo.storage import Database
from tests.publisher import Publisher
from tests.system import System
from tests.waiting import eventually


def sokbo(*arguments: str) -> str:
    """What the command says; it must succeed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SOKBO_")}
    command = [sys.executable, "-m", "sokbo", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def posting(publisher: Publisher) -> Iterator[list[str]]:
    """Posts articles without a pause; the ids of those that were answered with 201, so far."""
    answered: list[str] = []
    stopping = threading.Event()

    def post() -> None:
        while not stopping.is_set():
            answered.append(publisher.post(f"기사 {len(answered)}")["id"])

    thread = threading.Thread(target=post)
    thread.start()
    try:
        yield answered
    finally:
        stopping.set()
        thread.join()


def test_backup_under_load_holds_every_article_that_was_answered_before_it(
    system: System, publisher: Publisher, tmp_path: Path
) -> None:
    file, elsewhere = tmp_path / "sokbo.backup", tmp_path / "elsewhere"
    with posting(publisher) as answered:
        eventually(lambda: len(answered) > 20)
        before = list(answered)
        sokbo("backup", str(file), "--data", str(system.settings.data))
        during = len(answered) - len(before)
    assert during > 0  # nobody was held up

    sokbo("restore", str(file), "--data", str(elsewhere))

    database = Database(Settings(data=elsewhere).resolved_database_url)
    with database.read() as uow:
        kept = [uow.articles.get(publisher.site.id, article_id) for article_id in answered]
    database.close()
    assert all(kept[: len(before)])
    after = kept.index(None) if None in kept else len(kept)
    assert not any(kept[after:])  # one moment: with an article, all before it


def test_rebuild_is_done_by_the_workers_while_it_waits(system: System, publisher: Publisher) -> None:
    posted = publisher.post("하나")
    page = f"{posted['number']}/{posted['slug']}"
    publisher.await_text("feed.rss", "하나")
    said = sokbo("rebuild", "--site", publisher.site.name, "--data", str(system.settings.data))
    assert said == "Every document is rendered anew.\n"
    for path in ("feed.rss", page):
        publisher.await_text(path, "하나")
