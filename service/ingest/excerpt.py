"""What an article says without its tags, and a summary of it for those who gave none."""

import re
from html import unescape

from service.ingest.text_gate import one_line
from sokbo.domain.html import with_quotation_marks, without_deleted

SUMMARY_CHARACTERS = 200

_BREAK = re.compile(
    r"<br>|</?(?:blockquote|caption|dd|details|div|dl|dt|figcaption|figure|h[2-6]|hr|li|ol|p|pre|summary|table|tr|ul)(?: [^>]*)?>"
)
_CELL_END = re.compile(r"</t[dh]>")
_PRE_TAG = re.compile(r"(</?pre(?=[ >]))")
_TAG = re.compile(r"<[^>]*>")
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’)\]」』]*(?=\s|$)")


def text_of(html: str) -> str:
    """The text of cleaned HTML: a line for each block and each line of preformatted text, cells parted by a space, other white
    space as a browser shows it. What is deleted is left out, what is quoted has its marks."""
    html = _without_line_ends(with_quotation_marks(without_deleted(html)))
    text = _BREAK.sub("\n", _CELL_END.sub(" ", html))
    lines = (" ".join(line.split()) for line in unescape(_TAG.sub("", text)).split("\n"))
    return "\n".join(line for line in lines if line)


def _without_line_ends(html: str) -> str:
    """The HTML with spaces for line ends, but for those of preformatted text. In one pass, whatever is nested or not closed."""
    kept, depth = [], 0
    for piece in _PRE_TAG.split(html):
        if piece == "<pre":
            depth += 1
        elif piece == "</pre":
            depth = max(depth - 1, 0)
        kept.append(piece if depth else piece.replace("\n", " "))
    return "".join(kept)


def summarise(text: str) -> str:
    """The first 200 characters or less of `text`: whole sentences if they make half of it, else whole words and "…".

    Headings before the first sentence are passed over. Cleaned as any field of one line. Never empty if there is text to see.
    """
    lines = text.split("\n")
    first = next((index for index, line in enumerate(lines) if _SENTENCE_END.search(line)), 0)
    text = one_line(" ".join(lines[first:]))
    if len(text) <= SUMMARY_CHARACTERS:
        return text
    head = text[:SUMMARY_CHARACTERS]
    ends = [end.end() for end in _SENTENCE_END.finditer(text, 0, SUMMARY_CHARACTERS + 1) if end.end() <= SUMMARY_CHARACTERS]
    if ends and ends[-1] >= SUMMARY_CHARACTERS // 2:
        return text[: ends[-1]]
    words = head[:-1].rpartition(" ")[0] or head[:-1]
    return f"{words}…"
