"""What the pump may do while the database is away and when it is back, by a clock that the test moves."""

import pytest

from workers import database_health
from workers.database_health import REST_SECONDS, STUCK_SECONDS, DatabaseHealth


class Time:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    made = Time()
    monkeypatch.setattr(database_health, "time", made)
    return made


def fail(database: DatabaseHealth) -> None:
    with pytest.raises(ConnectionError), database.cycle():
        raise ConnectionError


def test_it_is_there_at_first(time: Time) -> None:
    database = DatabaseHealth()
    assert not database.is_away
    assert database.may_lease()
    assert database.rest_seconds is None


def test_failed_turn_means_that_it_is_away_until_one_succeeds(time: Time) -> None:
    database = DatabaseHealth()
    fail(database)
    assert database.is_away
    assert not database.may_lease()
    with database.cycle():
        pass
    assert not database.is_away


def test_turn_that_takes_long_means_that_it_is_away(time: Time) -> None:
    database = DatabaseHealth()
    with database.cycle():
        time.now += STUCK_SECONDS
        assert not database.is_away
        time.now += 0.01
        assert database.is_away
    assert not database.is_away
    assert not database.may_lease()


@pytest.mark.parametrize("how", ["a turn failed", "another met it"])
def test_nothing_is_leased_for_a_while_after_an_absence(time: Time, how: str) -> None:
    database = DatabaseHealth()
    if how == "a turn failed":
        fail(database)
        time.now += 60
        with database.cycle():
            pass
    else:
        database.note_absence()
    assert database.rest_seconds == REST_SECONDS
    assert not database.may_lease()
    time.now += REST_SECONDS - 0.001
    assert not database.may_lease()
    time.now += 0.002
    assert database.rest_seconds is not None, "a turn is still to come"
    assert database.rest_seconds > 0
    assert database.may_lease()
    assert database.rest_seconds is None


def test_turn_counts_from_its_beginning(time: Time) -> None:
    database = DatabaseHealth()
    assert not database.was_there(5)
    with database.cycle():
        time.now += 2
    time.now += 3
    assert database.was_there(5)
    time.now += 0.1
    assert not database.was_there(5)
