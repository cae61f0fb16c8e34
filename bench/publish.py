"""What a publish costs its worker, from the event to the stored documents: in a new site, and in one with 100,000 articles.

One worker without its processes: the tasks are called here, and announcements go to a stopwatch. Feeds have 50 entries; each
article has five categories and five tags. The two sites take turns, each in a database of its own.
"""

import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench.archive import fill
from bench.article import TAGS, headline, paragraphs
from bench.measurement import Measurement, percentile
from bench.system import ACTOR, FOLDER, SITE
from sokbo import sites
from sokbo.broker import Announcement, Broker
from sokbo.domain.article import Content, Draft
from sokbo.domain.event import Lane
from sokbo.domain.lifecycle import create
from sokbo.domain.site import Site
from sokbo.settings import Settings
from sokbo.storage import migrate
from sokbo.storage.changes import write_change
from workers import runtime as process
from workers.runtime import Runtime
from workers.syndicate import syndicate

ARTICLES = 100_000
PUBLISHES = 60
#: So that each feed has its 50 entries, and caches are warm.
BEFORE = 60
TERMS = 5
MOST_MILLISECONDS = 25.0
MOST_RATIO = 1.2


class Stopwatch(Broker):
    """Takes the time of each announcement, which follows a commit, and sends none."""

    def __init__(self, settings: Settings):
        super().__init__(settings)
        self.announced: list[float] = []

    def announce(self, announcements: Iterable[Announcement]) -> bool:
        self.announced.append(time.perf_counter())
        return True


@dataclass(frozen=True, slots=True)
class Desk:
    """A site and the worker that serves it."""

    site: Site
    runtime: Runtime
    watch: Stopwatch

    def publish(self, number: int) -> tuple[float, float]:
        """The seconds until the site's own feeds were stored, and until all documents were."""
        text = paragraphs(number)
        content = Content(
            title=headline(number),
            html="".join(f"<p>{paragraph}.</p>" for paragraph in text),
            text="\n\n".join(text),
            summary=text[0][:80],
            categories=tuple(f"분류{term}" for term in range(TERMS)),
            tags=TAGS[:TERMS],
        )
        with self.runtime.database.write() as uow:
            made = create(self.site.id, uow.sites.next_number(self.site.id), Draft(content), uow.now)
            write_change(uow, made, actor=ACTOR, request_id=ACTOR)
            uow.commit()
        self.watch.announced.clear()
        began = time.perf_counter()
        syndicate(self.runtime, Lane.DEFAULT)
        return self.watch.announced[0] - began, self.watch.announced[-1] - began


def measure(articles: int = ARTICLES, publishes: int = PUBLISHES) -> Sequence[Measurement]:
    """Both medians in a new site, each beside that in the old one."""
    with _desk(0) as new, _desk(articles) as old:
        for number in range(BEFORE):
            new.publish(number)
            old.publish(number)
        pairs = [(new.publish(number), old.publish(number)) for number in range(BEFORE, BEFORE + publishes)]
    figures = []
    for index, name in enumerate(("its site's own feeds", "all its feeds and lists")):
        in_new, in_old = (percentile([pair[side][index] for pair in pairs], 50) * 1000 for side in (0, 1))
        figures += [
            Measurement(f"publish, {name} stored, p50", in_new, "ms", at_most=MOST_MILLISECONDS),
            Measurement(
                f"publish, {name}, {articles:,} articles", in_old, "ms", in_new, "in a new site", at_most_ratio=MOST_RATIO
            ),
        ]
    return figures


@contextmanager
def _desk(articles: int) -> Iterator[Desk]:
    with tempfile.TemporaryDirectory(prefix="sokbo-bench-", dir=FOLDER) as folder:
        settings = Settings.model_validate({"data": Path(folder)})
        migrate(settings.resolved_database_url)
        watch = Stopwatch(settings)
        started = process.start(settings, (Lane.DEFAULT,))
        runtime = replace(started, broker=watch)
        try:
            with runtime.database.write() as uow:
                fields = {"name": SITE, "title": "속보", "base_url": "https://bench.example"}
                site = sites.create(uow, fields, actor=ACTOR, request_id=ACTOR)
                uow.commit()
            desk = Desk(site, runtime, watch)
            desk.publish(0)
            fill(settings.database_file, articles)
            yield desk
        finally:
            started.close()
