"""Lines of Markdown that mean something else than CommonMark takes them for: what kramdown, which is Jekyll's, has for
attributes, options, abbreviations and comments, which are no text; and dates, which are no lists."""

import re
from collections.abc import Iterator

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
#: Attributes of the block above or below, options, and the ends of extensions: {: .note}, {:toc}, {::options /}, {:/}.
_ATTRIBUTES = re.compile(r" {0,3}\{:[^{}\n]*\}[ \t]*")
_TABLE_OF_CONTENTS = re.compile(r" {0,3}\{:[^{}\n]*\btoc\b[^{}\n]*\}[ \t]*")
_ITEM = re.compile(r" {0,3}(?:[*+-]|[0-9]{1,9}\.)[ \t]")
_ABBREVIATION = re.compile(r" {0,3}\*\[[^\]\n]+\]:")
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]")
_ID = re.compile(r"[\w:.-]+\}[ \t]*")
_COMMENT, _ENDS = "{::comment}", ("{:/comment}", "{:/}")
#: What stands right behind an image, a link, code or emphasis: ![](a.jpg){: width="700"}.
SPAN_ATTRIBUTES = re.compile(r"\{:[^{}\n]*\}")


#: A date as Korean has it, «2026. 11. 29.», where CommonMark would begin a list in a list in a list, at a line's beginning or an
#: item's.
_DATE = re.compile(r"( {0,3}(?:>[ ]?)*(?:[*+-][ \t]+)*[0-9]{4})(\.[ \t]*(?:1[0-2]|0?[1-9])\.[ \t]*(?:3[01]|[12][0-9]|0?[1-9])\.)")


def as_common_mark(markdown: str) -> str:
    """The Markdown with what CommonMark would misread written in its way, or left out; code is left alone."""
    return "\n".join(_lines(_without_comments(markdown).split("\n")))


def _without_comments(markdown: str) -> str:
    kept, done = [], 0
    while (start := markdown.find(_COMMENT, done)) >= 0:
        ends = [(place, end) for end in _ENDS if (place := markdown.find(end, start)) >= 0]
        if not ends:
            break
        place, end = min(ends)
        kept.append(markdown[done:start])
        done = place + len(end)
    return "".join([*kept, markdown[done:]])


def _lines(lines: list[str]) -> Iterator[str]:
    """The lines that are kept; an empty one where attributes ended a block."""
    fence = ""
    for number, line in enumerate(lines):
        if found := _FENCE.match(line):
            if not fence:
                fence = found[1]
            elif found[1].startswith(fence):
                fence = ""
        following = lines[number + 1] if number + 1 < len(lines) else ""
        yield line if fence else _written(line, following)


def _written(line: str, following: str) -> str:
    """The line, empty where it is no text: attributes end a block."""
    if _ATTRIBUTES.fullmatch(line) or _ABBREVIATION.match(line):
        return ""
    if _ITEM.match(line) and _TABLE_OF_CONTENTS.fullmatch(following):
        return ""
    heading, _, name = line.rpartition("{#")
    if heading and _HEADING.match(line) and _ID.fullmatch(name):
        return heading
    date = _DATE.match(line)
    return f"{date[1]}\\{date[2]}{line[date.end() :]}" if date else line
