"""What cleaning alone would lose or show wrongly, in the words that articles are kept in: pictures that scripts would load,
frames that no reader may open, what is hidden, what is struck out, raised or lowered by its style alone, and names of elements
that nobody writes any more.

It reads what nh3 has written (see `cleaning`), in which attributes have passed the filter already.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import unescape
from urllib.parse import parse_qs, urlsplit

from sokbo.domain.html import attributes

#: Let through to here, and no further.
ELEMENTS = frozenset({"acronym", "dir", "embed", "iframe", "menu", "object", "strike", "tt"})
ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "*": frozenset({"hidden"}),
    "embed": frozenset({"src"}),
    "iframe": frozenset({"data-src", "src"}),
    "img": frozenset({"data-lazy-src", "data-original", "data-src", "srcset"}),
}
#: Where scripts find the picture that `src` only keeps the place of, or the frame; and in `srcset` the largest there is.
LATER_SOURCES = ("data-src", "data-lazy-src", "data-original")
#: What the filter makes of a style that hides its element.
HIDDEN_STYLE = "display: none"

_VOID = frozenset({"br", "col", "embed", "hr", "img", "source", "wbr"})
_RENAMED = {"acronym": "abbr", "dir": "ul", "menu": "ul", "strike": "s", "tt": "code"}
#: Elements that say what their own style takes back, as editors' clipboards have them around everything.
_TAKEN_BACK = {"b": "font-weight: normal", "strong": "font-weight: normal", "em": "font-style: normal", "i": "font-style: normal"}
#: These hold none but certain elements: what strikes them out stands in each of those.
_PARTED = frozenset({"colgroup", "dl", "ol", "table", "tbody", "tfoot", "thead", "tr", "ul"})
_DELETED = frozenset({"del", "s"})
#: Nothing in them is words of the text.
_UNMARKED = _VOID | {"audio", "video"}
_ALIGNED = {"vertical-align: super": "sup", "vertical-align: sub": "sub"}
_STRIKES = re.compile(r"text-decoration: [a-z -]*?line-through")
_FRAME = re.compile(r"<iframe((?: [^>]*)?)>.*?</iframe>", re.DOTALL)
_EMBED = re.compile(r"<embed((?: [^>]*)?)>")
_OBJECT_TAG = re.compile(r"<(/?)(object|embed)((?: [^<>]*)?)>")
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)((?: [^>]*)?)>")
_YOUTUBE = re.compile(r"https?://(?:www\.)?youtube(?:-nocookie)?\.com/embed/([\w-]{6,20})(?:\?([^#]*))?(?:#.*)?", re.ASCII)
#: What stands in the place of a video's id where a frame shows a whole playlist.
_PLAYLIST = "videoseries"
_PLAYLIST_ID = re.compile(r"[\w-]{2,64}", re.ASCII)
_START_SECONDS = re.compile(r"[1-9][0-9]{0,5}")
#: Most articles have none of it, which this tells in a fraction of the time.
_CONCERNED = re.compile(
    r'<(?:acronym|dir|menu|strike|tt)[ >]| (?:hidden|srcset|data-[a-z-]+)="|="display: none"|font-(?:weight|style): normal'
    r"|line-through|vertical-align: su"
)
_HIDES = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all)\s*(?:!important\s*)?(?:;|$)", re.IGNORECASE
)
_URL = re.compile(r"[\s,]*+(\S++)")
_SIZE = re.compile(r"\s*+([0-9]{1,6}(?:\.[0-9]{1,6})?)[wx]\s*+")


def hides(style: str) -> bool:
    """True if the style attribute hides its element."""
    return _HIDES.search(style) is not None


def largest(srcset: str) -> str:
    """The candidate of a srcset attribute with the most pixels; empty if it has none.

    A URL goes on to the next white space; what says its size, to the next comma (HTML standard, «parse a srcset attribute»).
    """
    best, most, place = "", 0.0, 0
    while candidate := _URL.match(srcset, place):
        url, place = candidate[1].rstrip(","), candidate.end()
        size = None
        if url == candidate[1]:
            end = srcset.find(",", place)
            size, place = _SIZE.fullmatch(srcset, place, end if end >= 0 else len(srcset)), end if end >= 0 else len(srcset)
        pixels = float(size[1]) if size else 1.0
        if pixels > most:
            best, most = url, pixels
    return best


def salvaged(html: str) -> str:
    """The HTML without ELEMENTS, ATTRIBUTES and what is hidden. In one pass, whatever is nested."""
    html = _without_frames(html)
    if not _CONCERNED.search(html):
        return html
    kept: list[str] = []
    inside: list[_Open] = []
    hidden = done = 0
    for tag in _TAG.finditer(html):
        if not hidden:
            kept.append(html[done : tag.start()])
        done = tag.end()
        is_end, name, said = tag.groups()
        if is_end:
            ended = inside.pop() if inside else _Open(end=f"</{name}>")
            if not hidden:
                kept.append(ended.end)
            hidden -= ended.is_hidden
            continue
        own = attributes(said) if said else {}
        is_hidden = _is_hidden(own) and not _comes_later(name, own)
        start, opened = _opened(name, said, own, inside[-1].strikes_parts if inside else False)
        if not hidden and not is_hidden:
            kept.append(start)
        if name not in _VOID:
            inside.append(replace(opened, is_hidden=is_hidden))
            hidden += is_hidden
    return "".join(kept) + ("" if hidden else html[done:])


@dataclass(frozen=True, slots=True)
class _Open:
    """An element that has begun: what it ends with, and whether what strikes it out is still to stand in its parts."""

    end: str
    is_hidden: bool = False
    strikes_parts: bool = False


def _opened(name: str, said: str, own: Mapping[str, str], is_struck: bool) -> tuple[str, _Open]:
    """What the element begins with, those inside it included that say what its style does."""
    style = own.get("style", "")
    new = _name(name, own)
    said = _said(name, said, own)
    within: list[str] = []
    if style:
        is_struck = is_struck or _STRIKES.search(style) is not None
        within = [element for aligned, element in _ALIGNED.items() if aligned in style and name == "span"]
        said = said.replace(f' style="{style}"', _style(style, new), 1)
    parts = is_struck and new in _PARTED
    if is_struck and not parts and new not in _DELETED and new not in _UNMARKED:
        within.insert(0, "s")
    if within and new == "span":
        new = within.pop(0)
    start = "".join([f"<{new}{said}>", *(f"<{element}>" for element in within)])
    return start, _Open("".join([*(f"</{element}>" for element in reversed(within)), f"</{new}>"]), strikes_parts=parts)


def _style(style: str, name: str) -> str:
    """The attribute without what elements say in its place; nothing if none is left."""
    kept = []
    for declaration in style.split("; "):
        if declaration.startswith("vertical-align: "):
            continue
        if declaration.startswith("text-decoration: ") and name not in _UNMARKED:
            lines = [line for line in declaration.split()[1:] if line != "line-through"]
            declaration = f"text-decoration: {' '.join(lines)}" if lines else ""
        kept += [declaration] if declaration else []
    return f' style="{"; ".join(kept)}"' if kept else ""


def _name(name: str, own: Mapping[str, str]) -> str:
    taken_back = _TAKEN_BACK.get(name)
    return "span" if taken_back and taken_back in own.get("style", "") else _RENAMED.get(name, name)


def _said(name: str, said: str, own: Mapping[str, str]) -> str:
    """The attributes as they stand, but for those that are only let through to here."""
    if name == "img" and not own.keys().isdisjoint(ATTRIBUTES["img"]):
        source = next((own[later] for later in LATER_SOURCES if later in own), own.get("src") or own.get("srcset"))
        shown = {key: value for key, value in own.items() if (key, value) != ("style", HIDDEN_STYLE)}
        own = {key: value for key, value in shown.items() if key not in ATTRIBUTES["img"]} | ({"src": source} if source else {})
    elif "hidden" not in own:
        return said
    return "".join(f' {key}="{value}"' for key, value in own.items() if key != "hidden")


def _without_frames(html: str) -> str:
    """With links to what frames show, and with what is in objects."""
    if "<object" in html:
        html = _without_objects(html)
    if "<iframe" in html:
        html = _FRAME.sub(lambda frame: _link(attributes(frame[1])), html)
    if "<embed" in html:
        html = _EMBED.sub(lambda embed: _link(attributes(embed[1])), html)
    return html


def _without_objects(html: str) -> str:
    """With what is in `object` for those who can't open it, but for the embeds that would have opened the same. One that is
    hidden becomes a `span` that is."""
    kept: list[str] = []
    ends: list[str] = []  # of the objects that are open
    done = 0
    for tag in _OBJECT_TAG.finditer(html):
        is_end, name, said = tag.groups()
        if name == "embed" and not ends:
            continue
        kept.append(html[done : tag.start()])
        done = tag.end()
        if is_end:
            kept.append(ends.pop() if ends else "")
        elif name == "object":
            is_hidden = _is_hidden(attributes(said))
            kept.append(f"<span{said}>" if is_hidden else "")
            ends.append("</span>" if is_hidden else "")
    return "".join([*kept, html[done:]])


def _is_hidden(own: Mapping[str, str]) -> bool:
    return own.get("hidden", "until-found") != "until-found" or own.get("style") == HIDDEN_STYLE


def _comes_later(name: str, own: Mapping[str, str]) -> bool:
    """True for a picture that a script would load, and show with that."""
    is_mark = {own.get("width"), own.get("height")} & {"0", "1"}  # by which readers are counted
    return name == "img" and not is_mark and not own.keys().isdisjoint(LATER_SOURCES)


def _link(own: Mapping[str, str]) -> str:
    """To what a frame would have shown, by its title or host; nothing for one that has no address."""
    url = own.get("src") or own.get("data-src")
    if not url:
        return ""
    address = _youtube_page(url) or url
    return f'<p><a href="{address}">{own.get("title") or urlsplit(address).netloc}</a></p>'


def _youtube_page(url: str) -> str | None:
    """Where YouTube shows people what it shows in that frame, from the same second on; None for another's, and for a playlist
    that isn't named. Both are escaped as an attribute's value."""
    frame = _YOUTUBE.fullmatch(url)
    if frame is None:
        return None
    said = parse_qs(unescape(frame[2] or ""))
    if frame[1] == _PLAYLIST:
        playlist = said.get("list", [""])[0]
        return f"https://www.youtube.com/playlist?list={playlist}" if _PLAYLIST_ID.fullmatch(playlist) else None
    start = said.get("start", [""])[0]
    from_second = f"&amp;t={start}s" if _START_SECONDS.fullmatch(start) else ""
    return f"https://www.youtube.com/watch?v={frame[1]}{from_second}"
