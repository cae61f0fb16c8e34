"""An article's input fields, whatever format they came in: their rules, and every broken one named as the sender wrote it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, ValidationError

from service.ingest import cleaning, rules, text_gate
from sokbo.errors import MAX_ERRORS, FieldError, Invalid
from sokbo.fields import at_most, field_error, language_tag
from sokbo.moments import Moment

MAX_TITLE = 300
MAX_SUMMARY = 2_000
MAX_NOTE = 2_000
MAX_NAME = 200
MAX_TERM = 100
MAX_TERMS = 50
MAX_SLUG = 300  # of what it is made from
MAX_AUTHORS = 50
MAX_RELATED = 50
MAX_CONTENT = cleaning.MAX_CHARACTERS
MAX_MARKDOWN = 100_000  # 0.05 s to render, at worst 2 s
MAX_EXTRA = 32_768


@dataclass(frozen=True, slots=True)
class Fields:
    """What one format read: values by their JSON names. `names`: what the sender calls a field, where that differs; `items`: what
    each item of a list, if that was put together of what the sender wrote."""

    values: dict[str, Any]
    names: dict[str, str] = field(default_factory=dict)
    items: dict[str, Sequence[str]] = field(default_factory=dict)

    def name(self, path: str) -> str:
        """The sender's name for the dotted path of a field."""
        whole, _, rest = path.partition(".")
        if rest and whole in self.items:
            index, *below = rest.split(".", 1)
            return ".".join([self.items[whole][int(index)], *below])
        for ours, theirs in self.names.items():
            if path == ours or path.startswith(f"{ours}."):
                return theirs + path[len(ours) :]
        return path


def _without_hash(term: str) -> str:
    """The term as people say it: pages write the sign before tags themselves. One that is nothing else stays as it is."""
    return term.lstrip("#＃ ") or term


Url = Annotated[str, AfterValidator(rules.url)]
Term = Annotated[str, AfterValidator(rules.words(MAX_TERM)), AfterValidator(_without_hash)]
Terms = Annotated[list[Term], at_most(MAX_TERMS)]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AuthorFields(_Input):
    name: Annotated[str, AfterValidator(rules.words(MAX_NAME))]
    url: Url | None = None
    email: Annotated[str, AfterValidator(rules.email)] | None = None


class ImageFields(_Input):
    url: Url
    alt: Annotated[str, AfterValidator(rules.words(MAX_SUMMARY, empty=True))] = ""


Author = Annotated[AuthorFields, BeforeValidator(rules.object_or_text("name"))]


class ArticleFields(_Input):
    """The fields after all the rules: URLs absolute, `content` and `markdown` both cleaned HTML, times in UTC."""

    title: Annotated[str, AfterValidator(rules.words(MAX_TITLE))]
    content: Annotated[str, Field(max_length=MAX_CONTENT), AfterValidator(rules.html)] | None = None
    markdown: Annotated[str, Field(max_length=MAX_MARKDOWN), AfterValidator(rules.markdown)] | None = None
    summary: Annotated[str, AfterValidator(rules.words(MAX_SUMMARY, empty=True))] = ""
    slug: Annotated[str, Field(max_length=MAX_SLUG), AfterValidator(rules.slug)] | None = None
    categories: Terms = []
    tags: Terms = []
    author: Author | None = None
    authors: Annotated[list[Author], at_most(MAX_AUTHORS)] = []
    image: Annotated[ImageFields, BeforeValidator(rules.object_or_text("url"))] | None = None
    language: Annotated[str, AfterValidator(language_tag)] | None = None
    published_at: Moment | None = None
    breaking: StrictBool = False
    breaking_until: Moment | None = None
    canonical_url: Url | None = None
    external_id: Annotated[str, AfterValidator(rules.line(MAX_NAME))] | None = None
    related: Annotated[list[Url], at_most(MAX_RELATED)] = []
    correction_note: Annotated[str, AfterValidator(rules.words(MAX_NOTE))] | None = None
    extra: dict[str, Any] = {}
    draft: StrictBool = False


def validate(fields: Fields, base_url: str) -> ArticleFields:
    """The fields, if they break no rule; null is the same as not given. URLs are resolved against `base_url`.

    Raises Invalid with every broken rule.
    """
    errors: list[FieldError] = []
    said = {name: value for name, value in fields.values.items() if value is not None}
    values = text_gate.admit(said, errors)
    errors += _rules_between(values)
    try:
        article = ArticleFields.model_validate(values, context={"base_url": base_url})
    except ValidationError as invalid:
        details = invalid.errors(include_url=False, include_input=False)[:MAX_ERRORS]
        raise Invalid(*_named(fields, [*errors, *map(field_error, details)])) from None
    if errors:
        raise Invalid(*_named(fields, errors))
    return article


def _rules_between(values: dict[str, Any]) -> Iterator[FieldError]:
    if "content" in values and "markdown" in values:
        yield FieldError("markdown", "must not come with content: give one of the two")
    if "content" not in values and "markdown" not in values:
        yield FieldError("content", "is required (HTML), or markdown in its place", "required")
    if "author" in values and values.get("authors"):
        yield FieldError("author", "must not come with authors: give one of the two")
    if "breaking_until" in values and values.get("breaking") is not True:
        yield FieldError("breaking_until", "needs breaking to be true")
    if len(json.dumps(values.get("extra"), ensure_ascii=False)) > MAX_EXTRA:
        yield FieldError("extra", f"must have at most {MAX_EXTRA} characters as JSON", "too_long")


def _named(fields: Fields, errors: list[FieldError]) -> list[FieldError]:
    return [replace(error, field=fields.name(error.field)) for error in errors]
