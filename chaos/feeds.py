"""Reads feeds as strictly as their formats are: whatever isn't whole and well-formed is torn."""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from lxml import etree

FORMATS = ("json", "atom", "rss")
_ATOM = {"a": "http://www.w3.org/2005/Atom"}


class Torn(Exception):
    """The body isn't a feed of its format."""


@dataclass(frozen=True, slots=True)
class Entry:
    id: str
    title: str


def parse(suffix: str, body: bytes) -> Sequence[Entry]:
    """The feed's entries, in its order. Raises Torn."""
    try:
        return _json(body) if suffix == "json" else _atom(body) if suffix == "atom" else _rss(body)
    except (orjson.JSONDecodeError, etree.XMLSyntaxError, KeyError, TypeError) as error:
        raise Torn(f"{type(error).__name__}: {error}") from error


def _json(body: bytes) -> Sequence[Entry]:
    feed = orjson.loads(body)
    return [Entry(item["id"], item["title"]) for item in feed["items"]]


def _atom(body: bytes) -> Sequence[Entry]:
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False))
    return [
        Entry(_text(entry.find("a:id", _ATOM)), _text(entry.find("a:title", _ATOM))) for entry in root.findall("a:entry", _ATOM)
    ]


def _rss(body: bytes) -> Sequence[Entry]:
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False))
    return [Entry(_text(item.find("guid")), _text(item.find("title"))) for item in root.findall("channel/item")]


def _text(element: "etree._Element | None") -> str:
    if element is None or not element.text:
        raise KeyError("an entry without an id or a title")
    return element.text
