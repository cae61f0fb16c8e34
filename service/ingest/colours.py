"""Colours as stylesheets write them -> the plainest form that means the same: `#rrggbb`, or one of sixteen names."""

import colorsys
import math
import re

from service.ingest.colour_names import NAMED, PLAIN_NAMES

_HEX = re.compile(r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
_FUNCTION = re.compile(r"(rgb|hsl)a?\(([^()]{1,80})\)")
#: The three parts and the opacity, with commas or the newer notation's spaces and slash.
_SEPARATOR = re.compile(r"\s*[,/]\s*|\s+")
_NUMBER = re.compile(r"([+-]?(?:\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})(?:e[+-]?\d{1,2})?)(%|deg|grad|rad|turn)?", re.ASCII)
_DEGREES = {"": 1.0, "deg": 1.0, "grad": 0.9, "rad": 180 / math.pi, "turn": 360.0}


def plain_colour(value: str) -> str | None:
    """The colour (CSS Color 4, sections 5 to 7), in lower case, as `#rrggbb`, with `aa` for its opacity if it has one.

    Hex notations and the names of PLAIN_NAMES stay as they are. None for what is no colour, or is no colour by itself
    (`inherit`, `currentcolor`, `var()`).
    """
    if value in PLAIN_NAMES or _HEX.fullmatch(value):
        return value
    if function := _FUNCTION.fullmatch(value):
        return _of_function(function[1], _SEPARATOR.split(function[2].strip()))
    return NAMED.get(value)


def _of_function(name: str, parts: list[str]) -> str | None:
    numbers = [_NUMBER.fullmatch("0" if part == "none" else part) for part in parts]
    if len(numbers) not in {3, 4}:
        return None
    values = [(float(number[1]), number[2] or "") for number in numbers if number]
    if len(values) < len(numbers):
        return None
    channels = _of_hsl(values[:3]) if name == "hsl" else [_channel(*value) for value in values[:3]]
    opacity = [_share(*value) for value in values[3:]]
    if None in channels or None in opacity:
        return None
    shares = [share for share in (*channels, *opacity) if share is not None]
    return "#" + "".join(f"{int(share * 255 + 0.5):02x}" for share in (shares[:3] if shares[3:] == [1] else shares))


def _of_hsl(values: list[tuple[float, str]]) -> list[float | None]:
    """Red, green and blue. Saturation and lightness are hundredths, with or without their sign."""
    (turned, unit), *rest = values
    saturation, lightness = (_share(number, "%") if kind in {"", "%"} else None for number, kind in rest)
    if unit not in _DEGREES or saturation is None or lightness is None:
        return [None]
    return [*colorsys.hls_to_rgb(turned * _DEGREES[unit] / 360 % 1, lightness, saturation)]


def _channel(number: float, unit: str) -> float | None:
    return _share(number, unit) if unit else _clamped(number / 255)


def _share(number: float, unit: str) -> float | None:
    """0 to 1; beyond, the nearest of the two."""
    return {"": _clamped(number), "%": _clamped(number / 100)}.get(unit)


def _clamped(share: float) -> float:
    return min(max(share, 0.0), 1.0)
