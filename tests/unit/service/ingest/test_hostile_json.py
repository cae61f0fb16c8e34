"""What a body that is nothing but errors may cost: its own length, and an answer of some kilobytes."""

import tracemalloc
from typing import Any

import pytest

from service.ingest.text_gate import admit
from service.problems import details
from sokbo.domain.article import slugify
from sokbo.errors import MAX_ERRORS, MAX_FIELD_CHARACTERS, FieldError, Invalid
from sokbo.fields import validate
from sokbo.partners import PartnerInput

NUL = "\0"


@pytest.mark.parametrize(
    "body",
    [
        {"a" * 60_000: [NUL] * 5_000},
        {"a" * 500_000: [1] * 200_000},
        {"a": [NUL] * 100_000},
        {f"{NUL}{n}": 1 for n in range(9_000)},
    ],
)
def test_gate_takes_no_more_memory_than_a_few_times_the_body(body: dict[str, Any]) -> None:
    errors: list[FieldError] = []
    tracemalloc.start()
    admit(body, errors)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 32 * 1024 * 1024
    assert len(errors) <= MAX_ERRORS
    assert len(details(Invalid(*errors))) < 100_000


def test_path_of_an_error_names_each_step() -> None:
    errors: list[FieldError] = []
    admit({"extra": {"lists": [["fine"], ["fine", NUL]]}}, errors)
    assert [error.field for error in errors] == ["extra.lists.1.1"]


@pytest.mark.parametrize(
    "values",
    [{"filter": {"categories": ["!"] * 100_000}}, {"filter": {"tags": ["!" * 1_000] * 100}}, {f"n{n}": 1 for n in range(60_000)}],
)
def test_answer_to_any_number_of_broken_rules_is_short(values: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as caught:
        validate(PartnerInput, values, {"allow": ()})
    assert 0 < len(caught.value.errors) <= MAX_ERRORS
    assert len(details(caught.value)) < 100_000


def test_field_is_named_by_its_beginning() -> None:
    [told] = Invalid(FieldError("a" * 1_000, "is too long")).errors
    assert told.field == "a" * MAX_FIELD_CHARACTERS


def test_slug_of_long_text_is_made_and_not_remembered() -> None:
    tracemalloc.start()
    for number in range(50):
        assert slugify(f"{number}" + "x" * 1_000_000).startswith(f"{number}x")
    kept_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept_bytes < 4 * 1024 * 1024
