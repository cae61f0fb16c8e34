"""What the seed decides: the stories and the faults."""

import random
from itertools import pairwise

from chaos import faults, story
from chaos.faults import EVERY_SECONDS, FaultKind
from chaos.story import STORIES_PER_DESK, Kind

TARGETS = ("service", "default")


def test_same_seed_draws_the_same_stories() -> None:
    assert story.draw(7, 50, 10.0) == story.draw(7, 50, 10.0)
    assert story.draw(7, 50, 10.0) != story.draw(8, 50, 10.0)


def test_stories_are_of_every_kind_at_a_steady_rate_and_few_to_a_desk() -> None:
    drawn = story.draw(1, 1000, 125.0)

    assert {item.kind for item in drawn} == set(Kind)
    assert [round(after.at_seconds - before.at_seconds, 6) for before, after in pairwise(drawn)] == [0.125] * 999
    assert all(sum(item.desk == f"desk-{desk}" for item in drawn) == STORIES_PER_DESK for desk in range(25))
    assert len({item.token for item in drawn}) == 1000


def test_faults_of_every_kind_come_every_one_to_three_seconds() -> None:
    drawn = faults.draw(random.Random(1), 600.0, TARGETS, list(FaultKind))

    gaps = [after.at_seconds - before.at_seconds for before, after in pairwise(drawn)]
    assert EVERY_SECONDS[0] <= min(gaps) <= max(gaps) <= EVERY_SECONDS[1]
    assert {fault.kind for fault in drawn} == set(FaultKind)
    assert {fault.target for fault in drawn} == set(TARGETS)
    assert drawn == faults.draw(random.Random(1), 600.0, TARGETS, list(FaultKind))
