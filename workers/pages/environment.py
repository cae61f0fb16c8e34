"""The Jinja2 environment of the pages: one for each language, made once in a process."""

from gettext import NullTranslations

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from workers.pages.body import begins_with_image, standfirst
from workers.pages.catalogues import load_catalogues
from workers.pages.dates import shown_as_modified, time_element
from workers.pages.metadata import canonical_url, news_article
from workers.pages.stylesheet import TEMPLATES, copy_script, stylesheet

#: The formats in which every listing can be had: suffix, name, media type.
FEED_FORMATS = (
    ("rss", "RSS", "application/rss+xml"),
    ("atom", "Atom", "application/atom+xml"),
    ("json", "JSON Feed", "application/feed+json"),
)


def build_environments() -> dict[str, Environment]:
    """An environment for each language that has a catalogue."""
    return {language: _build(catalogue) for language, catalogue in load_catalogues(TEMPLATES / "locale").items()}


def _build(catalogue: NullTranslations) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]  # the extension's
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    environment.filters.update(
        time_element=time_element,
        standfirst=standfirst,
    )
    environment.tests["begun_with_image"] = begins_with_image
    environment.globals.update(
        stylesheet=stylesheet(),
        copy_script=copy_script(),
        feed_formats=FEED_FORMATS,
        shown_as_modified=shown_as_modified,
        canonical_url=canonical_url,
        news_article=news_article,
    )
    return environment
