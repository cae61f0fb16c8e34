"""A crawl of addresses that would be private feeds', or images, leaves the threads to who else needs the database."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from service.image_directory import ImageDirectory
from service.private_feeds import PrivateFeeds
from sokbo.domain.ids import SiteId
from sokbo.storage import Database
from tests.databases import make_ready

CRAWLED = 400

Ask = Callable[[int], Awaitable[object]]


def private_feeds(database: Database) -> Ask:
    feeds = PrivateFeeds(database)
    return lambda number: feeds.get(SiteId(1), f"selection/chosen/t{number}.rss")


def images(database: Database) -> Ask:
    directory = ImageDirectory(database)
    return lambda number: directory.has(SiteId(1), f"{number:064x}.jpg")


@pytest.mark.parametrize("asking", [private_feeds, images])
async def test_crawl_does_not_go_before_others(tmp_path: Path, asking: Callable[[Database], Ask]) -> None:
    url = f"sqlite:///{tmp_path / 'sokbo.db'}"
    make_ready(url)
    with closing(Database(url)) as database:
        asked = asking(database)
        crawl = [asyncio.ensure_future(asked(number)) for number in range(CRAWLED)]
        await asyncio.sleep(0)  # each has asked
        await asyncio.to_thread(lambda: None)
        answered = sum(each.done() for each in crawl)
        assert not any(await asyncio.gather(*crawl))
    assert answered < CRAWLED / 4
