"""The Jinja2 environment of the pages: one for each language, made once in a process."""

from collections.abc import MutableMapping
from gettext import NullTranslations
from json import JSONEncoder
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sokbo import TEMPLATES
from sokbo.domain.feed import FEED_TYPES
from sokbo.translations import catalogues
from workers.pages.body import begins_with_image
from workers.pages.breaking import without_mark
from workers.pages.dates import time_element
from workers.pages.direction import is_written_from_right
from workers.pages.stylesheet import copy_script, stylesheet


class _Environment(Environment):
    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The globals of a template, which each of its renderings copies: a plain dict, in a fraction of a ChainMap's time. Jinja
        takes the latter for the sake of globals that change later, and ours don't."""
        return {**self.globals, **(d or {})}


def build_environments() -> dict[str, Environment]:
    """An environment for each language that has a catalogue."""
    return {language: _build(catalogue) for language, catalogue in catalogues().items()}


def _build(catalogue: NullTranslations) -> Environment:
    environment = _Environment(
        loader=FileSystemLoader(TEMPLATES),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]  # the extension's
    environment.globals["_"] = environment.globals["gettext"]  # itself, and not what looks it up at each call
    environment.policies.update({"json.dumps_function": JSONEncoder(ensure_ascii=False).encode, "json.dumps_kwargs": {}})
    environment.filters["time_element"] = time_element
    environment.filters["without_mark"] = without_mark
    environment.tests["begun_with_image"] = begins_with_image
    environment.tests["written_from_right"] = is_written_from_right
    environment.globals.update(
        stylesheet=stylesheet(),
        copy_script=copy_script(),
        feed_formats=FEED_TYPES,
    )
    return environment
