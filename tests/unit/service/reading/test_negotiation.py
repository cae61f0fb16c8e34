from datetime import UTC, datetime

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from service.negotiation import Coding, Precondition, choose_language, evaluate_preconditions, prefers_html, welcome_codings

MODIFIED = datetime(2026, 3, 1, 9, 30, 15, tzinfo=UTC)
SAME = "Sun, 01 Mar 2026 09:30:15 GMT"
BEFORE = "Sun, 01 Mar 2026 09:30:14 GMT"


BROTLI, ZSTD, GZIP, IDENTITY = Coding


@pytest.mark.parametrize(
    ("accepted", "welcome"),
    [
        ("", [IDENTITY]),
        ("gzip", [GZIP, IDENTITY]),
        ("x-gzip", [GZIP, IDENTITY]),
        ("GZIP", [GZIP, IDENTITY]),
        ("gzip, deflate", [GZIP, IDENTITY]),
        ("gzip, deflate, br, zstd", [BROTLI, ZSTD, GZIP, IDENTITY]),
        ("zstd, gzip", [ZSTD, GZIP, IDENTITY]),
        ("br", [BROTLI, IDENTITY]),
        ("br;q=0.5, gzip;q=0.8", [GZIP, BROTLI, IDENTITY]),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", [BROTLI, GZIP, ZSTD, IDENTITY]),
        ("*", [BROTLI, ZSTD, GZIP, IDENTITY]),
        ("gzip;q=0, *", [BROTLI, ZSTD, IDENTITY]),
        ("gzip;q=0.5", [GZIP, IDENTITY]),
        ("gzip;q=0.5, identity;q=0.5", [GZIP, IDENTITY]),
        ("gzip;q=0.2, identity;q=0.9", [IDENTITY, GZIP]),
        ("identity;q=0, gzip;q=0.001", [GZIP]),
        ("identity;q=0, *", [BROTLI, ZSTD, GZIP]),
        ("gzip ; q=0.3", [GZIP, IDENTITY]),
        ("identity", [IDENTITY]),
        ("gzip;q=0", [IDENTITY]),
        ("*;q=0", [IDENTITY]),
        ("gzip;q=much", [IDENTITY]),
        ("gzip;q=7", [IDENTITY]),
        (",", [IDENTITY]),
        ("gzipped", [IDENTITY]),
        ("identity;q=0, gzip;q=0", [IDENTITY]),
    ],
)
def test_codings_are_as_welcome_as_they_are_weighed_and_of_equals_the_smallest(accepted: str, welcome: list[Coding]) -> None:
    assert list(welcome_codings(accepted)) == welcome


def verdict(*headers: tuple[str, str]) -> Precondition:
    return evaluate_preconditions(CIMultiDictProxy(CIMultiDict(headers)), '"v1"', MODIFIED)


@pytest.mark.parametrize("held", ['"v1"', 'W/"v1"', '"v0", "v1"', '"v0",W/"v1"', "*", ' "v1" ', '"with, comma", "v1"'])
def test_a_reader_who_holds_the_document_is_told_so(held: str) -> None:
    assert verdict(("If-None-Match", held)) is Precondition.NOT_MODIFIED


@pytest.mark.parametrize("held", ['"v2"', "v1", '"v1-gz"', '"a,"v1', ""])
def test_a_reader_who_holds_something_else_gets_the_document(held: str) -> None:
    assert verdict(("If-None-Match", held)) is Precondition.SEND


def test_lines_of_one_field_are_one_list() -> None:
    assert verdict(("If-None-Match", '"v0"'), ("If-None-Match", '"v1"')) is Precondition.NOT_MODIFIED


def test_entity_tags_come_before_dates() -> None:
    assert verdict(("If-None-Match", '"v0"'), ("If-Modified-Since", SAME)) is Precondition.SEND
    assert verdict(("If-None-Match", '"v1"'), ("If-Modified-Since", BEFORE)) is Precondition.NOT_MODIFIED


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        (SAME, Precondition.NOT_MODIFIED),
        ("Sunday, 01-Mar-26 09:30:15 GMT", Precondition.NOT_MODIFIED),
        ("Sun Mar  1 09:30:15 2026", Precondition.NOT_MODIFIED),
        (BEFORE, Precondition.SEND),
        ("Sun, 01 Mar 2026 19:30:15 +0900", Precondition.SEND),
        ("Sun, 01 Mar 2026 19:30:15", Precondition.SEND),
        ("yesterday", Precondition.SEND),
        ("", Precondition.SEND),
        ("Mon, 01 Jan 99999999999 00:00:00 GMT", Precondition.SEND),
        ("Mon, 01 Jan 2026 00:00:00 +99999999999999999999", Precondition.SEND),
    ],
)
def test_dates_are_compared_and_nonsense_ignored(since: str, expected: Precondition) -> None:
    assert verdict(("If-Modified-Since", since)) is expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([("If-Match", '"v1"')], Precondition.SEND),
        ([("If-Match", "*")], Precondition.SEND),
        ([("If-Match", 'W/"v1"')], Precondition.FAILED),
        ([("If-Match", '"v0"')], Precondition.FAILED),
        ([("If-Unmodified-Since", SAME)], Precondition.SEND),
        ([("If-Unmodified-Since", BEFORE)], Precondition.FAILED),
        ([("If-Match", '"v1"'), ("If-Unmodified-Since", BEFORE)], Precondition.SEND),
        ([("If-Match", '"v1"'), ("If-None-Match", '"v1"')], Precondition.NOT_MODIFIED),
    ],
)
def test_conditions_on_an_expected_document_compare_strongly(headers: list[tuple[str, str]], expected: Precondition) -> None:
    assert verdict(*headers) is expected


@pytest.mark.parametrize(
    ("accept", "preferred"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("text/html, application/json", True),
        ("application/json, text/html;q=0.9", False),
        ("application/problem+json, text/html;q=0.9", False),
        ("text/html;q=0", False),
        ("text/html;level=1;q=0.1, application/json", False),
        ("text/html;level=1, application/json;q=0.9", True),
        ("*/*", False),
        ("", False),
    ],
)
def test_html_is_for_those_who_name_it(accept: str, preferred: bool) -> None:
    assert prefers_html(accept) is preferred


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("ko-KR,ko;q=0.9,en;q=0.8", "ko"), ("en;q=0.5, KO", "ko"), ("fr, en-GB;q=0.2", "en"), ("ko;q=0, fr", None), ("", None)],
)
def test_language_is_the_known_one_liked_best(accepted: str, language: str | None) -> None:
    assert choose_language(accepted, ("en", "ko")) == language
