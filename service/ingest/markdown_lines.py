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
    """The Markdown with what CommonMark would misread written in its way, or left out; fenced code is left alone."""
    lines = list(_without_comments(markdown.split("\n")))
    following = [line for line, _ in lines[1:]] + [""]
    return "\n".join(line if is_code else _written(line, after) for (line, is_code), after in zip(lines, following, strict=True))


def _without_comments(lines: list[str]) -> Iterator[tuple[str, bool]]:
    """The lines without comments, each with whether it is of fenced code. A comment without an end is none."""
    last_end = max((number for number, line in enumerate(lines) if any(end in line for end in _ENDS)), default=-1)
    fence, in_comment = "", False
    for number, line in enumerate(lines):
        if not in_comment:
            is_code = bool(fence)
            fence = _fence_after(line, fence)
            if is_code or fence:
                yield line, True
                continue
        kept, in_comment = _uncommented(line, in_comment=in_comment, ends_later=number < last_end)
        yield kept, False


def _fence_after(line: str, fence: str) -> str:
    """The fence that is open after the line, where `fence` was before it (CommonMark section 4.5)."""
    found = _FENCE.match(line)
    if found is None:
        return fence
    rest = line[found.end() :]
    if fence:
        return "" if found[1].startswith(fence) and not rest.strip() else fence
    return "" if found[1][0] == "`" and "`" in rest else found[1]


def _uncommented(line: str, *, in_comment: bool, ends_later: bool) -> tuple[str, bool]:
    """What of the line is in no comment, and whether one is open after it."""
    kept: list[str] = []
    done = 0
    while True:
        if in_comment:
            ends = [(place, end) for end in _ENDS if (place := line.find(end, done)) >= 0]
            if not ends:
                return "".join(kept), True
            place, end = min(ends)
            done, in_comment = place + len(end), False
        start = line.find(_COMMENT, done)
        if start < 0 or not (ends_later or any(end in line[start:] for end in _ENDS)):
            return "".join([*kept, line[done:]]), False
        kept.append(line[done:start])
        in_comment, done = True, start


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
