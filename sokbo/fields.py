"""Input by its fields, for every edge alike: strict models, their common rules, each broken one named as the sender wrote it."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from sokbo.domain.article import slugify
from sokbo.domain.composed import composed
from sokbo.domain.visible import CONTROLS, NOT_IN_XML, shows_nothing
from sokbo.errors import MAX_ERRORS, FieldError, Invalid
from sokbo.language_codes import LANGUAGES, REGIONS, RENAMED
from sokbo.net.urls import check_url

#: Of a category, a tag or an author where one is chosen: an author's name may be that long.
MAX_CHOSEN_CHARACTERS = 200
#: RFC 5646 section 2.1 without extensions and private use: language, extended language, script, region, variants.
_LANGUAGE = re.compile(
    r"([A-Za-z]{2,3})((?:-[A-Za-z]{3})?(?:-[A-Za-z]{4})?(?:-([A-Za-z]{2}|[0-9]{3}))?(?:-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3})){0,3})"
)
_ISO_639_1 = 2  # letters in its codes
#: RSS 2.0 lets a channel's image be of these kinds alone, and the W3C validator tells them by the URL.
_LOGO_SUFFIXES = ("", ".gif", ".jpeg", ".jpg", ".png")

_RULES = {
    "missing": "is required",
    "extra_forbidden": "is not a field that is known here",
    "string_type": "must be text",
    "string_too_long": "must have at most {max_length} characters",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "too_long": "must have at most {max_length} items",
    "dict_type": "must be an object",
    "int_type": "must be a whole number",
    "model_type": "must be an object",
    "enum": "must be one of {expected}",
    "literal_error": "must be {expected}",
}
_CODES = {"missing": "required", "extra_forbidden": "unknown_field"}


class FieldsModel(BaseModel):
    """A model that refuses what it doesn't know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Fields = TypeVar("Fields", bound=FieldsModel)
Word = TypeVar("Word", bound=str)


def validate(model: type[Fields], values: Mapping[str, object], context: Mapping[str, object] | None = None) -> Fields:
    """The values as a `model`, if they break no rule. Raises Invalid with every broken one."""
    try:
        return model.model_validate(values, context=dict(context or {}))
    except ValidationError as error:
        raise Invalid(*map(field_error, error.errors(include_url=False, include_input=False)[:MAX_ERRORS])) from None


def merge_patch(target: Any, patch: Any) -> Any:
    """`target` changed by `patch`: the algorithm of RFC 7396 section 2."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


def line(max_characters: int, *, empty: bool = False) -> Callable[[str], str]:
    """A rule for plain text in one line: composed (NFC), each run of white space as one space."""

    def rule(text: str) -> str:
        text = " ".join(composed(text).split())
        if NOT_IN_XML.search(text) or CONTROLS.search(text):
            raise ValueError("must not hold control characters")
        check_length(text, max_characters, empty=empty)
        return text

    return rule


def check_length(text: str, max_characters: int, *, empty: bool) -> None:
    """Raises ValueError for text that is too long, or, unless `empty`, shows nothing."""
    if len(text) > max_characters:
        raise ValueError(f"must have at most {max_characters} characters")
    if not empty and shows_nothing(text):
        raise ValueError("must not be empty")


def distinct(values: tuple[Word, ...]) -> tuple[Word, ...]:
    """The distinct values, sorted."""
    return tuple(sorted(set(values)))


def at_most(items: int) -> BeforeValidator:
    """A rule for lists: looked at before their items, of which there may be a hundred thousand."""

    def rule(value: object) -> object:
        if isinstance(value, list | tuple) and len(value) > items:
            raise ValueError(f"must have at most {items} items")
        return value

    return BeforeValidator(rule)


def slug(term: str) -> str:
    """A rule for categories, tags and authors, by whatever name: what their listings' addresses say."""
    if len(term) > MAX_CHOSEN_CHARACTERS:
        raise ValueError(f"must have at most {MAX_CHOSEN_CHARACTERS} characters")
    made = slugify(term)
    if not made:
        raise ValueError("must have a letter or a digit")
    return made


Slug = Annotated[str, AfterValidator(slug)]


def language_tag(tag: str) -> str:
    """A rule for language tags (RFC 5646 section 2.2.9): their shape, and that language and region exist.

    A withdrawn code gives way to the language's code now. Of codes of three letters only the private ones are refused: there
    are 8,000, and more each year.
    """
    parts = _LANGUAGE.fullmatch(tag)
    if not parts:
        raise ValueError("must be a BCP 47 language tag, such as ko or en-GB")
    language, rest, region = parts.groups()
    known = RENAMED.get(language.lower(), language)
    if known.lower() not in LANGUAGES if len(known) == _ISO_639_1 else "qaa" <= known.lower() <= "qtz":
        raise ValueError(f"must begin with a language of ISO 639, such as ko or en: {language} is none")
    if region and region.isalpha() and region.upper() not in REGIONS:
        raise ValueError(f"must have a region of ISO 3166-1, such as KR or GB, or none: {region} is none")
    return known + rest


def has_region(tag: str) -> bool:
    """True if the language tag, which keeps to the rule above, names a region."""
    parts = _LANGUAGE.fullmatch(tag)
    return parts is not None and parts[3] is not None


def logo_url(url: str) -> str:
    """A rule for logos' URLs, which are percent-encoded."""
    parsed = check_url(url)
    if parsed.suffix.lower() not in _LOGO_SUFFIXES:
        raise ValueError("must lead to a GIF, JPEG or PNG image")
    return str(parsed)


def field_error(detail: ErrorDetails) -> FieldError:
    """The broken rule in our words."""
    kind, context = detail["type"], detail.get("ctx", {})
    rule = str(context["error"]) if kind == "value_error" else _RULES[kind].format(**context)
    return FieldError(".".join(map(str, detail["loc"])), rule, _CODES.get(kind, "invalid"))
