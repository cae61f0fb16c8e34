"""YAML front matter as Jekyll writes it -> an article's fields. What has no field here is kept in `extra`."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from service.ingest import safe_yaml
from service.ingest.fields import ArticleFields, Fields
from service.ingest.moments import jekyll_moment
from service.ingest.text_gate import forbidden_rule
from sokbo.domain.site import Site
from sokbo.domain.visible import NOT_IN_XML
from sokbo.errors import BadRequest, FieldError, Invalid

#: Jekyll's name -> ours; ours wins if both are there.
ALIASES = {"excerpt": "summary", "description": "summary", "date": "published_at", "lang": "language"}
#: The body of the request is the content.
FIELDS = frozenset(ArticleFields.model_fields) - {"content", "markdown"}
TEXT_NAMES = FIELDS - {"breaking", "draft", "extra"} | {*ALIASES, "category", "tag"}
#: What is taken of these where they are mappings, under Jekyll's name and ours; the rest is kept in `extra`, too.
PARTS = {"image": {"path": "url", "url": "url", "alt": "alt"}, "author": {"name": "name", "url": "url", "email": "email"}}
SINGULAR = {"categories": "category", "tags": "tag"}

_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
#: What is left of it where the sender has dropped all line breaks.
_WITHOUT_LINES = re.compile(r"---[^-\s][^:\n]*+:(?:[^-\n]|-(?!--))*+---[^\n]*+\Z")
_OPENING = re.compile(r"---[ \t]*\n")
#: What others call front matter: Hugo's TOML and JSON, and YAML whose first line isn't the text's. Taken for text, it would be
#: published, and with it what says that it is a draft.
_TOML = re.compile(r"\s*+(?:\+\+\+|---toml)[ \t]*+\n")
_JSON = re.compile(r'\s*+\{\s*+"[^"\n]*+"\s*+:')
_UNOPENED = re.compile(
    r"\s*+(?:---[ \t]*+\n)?+(?=(?:[^\n]++\n)*?title:)(?:(?:[\w-]++:|[ \t]++|- )[^\n]*+\n)++---[ \t]*+(?:\n|\Z)"
)
_NAME = re.compile(r"^([^\s:#-][^\s:]*)[ \t]*:", re.MULTILINE)


def split(text: str, site: Site) -> tuple[Fields, str]:
    """The fields that the front matter of `text` gives, none if it has none, and the body below it.

    Raises BadRequest, naming the line, for what isn't safe YAML; Invalid for a character that XML forbids.
    """
    match = _FRONT_MATTER.match(text)
    if match:
        return _fields(_load(match[1]), ZoneInfo(site.timezone)), text[match.end() :]
    if _WITHOUT_LINES.match(text):
        raise BadRequest("The front matter has no line breaks: send a file by curl's --data-binary, since its -d drops them")
    if _OPENING.match(text):
        raise BadRequest("The front matter that begins in line 1 has no closing line of ---")
    if _TOML.match(text) or _JSON.match(text):
        raise BadRequest("The front matter is TOML or JSON: write it as YAML between lines of ---, or send it all as JSON")
    if _UNOPENED.match(text):
        raise BadRequest("The front matter does not begin with a line of --- in line 1")
    return Fields({}), text


def _load(yaml: str) -> dict[str, Any]:
    if forbidden := NOT_IN_XML.search(yaml):
        raise Invalid(FieldError(_last_name(yaml[: forbidden.start()]), forbidden_rule(yaml) or "", "forbidden_character"))
    try:
        return safe_yaml.load_mapping(yaml, TEXT_NAMES)
    except safe_yaml.YamlError as error:
        name = _last_name("".join(yaml.splitlines(keepends=True)[: error.line]))
        raise BadRequest(
            f"The front matter is not YAML that is taken here: line {error.line + 1}: {error.problem}",
            errors=(FieldError(name, error.problem, "invalid_yaml"),),
        ) from None


def _last_name(yaml: str) -> str:
    """The name that stands last at the beginning of a line, as the sender is told it."""
    names: list[str] = _NAME.findall(yaml)
    return names[-1] if names else "front matter"


def _fields(given: dict[str, Any], zone: tzinfo) -> Fields:
    values = {name: value for name, value in given.items() if name in FIELDS and value is not None}
    names = {}
    for theirs, ours in ALIASES.items():
        if theirs in given and ours not in values:
            values[ours], names[ours] = given[theirs], theirs
    if "published" in given and "draft" not in values:
        published = given["published"]
        values["draft"], names["draft"] = (not published if isinstance(published, bool) else published), "published"
    items: dict[str, Sequence[str]] = {}
    for plural, singular in SINGULAR.items():
        if plural in given or singular in given:
            names[plural] = plural if plural in given else singular
            if isinstance(values.get(plural), str | list | None):
                terms = [*_numbered(singular, given.get(singular)), *_numbered(plural, _parted(values.get(plural)))]
                values[plural], items[plural] = [term for _, term in terms], [name for name, _ in terms]
    if isinstance(values.get("author"), list) and "authors" not in values:
        values["authors"], names["authors"] = values.pop("author"), "author"
    for name in ("published_at", "breaking_until"):
        if isinstance(values.get(name), str):
            values[name] = jekyll_moment(values[name], zone) or values[name]
    return replace(_with_extra(values, names, given), items=items)


def _with_extra(values: dict[str, Any], names: dict[str, str], given: dict[str, Any]) -> Fields:
    """The fields with all that found no place among them in `extra`, under its own name."""
    known = FIELDS | set(names.values()) | set(SINGULAR.values())
    unknown = {name: value for name, value in given.items() if name not in known}
    for name, parts in PARTS.items():
        value = values.get(name)
        if isinstance(value, dict) and (rest := {part: each for part, each in value.items() if part not in parts}):
            unknown[name] = rest
        if isinstance(value, dict):
            values[name] = {parts[part]: each for part, each in value.items() if part in parts}
    extra = values.get("extra", {})
    if unknown and isinstance(extra, dict):
        values["extra"] = {**extra, **unknown}
        names |= {f"extra.{name}": name for name in unknown}
    return Fields(values, names)


def _parted(plural: str | list[object] | None) -> list[object]:
    """Jekyll's terms: a list, or words parted by spaces; commas part terms of several words."""
    if isinstance(plural, str):
        return [*(plural.split(",") if "," in plural else plural.split())]
    return plural or []


def _numbered(name: str, terms: object) -> list[tuple[str, object]]:
    """The terms that were given under that name, one or a list, each with what the sender calls it; without empty ones."""
    numbered = [(f"{name}.{index}", term) for index, term in enumerate(terms)] if isinstance(terms, list) else [(name, terms)]
    return [(called, term) for called, term in numbered if term is not None and term != ""]
