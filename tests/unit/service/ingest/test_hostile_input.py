"""What input may cost that was made to cost: about its own length, and an answer of some kilobytes."""

import time
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from service import ingest
from service.ingest.salvage import largest
from service.ingest.text_gate import admit
from service.problems import details
from sokbo.domain.article import Draft, slugify
from sokbo.domain.ids import SiteId
from sokbo.domain.site import Site
from sokbo.errors import MAX_ERRORS, MAX_FIELD_CHARACTERS, FieldError, Invalid
from sokbo.fields import validate
from sokbo.partners import PartnerInput

NUL = "\0"
SITE = Site(SiteId(1), "news", "News", "https://news.example/news", datetime(2026, 1, 1, tzinfo=UTC))


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
    admit({"extra": {"list": [{f"k{NUL}": 1}]}}, errors)
    assert [error.field for error in errors] == ["extra.lists.1.1", "extra.list.0.k\ufffd"]


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


def parsed(content_type: str, body: bytes) -> Draft:
    return ingest.parse(content_type, body, SITE)


def test_references_that_share_a_long_address_are_refused_before_they_are_written_out() -> None:
    markdown = "[a]: http://x.example/" + "y" * 1_000 + "\n\n" + "[a] " * 9_000
    tracemalloc.start()
    with pytest.raises(Invalid) as caught:
        parsed("application/json", orjson.dumps({"title": "a", "markdown": markdown}))
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [error.field for error in caught.value.errors] == ["markdown"]
    assert peak_bytes < 64 * 1024 * 1024


def test_content_that_grows_beyond_its_bound_is_refused() -> None:
    with pytest.raises(Invalid) as caught:
        parsed(
            "application/json", orjson.dumps({"title": "a", "content": "<p>" + "x<b>y</b>" * 9_000 + "&" * 150 + "z" * 480_000})
        )
    assert [error.field for error in caught.value.errors] == ["content"]


def test_no_break_spaces_cost_no_more_than_other_letters() -> None:
    began = time.perf_counter()
    made = parsed("application/json", orjson.dumps({"title": "a", "content": "<p>" + "\u00a0" * 400_000 + "x"}))
    assert parsed("text/html", ("<h1>a</h1><p>" + "\u00a0" * 400_000 + "x").encode()).content.html == made.content.html
    assert time.perf_counter() - began < 3
    assert len(made.content.html) < 410_000
    again = parsed("application/json", orjson.dumps({"title": "a", "content": made.content.html}))
    assert again.content.html == made.content.html


@pytest.mark.parametrize("srcset", ["a" * 200_000 + " " * 200_000 + "b", "a," * 200_000, "a " * 200_000, "," * 400_000])
def test_sources_of_a_picture_are_read_once(srcset: str) -> None:
    began = time.perf_counter()
    largest(srcset)
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize(
    ("srcset", "url"),
    [
        ("/a.jpg 1x,/b.jpg 2x", "/b.jpg"),
        ("/a.jpg 320w, /b,c.jpg 1600w , /d.jpg 800w", "/b,c.jpg"),
        ("/a.jpg, /b.jpg 1.5x", "/b.jpg"),
        ("/a.jpg", "/a.jpg"),
        (" , ", ""),
    ],
)
def test_largest_source_is_found(srcset: str, url: str) -> None:
    assert largest(srcset) == url
