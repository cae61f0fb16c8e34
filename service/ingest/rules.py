"""The rules of single fields, as validators: each answers the value to keep, or raises ValueError with the broken rule."""

import re
from collections.abc import Callable

from pydantic import ValidationInfo

from service.ingest import cleaning, markup
from service.ingest.markdown_rendering import render
from service.ingest.text_gate import forbidden_rule, one_line
from service.ingest.urls import absolute_url
from sokbo.domain.article import slugify
from sokbo.fields import check_length
from sokbo.net.urls import MAX_URL_CHARACTERS

MAX_EMAIL = 254

_EMAIL = re.compile(r"[^\s@<>\"(),:;]+@[^\s@<>\"(),:;]+")


def line(max_characters: int, *, empty: bool = False) -> Callable[[str], str]:
    """A rule for plain text in one line; `empty` allows it to show nothing."""

    def rule(text: str) -> str:
        text = one_line(text)
        check_length(text, max_characters, empty=empty)
        return text

    return rule


def words(max_characters: int, *, empty: bool = False) -> Callable[[str], str]:
    """As `line`, for what people read: where it is plainly HTML, it is what that says."""
    as_line = line(max_characters, empty=empty)

    def rule(text: str) -> str:
        if "<" in text or "&" in text:
            if cleaning.has_too_much_markup(text):
                raise ValueError(f"must have at most {cleaning.MAX_MARKUP} tags and entities")
            text = markup.resolved(text)
            if broken := forbidden_rule(text):  # written as a reference, it passed the gate
                raise ValueError(broken)
        return as_line(text)

    return rule


def url(reference: str, info: ValidationInfo[dict[str, str]]) -> str:
    """The absolute http or https URL, resolved against the site's base URL."""
    absolute = absolute_url(reference, _base_url(info))
    if absolute is None:
        raise ValueError("must be a sound http or https URL without user name, or a path that the site's base URL completes")
    if len(absolute) > MAX_URL_CHARACTERS:
        raise ValueError(f"must have at most {MAX_URL_CHARACTERS} characters once percent-encoded")
    return absolute


def email(address: str) -> str:
    """The address as it came; only its shape is looked at."""
    if len(address) > MAX_EMAIL or not _EMAIL.fullmatch(address):
        raise ValueError("must be an e-mail address, such as desk@example.com")
    return address


def slug(text: str) -> str:
    """The slug that the service makes of the sender's; none is what a title without letters has."""
    words = slugify(text)
    if text and not words:
        raise ValueError("must have a letter or a digit")
    return words


def html(text: str, info: ValidationInfo[dict[str, str]]) -> str:
    """Cleaned HTML."""
    if not text.strip():
        raise ValueError("must not be empty")
    return cleaning.clean(text, _base_url(info))


def markdown(text: str, info: ValidationInfo[dict[str, str]]) -> str:
    """Markdown as cleaned HTML."""
    return html(render(text), info)


def object_or_text(name: str) -> Callable[[object], object]:
    """A rule for an object that may be written as only its `name`."""

    def rule(value: object) -> object:
        if isinstance(value, str):
            return {name: value}
        if not isinstance(value, dict):
            raise ValueError(f"must be text or an object with {name}")  # noqa: TRY004 - as in moments
        return value

    return rule


def _base_url(info: ValidationInfo[dict[str, str]]) -> str:
    """What `fields.validate` gave; a validator of another model would have none."""
    return str((info.context or {})["base_url"])
