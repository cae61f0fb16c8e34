"""Markdown (CommonMark with tables and strikethrough) as HTML that still has to be cleaned."""

from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from service.ingest.cleaning import MAX_CHARACTERS

_FULL = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_BLOCKS = MarkdownIt("commonmark").enable("table")
_BLOCKS.core.ruler.enableOnly(["normalize", "block"])


def render(markdown: str) -> str:
    """The HTML; what is HTML in the Markdown passes as it is.

    Raises ValueError, whose text is the broken rule, for references that would make far more of it than there is.
    """
    env: dict[str, Any] = {}
    tokens = _FULL.parse(markdown, env)
    if sum(map(_length_of_attributes, tokens)) > MAX_CHARACTERS:
        raise ValueError(f"must have at most {MAX_CHARACTERS} characters as HTML")
    html: str = _FULL.renderer.render(tokens, _FULL.options, env)
    return html


def _length_of_attributes(token: Token) -> int:
    """In characters: many links may share one definition."""
    own = sum(len(str(value)) for value in token.attrs.values())
    return own + sum(map(_length_of_attributes, token.children or ()))


def render_text(line: str) -> str:
    """The HTML of one line's emphasis, links and the like, without a paragraph around it."""
    html: str = _FULL.renderInline(line)
    return html


def blocks(markdown: str) -> list[Token]:
    """The blocks in order, each with its lines, their text not yet parsed."""
    return _BLOCKS.parse(markdown)
