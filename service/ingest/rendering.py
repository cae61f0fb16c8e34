"""Markdown (CommonMark with tables and strikethrough) as HTML that still has to be cleaned."""

from markdown_it import MarkdownIt
from markdown_it.token import Token

_FULL = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_BLOCKS = MarkdownIt("commonmark").enable("table")
_BLOCKS.core.ruler.enableOnly(["normalize", "block"])


def render(markdown: str) -> str:
    """The HTML; what is HTML in the Markdown passes as it is."""
    html: str = _FULL.render(markdown)
    return html


def render_text(line: str) -> str:
    """The HTML of one line's emphasis, links and the like, without a paragraph around it."""
    html: str = _FULL.renderInline(line)
    return html


def blocks(markdown: str) -> list[Token]:
    """The blocks in order, each with its lines, their text not yet parsed."""
    return _BLOCKS.parse(markdown)
