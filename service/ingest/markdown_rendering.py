"""Markdown (CommonMark with tables, strikethrough, footnotes and definition lists) as HTML that still has to be cleaned."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from service.ingest.cleaning import MAX_CHARACTERS
from service.ingest.emphasis import cjk_friendly
from service.ingest.markdown_lines import SPAN_ATTRIBUTES, as_common_mark

#: markdown-it's own limit, which it leaves out without a word what is deeper than. Its time grows with this.
_MAX_NESTING = 20
_CONTAINERS = {"blockquote_open", "list_item_open", "footnote_open"}
_TAKES_ATTRIBUTES = {"image", "link_close", "code_inline", "em_close", "strong_close", "s_close"}


def _without_span_attributes(state: StateCore) -> None:
    """Takes out what kramdown takes for attributes of what stands before it."""
    for token in state.tokens:
        children = token.children or ()
        for before, child in pairwise(children):
            if child.type == "text" and before.type in _TAKES_ATTRIBUTES and child.content.startswith("{:"):
                child.content = SPAN_ATTRIBUTES.sub("", child.content, count=1)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").use(cjk_friendly).use(footnote_plugin, inline=False).use(deflist_plugin)
    parser.enable(["table", "strikethrough"])
    parser.core.ruler.after("inline", "span_attributes", _without_span_attributes)
    parser.options["maxNesting"] = _MAX_NESTING
    return parser


def _footnote_mark(_renderer: RendererHTML, tokens: Sequence[Token], index: int, *_: object) -> str:
    """The note's number. No link: lists and feeds hold many articles, whose anchors would be the same."""
    return f"<sup>[{tokens[index].meta['id'] + 1}]</sup>"


def _says(html: str) -> Callable[..., str]:
    return lambda *_: html


_FULL = _parser()
_FULL.add_render_rule("footnote_ref", _footnote_mark)
for _token, _html in (
    ("footnote_block_open", "<hr>\n<ol>\n"),
    ("footnote_block_close", "</ol>\n"),
    ("footnote_open", "<li>"),
    ("footnote_close", "</li>\n"),
    ("footnote_anchor", ""),
):
    _FULL.add_render_rule(_token, _says(_html))
_BLOCKS = _parser()
_BLOCKS.core.ruler.enableOnly(["normalize", "block"])


def render(markdown: str) -> str:
    """The HTML; what is HTML in the Markdown passes as it is.

    Raises ValueError, whose text is the broken rule, for what is nested too deep, and for references that would make far more
    of it than there is.
    """
    env: dict[str, Any] = {}
    tokens = _FULL.parse(as_common_mark(markdown), env)
    if any(token.type in _CONTAINERS and token.level >= _MAX_NESTING - 1 for token in tokens):
        raise ValueError(f"must not be nested more than {_MAX_NESTING} deep, where a list in a list counts twice")
    if sum(map(_length_of_attributes, tokens)) > MAX_CHARACTERS:
        raise ValueError(f"must have at most {MAX_CHARACTERS} characters as HTML")
    html: str = _FULL.renderer.render(tokens, _FULL.options, env)
    return html


def _length_of_attributes(token: Token) -> int:
    """In characters: many links may share one definition."""
    own = sum(len(str(value)) for value in token.attrs.values())
    return own + sum(map(_length_of_attributes, token.children or ()))


def render_text(line: str) -> str:
    """The HTML of a heading's emphasis, links and the like, without an element around it."""
    html: str = _FULL.renderInline(as_common_mark(f"# {line}").removeprefix("# "))
    return html


def blocks(markdown: str) -> list[Token]:
    """The blocks in order, each with its lines, their text not yet parsed."""
    return _BLOCKS.parse(markdown)
