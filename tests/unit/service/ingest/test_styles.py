"""Inline styles: colours, weights and lines in the form that all who read feeds take."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageColor

from service.ingest.colour_names import NAMED, PLAIN_NAMES
from service.ingest.colours import plain_colour
from service.ingest.styles import PROPERTIES, clean_style

#: What the W3C feed validator takes: of a style as a whole, and of the values of backgrounds.
SAFE = re.compile(r"""([:,;#%.\sa-zA-Z0-9!]|\w-\w|'[\s\w]+'|"[\s\w]+"|\([\d,\s]+\))*""")
SAFE_VALUE = re.compile(r"#[0-9a-f]+|" + "|".join(sorted(PLAIN_NAMES)))


def test_names_are_those_of_css() -> None:
    meanings = {name: ImageColor.getrgb(name) for name in ImageColor.colormap}
    assert {name: ImageColor.getrgb(value) for name, value in NAMED.items()} == {
        name: meaning for name, meaning in meanings.items() if name not in PLAIN_NAMES
    }
    assert PLAIN_NAMES - meanings.keys() == {"transparent"}
    assert len(PLAIN_NAMES) == 17


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        *((value, value) for value in ("#333", "#333c", "#ee2323", "#21538527", "red", "transparent")),
        ("orange", "#ffa500"),
        ("rebeccapurple", "#663399"),
        ("brown", "#a52a2a"),
        ("grey", "#808080"),
        ("rgb(1, 2, 3)", "#010203"),
        ("rgb(1,2,3)", "#010203"),
        ("rgb( 1 2 3 )", "#010203"),
        ("rgb(100%, 50%, 0%)", "#ff8000"),
        ("rgb(300, -5, 127.5)", "#ff0080"),
        ("rgba(33, 83, 133, .15)", "#21538526"),
        ("rgba(33 83 133 / 15%)", "#21538526"),
        ("rgb(33, 83, 133, 1)", "#215385"),
        ("rgba(0, 0, 0, 0)", "#00000000"),
        ("rgba(1, 2, 3, 7)", "#010203"),
        ("rgb(none 1e1 25.5e1)", "#000aff"),
        ("hsl(120, 100%, 50%)", "#00ff00"),
        ("hsl(120deg 100% 25%)", "#008000"),
        ("hsl(-240 100 25)", "#008000"),
        ("hsla(0.5turn, 100%, 50%, 50%)", "#00ffff80"),
        ("hsl(200grad 100% 50% / 0.5)", "#00ffff80"),
        ("hsl(3.14159265rad 100% 50%)", "#00ffff"),
        *(
            (value, None)
            for value in (
                *("", "#12", "#12345", "#1234567", "#xyz", "reddish", "inherit", "currentcolor", "var(--x)", "url(x)", "rgb()"),
                *("rgb(1,2)", "rgb(1,2,3,4,5)", "rgb(1,,3)", "rgb(1deg,2,3)", "rgb(a,b,c)", "hsl(1%,2%,3%)", "hsl(1,2deg,3%)"),
                *("rgb(1,2,3", "rgb(1,2,3,4deg)", "rgb(calc(1),2,3)", "lab(1 2 3)", "rgb(" + "1" * 90 + ",2,3)"),
            )
        ),
    ],
)
def test_colour_is_written_plainly_or_is_none(written: str, plain: str | None) -> None:
    assert plain_colour(written) == plain


@pytest.mark.parametrize(
    ("written", "cleaned"),
    [
        ("COLOR: RGB(1,2,3) !important; background-color:Gold", "color: #010203; background-color: #ffd700"),
        ("color: red; color: orange", "color: #ffa500"),
        ("color: red; color: nonsense", "color: red"),
        ("font-weight: 600", "font-weight: bold"),
        ("font-weight:bolder", "font-weight: bold"),
        ("font-weight: 500", "font-weight: normal"),
        ("font-weight: lighter", "font-weight: normal"),
        ("font-weight: 12px", None),
        ("font-style: oblique", "font-style: italic"),
        ("font-style: inherit", None),
        ("text-align: center", "text-align: center"),
        ("text-align: end", "text-align: right"),
        ("text-align: start", None),
        ("text-align: justify", None),
        ("text-decoration-line: underline", "text-decoration: underline"),
        ("text-decoration: underline dotted rgb(1, 2, 3) 2px", "text-decoration: underline"),
        ("text-decoration: line-through", "text-decoration: line-through"),
        ("text-decoration: overline underline", "text-decoration: overline underline"),
        ("text-decoration: none", "text-decoration: none"),
        ("text-decoration: blink", None),
        ("text-decoration: underline; text-decoration-line: line-through", "text-decoration: line-through"),
        ("vertical-align: SUPER; vertical-align: top", "vertical-align: super"),
        ("vertical-align: middle", None),
        ("margin: 9px; position: fixed", None),
    ],
)
def test_value_is_written_so_that_readers_take_it(written: str, cleaned: str | None) -> None:
    assert clean_style(written) == cleaned


@given(
    st.lists(
        st.sampled_from(sorted(PROPERTIES))
        | st.sampled_from(
            [":", ";", " ", "#abc", "#abcd", "orange", "rgb(", "hsla(", "1", ".5", "%", ",", "/", ")", "turn", "700"]
        )
        | st.sampled_from(["line-through", "underline", "justify", "end", "lighter", "!important", "e99"])
        | st.text(max_size=3),
        max_size=16,
    ).map("".join)
)
def test_any_style_becomes_one_that_the_validator_takes_and_stays_as_it_is(style: str) -> None:
    cleaned = clean_style(style)
    if cleaned is None:
        return
    assert SAFE.fullmatch(cleaned)
    assert clean_style(cleaned) == cleaned
    for declaration in cleaned.split("; "):
        name, value = declaration.split(": ")
        assert name in PROPERTIES
        assert "color" not in name or SAFE_VALUE.fullmatch(value)
