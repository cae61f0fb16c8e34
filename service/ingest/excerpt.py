"""What an article says without its tags, and a summary of it for those who gave none."""

import re
from collections.abc import Iterator
from html import unescape

from service.ingest.text_gate import STAND_IN, one_line
from sokbo.domain.html import with_quotation_marks, with_readings, without, without_deleted

SUMMARY_CHARACTERS = 200

_BREAK = re.compile(
    r"<br>|</?(?:blockquote|caption|dd|details|div|dl|dt|figcaption|figure|h[2-6]|hr|li|ol|p|pre|summary|table|tr|ul)(?: [^>]*)?>"
)
_CELL_END = re.compile(r"</t[dh]>")
#: Those that would be lost: at the beginning of a line, and more than one.
_SPACES = re.compile(r"(?<=\n)[ \t]++|[ \t]{2,}+|\t")
_PRE_TAG = re.compile(r"(</?pre(?=[ >]))")
_TAG = re.compile(r"<[^>]*>")
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’)\]」』]*(?=\s|$)")

_ASIDES = "h[1-6]|summary|figcaption|caption"
#: What stands above or beside a text, and what tells no story: left out of a summary as long as there are paragraphs.
_NOT_PROSE = re.compile(rf"<(/?)(?:{_ASIDES}|audio|dd|dl|dt|li|ol|pre|table|ul|video)(?: [^<>]*)?>")
_ASIDE = re.compile(rf"<(/?)(?:{_ASIDES})(?: [^<>]*)?>")
#: A paragraph of nothing but links, as a frame has become one.
_LINKS = re.compile(
    r"<(p|div)(?: [^<>]*)?>(?:\s|<br>|</?(?:b|em|i|span|strong|u)(?: [^<>]*)?>)*+"
    r"(?:<a(?: [^<>]*)?>(?:[^<]|</?(?:b|em|i|span|strong|u)(?: [^<>]*)?>|<br>)*+</a>"
    r"(?:\s|<br>|</?(?:b|em|i|span|strong|u)(?: [^<>]*)?>)*+)++</\1>"
)
_RAISED = re.compile(r"<(su[bp])(?: [^<>]*)?>((?:[^<]++|<(?!/?su[bp][ >]))*+)</\1>")
_SIGNS = "0123456789+-−"
_IN_LINE = {"sup": str.maketrans(_SIGNS, "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻"), "sub": str.maketrans(_SIGNS, "₀₁₂₃₄₅₆₇₈₉₊₋₋")}
_NUMBER = re.compile(rf"[{re.escape(_SIGNS)}]+")
#: What reads the same on the line: ®, * and the endings of English ordinals.
_MARK = re.compile(r"[\W_]*|st|nd|rd|th|TM|SM")
_FOOTNOTE_MARK = re.compile(r"\[[^\[\]]{1,12}\]")
_FOOTNOTES = re.compile(r"<hr(?: [^<>]*)?>\s*<ol(?: [^<>]*)?>.*</ol>\s*", re.DOTALL)
#: Lines that say whose a picture or the text is and when it was written, addresses, and labels of what follows.
_CREDIT = re.compile(
    r"[▲△ⓒ©]|https?://\S+$|.{1,30}[:：]$|.{1,30}(?:기자|특파원) ?=?[\])]?$"
    r"|(?:기사 ?|최종 ?)?(?:입력|수정|승인).{0,9}\d{4}[.-]|.*(?:무단 ?전재|저작권자)"
)


def text_of(html: str) -> str:
    """The text of cleaned HTML: a line for each block and each line of preformatted text, with its spaces, cells parted by a
    space, other white space as a browser shows it. What is deleted is left out, what is quoted has its marks, readings (`ruby`)
    stand in parentheses, and what is raised or lowered is told from what it follows: 10¹¹, CO₂, x^n."""
    html = _RAISED.sub(_in_line, with_readings(with_quotation_marks(without_deleted(html))))
    html = _with_lines_of_pre(html)
    text = _BREAK.sub("\n", _CELL_END.sub(" ", html))
    lines = (" ".join(line.split()) for line in unescape(_TAG.sub("", text)).split("\n"))
    return "\n".join(line.replace(STAND_IN, " ") for line in lines if line.strip(STAND_IN))


def _with_lines_of_pre(html: str) -> str:
    """The HTML with spaces for line ends, but for those of preformatted text, whose spaces have another character in their place.
    In one pass, whatever is nested or not closed."""
    kept, depth = [], 0
    for piece in _PRE_TAG.split(html):
        if piece == "<pre":
            depth += 1
        elif piece == "</pre":
            depth = max(depth - 1, 0)
        kept.append(_SPACES.sub(_standing_in, piece) if depth else piece.replace("\n", " "))
    return "".join(kept)


def _standing_in(spaces: re.Match[str]) -> str:
    return spaces[0].replace("\t", 4 * STAND_IN).replace(" ", STAND_IN)


def summarise(html: str) -> str:
    """The first 200 characters or less of what the paragraphs of cleaned HTML say: whole sentences if they make half of it, else
    whole words and "…".

    Headings, captions, lists, tables, code, footnotes, links by themselves and credits are passed over as long as there is
    something else. One line, cleaned as any field of one. Never empty if there is text to see.
    """
    html = _RAISED.sub(lambda raised: "" if _is_footnote_mark(raised) else raised[0], without_deleted(html))
    for candidate in _candidates(html):
        lines = [line for line in text_of(candidate).split("\n") if not _CREDIT.match(line)]
        if text := one_line(" ".join(lines)):
            return _beginning(text)
    return _beginning(one_line(text_of(html)))


def _candidates(html: str) -> Iterator[str]:
    """What a summary could be made of, the best first."""
    yield without(_NOT_PROSE, _LINKS.sub("<br>", html), "<br>")
    yield without(_ASIDE, _without_footnotes(html), "<br>")
    yield html


def _in_line(raised: re.Match[str]) -> str:
    """What stands above or below the line, as a line can hold it."""
    name, html = raised.groups()
    words = unescape(_TAG.sub("", html)).strip()
    if _NUMBER.fullmatch(words):
        return words.translate(_IN_LINE[name])
    return html if name == "sub" or _is_footnote_mark(raised) or _MARK.fullmatch(words) else f"^{html.lstrip()}"


def _is_footnote_mark(raised: re.Match[str]) -> bool:
    return raised[1] == "sup" and _FOOTNOTE_MARK.fullmatch(_TAG.sub("", raised[2]).strip()) is not None


def _without_footnotes(html: str) -> str:
    """Without the list below the last rule, if nothing comes after it."""
    place = html.rfind("<hr")
    return html[:place] if place >= 0 and _FOOTNOTES.fullmatch(html, place) else html


def _beginning(text: str) -> str:
    if len(text) <= SUMMARY_CHARACTERS:
        return text
    head = text[:SUMMARY_CHARACTERS]
    ends = [end.end() for end in _SENTENCE_END.finditer(text, 0, SUMMARY_CHARACTERS + 1) if end.end() <= SUMMARY_CHARACTERS]
    if ends and ends[-1] >= SUMMARY_CHARACTERS // 2:
        return text[: ends[-1]]
    words = head[:-1].rpartition(" ")[0] or head[:-1]
    return words if ends and ends[-1] == len(words) else f"{words}…"
