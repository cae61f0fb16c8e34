"""CommonMark's emphasis where words aren't parted by spaces: in «**"예산안"**을» the particle follows the mark at once.

CommonMark alone (section 6.2) takes a mark between punctuation and a letter for one that opens there, or closes, but never both.
These are the rules of the CJK-friendly amendments to it (github.com/tats-u/markdown-cjk-friendly, specification.md), of which a
reader of English notices nothing.
"""

import unicodedata
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline.state_inline import Scanned, StateInline
from markdown_it.token import Token

#: Wide, full-width and half-width characters (UAX #11); emoji, which are wide too, are symbols.
_CJK_WIDTHS = {"W", "F", "H"}
_SYMBOLS = {"So", "Sk"}


class _State(StateInline):
    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803 - markdown-it's names
        """What the run of marks at `start` can do."""
        end = start
        while end < self.posMax and self.src[end] == self.src[start]:
            end += 1
        before = self.src[start - 1] if start > 0 else " "
        after = self.src[end] if end < self.posMax else " "
        left = _flanks(inner=after, outer=before)
        right = _flanks(inner=before, outer=after)
        can_open = left and (canSplitWord or not right or _is_punctuation(before))
        can_close = right and (canSplitWord or not left or _is_punctuation(after))
        return Scanned(can_open, can_close, end - start)


class _Inline(ParserInline):
    def parse(self, src: str, md: MarkdownIt, env: Any, tokens: list[Token]) -> list[Token]:
        """As the parent's, with our state."""
        state = _State(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


def cjk_friendly(markdown: MarkdownIt) -> None:
    """A plugin for markdown-it: emphasis and strikethrough by these rules. To be used before any rule is enabled or added."""
    markdown.inline = _Inline()
    markdown.configure("commonmark")


def _flanks(*, inner: str, outer: str) -> bool:
    """True if a run may begin, or end, what stands at its inner side."""
    if isWhiteSpace(ord(inner)):
        return False
    if not _is_punctuation(inner) or _is_cjk(inner):
        return True
    return isWhiteSpace(ord(outer)) or _is_punctuation(outer) or _is_cjk(outer)


def _is_punctuation(character: str) -> bool:
    return isMdAsciiPunct(ord(character)) or isPunctChar(character)


def _is_cjk(character: str) -> bool:
    return unicodedata.east_asian_width(character) in _CJK_WIDTHS and unicodedata.category(character) not in _SYMBOLS
