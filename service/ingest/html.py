"""text/html: a fragment or a small document, front matter above it or none."""

import re
from dataclasses import replace
from html import unescape
from typing import Any

import nh3

from service.ingest import cleaning, front_matter, liquid, markup, plain_text
from service.ingest.excerpt import text_of
from service.ingest.fields import Fields
from sokbo.domain.html import attributes
from sokbo.domain.site import Site

_OUTLINE = nh3.Cleaner(
    tags={*cleaning.READ_TAGS, "title", "meta"},
    attributes={**cleaning.READ_ATTRIBUTES, "meta": {"name", "content"}},
    clean_content_tags=set(cleaning.DROPPED - {"title"}),
    url_schemes={"http", "https", "mailto"},
    link_rel=None,
)

# In nh3's output these patterns are exact (see cleaning).
_HAS_TAG = re.compile(r"<[A-Za-z!/]")
_TITLE = re.compile(r"<title>(.*?)</title>\s*", re.DOTALL)
_H1 = re.compile(r"<h1(?: [^>]*)?>(.*?)</h1>\s*", re.DOTALL)
_BLOCKS = "|".join(["div", "figure", "h[2-6]", "hr", "ol", "p", "table", "ul", *sorted(cleaning.BLOCKS)])
_FIRST_LINE = re.compile(rf"([^<\n]*[^<\s])\s*?(?:\n|<br>|(?=<(?:{_BLOCKS})[ >]))")
_META = re.compile(r"<meta [^>]*>")


def read(text: str, site: Site) -> Fields:
    """The front matter's fields and the HTML below. What it doesn't give comes from the document: the summary from its
    description, the title from <title>, else the first <h1>, else a first line of text; they are HTML once read, so their
    text is escaped where a field's own rule would read it again.

    Raises as `front_matter.split`.
    """
    fields, body = front_matter.split(text, site)
    if body is not text:
        body = liquid.resolved(body, site.base_url)
    if not _HAS_TAG.search(body):
        found: dict[str, Any] = {**plain_text.found(body, fields)}
    elif cleaning.has_too_much_markup(body):
        found = {"content": body}  # refused by the field's own rule
    else:
        found = _document(body, fields.values.get("title"))
    return replace(fields, values={**found, **fields.values})


def _document(body: str, title: Any) -> dict[str, Any]:
    html = cleaning.cleaned_by(_OUTLINE, body)
    summary = _description(html)
    begins_with = None
    if title is None and (element := _TITLE.search(html)) and (of_page := unescape(element[1]).strip()):
        title, begins_with = markup.escaped(of_page), " ".join(of_page.split())
    html = _TITLE.sub("", _META.sub("", html)).lstrip()
    heading = _H1.search(html)
    if heading is None and title is None:
        heading = _FIRST_LINE.match(html)
    if heading:
        text = text_of(heading[1])
        is_its_own = isinstance(title, str) and text == markup.resolved(title)
        if title is None or is_its_own or (text and begins_with and begins_with.startswith(text)):  # then comes the site's name
            title = markup.escaped(text)
            html = html[: heading.start()] + html[heading.end() :]
    return {"title": title, "summary": summary, "content": html}


def _description(html: str) -> str:
    for meta in _META.findall(html):
        said = attributes(meta)
        if said.get("name", "").lower() == "description":
            return markup.escaped(unescape(said.get("content", "")))
    return ""
