import pytest

from sokbo.storage import Database
from tests.newsroom import Newsroom


@pytest.fixture
def newsroom(database: Database) -> Newsroom:
    return Newsroom.open(database)
