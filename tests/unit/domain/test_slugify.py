import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sokbo.domain.article import SLUG_MAX_CHARACTERS, slugify


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("남해안 여객선, 10년 만에", "남해안-여객선-10년-만에"),
        ("  Hello,   World!  ", "hello-world"),
        ("a_b/c\\d..", "a-b-c-d"),
        ("🚨🚨", ""),
        ("", ""),
        ("../../etc/passwd", "etc-passwd"),
        ("a\r\nb", "a-b"),
        ("한 " * 60, "-".join("한" * 40)),
        ("x" * 100, "x" * 80),
        ("हिन्दी समाचार", "हिन्दी-समाचार"),
        ("ข่าวด่วน", "ข่าวด่วน"),
        ("❤️ 1️⃣ ́a", "1-a"),
    ],
)
def test_title_becomes_letters_digits_and_hyphens(title: str, slug: str) -> None:
    assert slugify(title) == slug


def test_words_that_differ_by_a_vowel_sign_alone_have_slugs_of_their_own() -> None:
    assert len({slugify(word) for word in ("की", "कि", "क", "मति", "मत")}) == 5


def test_hangul_makes_the_same_slug_however_it_is_composed() -> None:
    assert slugify(unicodedata.normalize("NFD", "속보")) == slugify("속보") == "속보"


@given(st.text())
def test_whatever_comes_is_short_and_safe_in_a_path(title: str) -> None:
    slug = slugify(title)
    assert len(slug) <= SLUG_MAX_CHARACTERS
    assert all(character.isalnum() or character == "-" or unicodedata.category(character) in {"Mn", "Mc"} for character in slug)
    assert not slug.startswith("-")
    assert not slug.endswith("-")


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("C", "c"),
        ("C++", "c-plus-plus"),
        ("C#", "c-sharp"),
        ("디즈니+ 요금", "디즈니-plus-요금"),
        ("#태그", "태그"),
        ("1+1=2", "1-1-2"),
        ("a ++ b", "a-b"),
        ("x" + "+" * 100, "x"),
    ],
)
def test_signs_that_end_a_word_are_written_out(text: str, slug: str) -> None:
    assert slugify(text) == slug
