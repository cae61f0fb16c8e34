"""Publishers' HTML -> HTML that is safe to print anywhere and keeps what it says: the only place where it is cleaned."""

import re
from collections.abc import Callable
from functools import lru_cache

import nh3

from service.ingest import salvage
from service.ingest.styles import clean_style
from service.ingest.text_gate import STAND_IN, forbidden_rule
from service.ingest.urls import absolute_url, link_url
from sokbo.domain.html import PREFORMATTED, attributes, place_of_value

#: The parser's time grows with the square of nesting and of entities: 20,000 take a second at worst, 200,000 a minute.
MAX_MARKUP = 20_000
MAX_CHARACTERS = 500_000
MAX_DEPTH = 100
MAX_ROUNDS = 8

TAGS = frozenset(
    {
        *("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "div", "pre", "blockquote", "figure", "figcaption"),
        *("details", "summary", "ul", "ol", "li", "dl", "dt", "dd"),
        *("table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td"),
        *("a", "b", "strong", "i", "em", "u", "s", "del", "ins", "mark", "small", "sub", "sup", "span"),
        *("q", "cite", "abbr", "dfn", "time", "code", "kbd", "samp", "var", "bdi", "bdo", "wbr", "ruby", "rt", "rp"),
        *("img", "audio", "video", "source"),
    }
)
#: Blocks that say what a part of a whole page is, or that nobody writes any more: they become a `div`, so that what was in two of
#: them doesn't run together.
BLOCKS = frozenset(
    {
        *("address", "article", "aside", "center", "dialog", "fieldset", "footer", "form", "header", "hgroup", "legend", "main"),
        *("nav", "search", "section"),
    }
)
#: These go with all that is in them; of other tags outside TAGS the text stays.
DROPPED = frozenset(
    {
        *("script", "style", "template", "title", "svg", "math"),
        *("noembed", "noframes", "noscript", "xml", "xmp"),
        *("select", "textarea"),
    }
)
VOID = frozenset({"br", "col", "hr", "img", "source", "wbr"})
ATTRIBUTES = {
    "*": {"dir", "lang", "style", "title"},
    "a": {"href", "hreflang", "rel", "target"},
    "audio": {"controls", "loop", "src"},
    "blockquote": {"cite"},
    "col": {"span"},
    "colgroup": {"span"},
    "del": {"cite", "datetime"},
    "details": {"open"},
    "img": {"alt", "height", "src", "width"},
    "ins": {"cite", "datetime"},
    "li": {"value"},
    "ol": {"reversed", "start", "type"},
    "q": {"cite"},
    "source": {"src", "type"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
    "video": {"controls", "height", "loop", "muted", "poster", "src", "width"},
}
#: What is read besides, to be put into these words.
READ_TAGS = TAGS | BLOCKS | salvage.ELEMENTS
_ALIGN = {name: {"align"} for name in ("div", "p", "td", "th")}
READ_ATTRIBUTES = {
    name: {*ATTRIBUTES.get(name, ()), *salvage.ATTRIBUTES.get(name, ()), *_ALIGN.get(name, ())}
    for name in ATTRIBUTES.keys() | salvage.ATTRIBUTES.keys() | _ALIGN.keys()
}
_NUMBERS = frozenset({"colspan", "height", "rowspan", "span", "start", "value", "width"})
_NUMBER = re.compile(r"-?\d{1,4}%?", re.ASCII)
_REL = re.compile(r"[a-z-]+")

#: nh3 writes a no-break space as an entity, for which it takes the longer the more there are. So it is shown another character
#: in its place.
_NO_BREAK = "\u00a0"

# nh3 writes one canonical form: lower-case names, quoted values with < > & " escaped, each element closed. So these are exact.
_H1 = re.compile(r"<(/?)h1(?=[ >])")
_BDO = re.compile(r"<(/?)bdo(?=[ >])")
_CENTER = re.compile(r"<center(?=[ >])")
_ALIGNED = re.compile(r'<((?:div|p|td|th)(?= )[^>]*?) align="([a-z]+)"([^>]*)>')
_BLOCK = re.compile(rf"<(/?)(?:{'|'.join(sorted(BLOCKS))})(?=[ >])")
_SPACER = re.compile(r"<(p|div)(?: [^>]*)?>(?:\s|&nbsp;|<br>|</?(?:b|em|i|span|strong|u)(?: [^>]*)?>)*+</\1>\s*")
_MEDIUM = re.compile(r"<(?:img|source)(?=[ >])[^>]*>")
_PLAYER_TAG = re.compile(r"<(/?)(audio|video|source)(?=[ >])([^>]*)>")
_LINK = re.compile(r"<a [^>]*>")
_TAG = re.compile(r"<(/?)([a-z0-9]+)")
_SHOWN = re.compile(r"<(?:audio|img|video)[ >]|(?:\A|>)(?:\s|&nbsp;)*+[^<\s]")


def clean(html: str, base_url: str) -> str:
    """`html` with only harmless tags, attributes, styles and schemes, and with absolute URLs. Cleaning it again changes nothing.

    Raises ValueError, whose text is the broken rule, if it is too much, too deep, or shows nothing.
    """
    if has_too_much_markup(html):
        raise ValueError(f"must have at most {MAX_MARKUP} tags and entities")
    html = _settled(html, _cleaner(base_url))
    if rule := forbidden_rule(html):  # written as an entity, it passed the gate
        raise ValueError(rule)
    if len(html) > MAX_CHARACTERS:
        raise ValueError(f"must have at most {MAX_CHARACTERS} characters once it is cleaned")
    if not _SHOWN.search(html):
        raise ValueError("must show something once it is cleaned")
    return html


def has_too_much_markup(html: str) -> bool:
    """True if parsing `html` could take a process's time from everybody else."""
    return html.count("<") + html.count("&") > MAX_MARKUP


def cleaned_by(cleaner: nh3.Cleaner, html: str) -> str:
    """What the cleaner makes of it, in nh3's canonical form but for no-break spaces, which stand as such."""
    return cleaner.clean(html.replace(_NO_BREAK, STAND_IN)).replace("&nbsp;", _NO_BREAK).replace(STAND_IN, _NO_BREAK)


def _settled(html: str, cleaner: nh3.Cleaner) -> str:
    """Cleaned until it stays as it is: a tag taken away can change how what was in it nests."""
    for _ in range(MAX_ROUNDS):
        cleaned = _tidy(cleaned_by(cleaner, html))
        if _depth(cleaned) > MAX_DEPTH:
            raise ValueError(f"must not be nested more than {MAX_DEPTH} deep")
        if cleaned == html:
            return html
        html = cleaned
    raise ValueError("must nest its tags in a way that stays the same once cleaned")


def _tidy(html: str) -> str:
    html = salvage.salvaged(html)
    html = _H1.sub(r"<\1h2", html)  # the page's own h1 is the title
    html = _BDO.sub(r"<\1span", html)  # it can turn letters round, for which the W3C validator warns; a direction is enough
    html = _ALIGNED.sub(_with_style, _CENTER.sub('<div align="center"', html))
    html = _BLOCK.sub(r"<\1div", html)
    html = _MEDIUM.sub(lambda tag: tag[0] if "src" in attributes(tag[0]) else "", html)
    html = _with_live_players(html)
    html = _LINK.sub(_with_noopener, html)
    return _without_spacers(html).replace("\r", "\n").strip()


def _without_spacers(html: str) -> str:
    """Without blocks that only keep others apart; in preformatted text they are empty lines."""
    if "<pre" not in html:
        return _SPACER.sub("", html)
    return "".join(piece if piece.startswith("<pre") else _SPACER.sub("", piece) for piece in PREFORMATTED.split(html))


def _with_live_players(html: str) -> str:
    """Without players that have nothing to play, of which what is in them stays, and without sources that are in none: those of a
    picture mean nothing without it. In one pass, whatever is nested."""
    cut: list[tuple[int, int]] = []
    inside: list[tuple[tuple[int, int], bool]] = []  # where each player begins that is open, and whether it has something
    for tag in _PLAYER_TAG.finditer(html):
        is_end, name, said = tag.groups()
        if not is_end and name != "source":
            inside.append((tag.span(), "src" in attributes(said)))
        elif name == "source" and inside:
            inside[-1] = inside[-1][0], True
        elif name == "source" or not inside:
            cut.append(tag.span())
        else:
            begin, plays = inside.pop()
            cut += [] if plays else [begin, tag.span()]
    kept, done = [], 0
    for start, end in sorted(cut):
        kept.append(html[done:start])
        done = end
    return "".join([*kept, html[done:]])


def _with_style(aligned: re.Match[str]) -> str:
    """The side that the attribute says, in the style, unless that says one itself."""
    tag = f"<{aligned[1]}{aligned[3]}>"
    style = attributes(tag).get("style", "")
    if "text-align" in style:
        return tag
    place = place_of_value(tag, "style")
    side = f"text-align: {aligned[2]}"
    return f'{tag[:-1]} style="{side}">' if place is None else f"{tag[:place]}{side}; {tag[place:]}"


def _with_noopener(link: re.Match[str]) -> str:
    tag = link[0]
    said = attributes(tag)
    if "target" not in said or "noopener" in said.get("rel", "").split():
        return tag
    place = place_of_value(tag, "rel")
    return f'{tag[:-1]} rel="noopener">' if place is None else f"{tag[:place]}noopener {tag[place:]}"


def _depth(html: str) -> int:
    depth = deepest = 0
    for closing, name in _TAG.findall(html):
        if closing:
            depth -= 1
        elif name not in VOID:
            depth += 1
            deepest = max(deepest, depth)
    return deepest


@lru_cache(maxsize=256)
def _cleaner(base_url: str) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(READ_TAGS),
        clean_content_tags=set(DROPPED),
        attributes=READ_ATTRIBUTES,
        attribute_filter=_attribute_filter(base_url),
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )


def _attribute_filter(base_url: str) -> Callable[[str, str, str], str | None]:
    def kept(tag: str, name: str, value: str) -> str | None:
        """The value to keep of an attribute, None to drop it."""
        value = value.replace(STAND_IN, _NO_BREAK)
        if name == "href":
            return link_url(value, base_url)
        if name in {"cite", "poster", "src", *salvage.LATER_SOURCES}:
            return absolute_url(value, base_url)
        if name == "srcset":
            return absolute_url(salvage.largest(value), base_url)
        if name == "style":
            return salvage.HIDDEN_STYLE if salvage.hides(value) else clean_style(value)
        if name == "align":
            return value.lower() if value.lower() in {"left", "right", "center"} else None
        if name == "rel":
            return " ".join(dict.fromkeys(_REL.findall(value.lower()))) or None
        if name == "target":
            return value if value == "_blank" else None
        if name in _NUMBERS:
            return value if _NUMBER.fullmatch(value) else None
        return value

    return kept
