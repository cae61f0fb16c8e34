"""The rules of fields that several edges share."""

import re
from importlib.resources import files
from typing import Any

import pytest
from babel import Locale

from sokbo.fields import language_tag, merge_patch
from sokbo.language_codes import LANGUAGES, REGIONS, RENAMED

SHAPE = "must be a BCP 47 language tag, such as ko or en-GB"


def test_languages_are_those_of_iso_639() -> None:
    known = {code for code in map(str, Locale("en").languages) if len(code) == 2}
    assert known - {"sh"} == LANGUAGES  # ISO withdrew Serbo-Croatian in 2000
    assert set(RENAMED.values()) <= LANGUAGES
    assert not RENAMED.keys() & LANGUAGES


def test_regions_are_those_of_iso_3166() -> None:
    table = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text("utf-8")
    assert {line.partition("\t")[0] for line in table.splitlines() if line and not line.startswith("#")} == REGIONS


@pytest.mark.parametrize(
    "tag",
    [
        "ko",
        "en-GB",
        "KO-kr",
        "es-419",
        "zh-Hant",
        "zh-Hant-TW",
        "zh-yue-HK",
        "jje",
        "tlh",
        "sl-rozaj-1994",
        "de-CH-1901",
        "de-DE-1901",
    ],
)
def test_language_that_exists_stays_as_it_came(tag: str) -> None:
    assert language_tag(tag) == tag


@pytest.mark.parametrize(
    ("tag", "now"),
    [("iw", "he"), ("IW-IL", "he-IL"), ("ji", "yi"), ("in-ID", "id-ID"), ("jw", "jv"), ("mo-Cyrl-MD", "ro-Cyrl-MD")],
)
def test_withdrawn_code_gives_way_to_the_present_one(tag: str, now: str) -> None:
    assert language_tag(tag) == now


@pytest.mark.parametrize(
    ("tag", "rule"),
    [
        *(
            (tag, SHAPE)
            for tag in ("", "k", "korean", "ko_KR", "ko-", "ko-K", "ko-KR-US", "en-x-mine", "i-klingon", "ko-KR\n", "한국어")
        ),
        ("xx", "must begin with a language of ISO 639, such as ko or en: xx is none"),
        ("zz-ZZ", "must begin with a language of ISO 639, such as ko or en: zz is none"),
        ("qaa", "must begin with a language of ISO 639, such as ko or en: qaa is none"),
        ("QTZ-KR", "must begin with a language of ISO 639, such as ko or en: QTZ is none"),
        ("en-UK", "must have a region of ISO 3166-1, such as KR or GB, or none: UK is none"),
        ("ko-Hang-ZZ", "must have a region of ISO 3166-1, such as KR or GB, or none: ZZ is none"),
    ],
)
def test_language_that_does_not_exist_is_refused_by_its_rule(tag: str, rule: str) -> None:
    with pytest.raises(ValueError, match=rf"^{re.escape(rule)}$"):
        language_tag(tag)


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [  # RFC 7396, appendix A
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patch_follows_the_rfc(target: Any, patch: Any, result: Any) -> None:
    assert merge_patch(target, patch) == result
