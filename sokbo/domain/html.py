"""The names of HTML's elements, by which text about HTML is told from HTML; the attributes of cleaned HTML's tags, and what
it says where its elements are lost."""

import re

#: As nh3 writes one, in which a quoted value holds no other.
_ATTRIBUTE = re.compile(r' ([a-z][a-z0-9-]*)="([^"]*)"')
_DELETED = re.compile(r"<(/?)(?:del|s|strike)(?: [^>]*)?>")
_READING = re.compile(r"(</rp>\s*+)?(<rt(?: [^<>]*)?>)((?:[^<]++|<(?!/?r[tp][ >]))*+)</rt>(\s*+<rp[ >])?")
_QUOTE = re.compile(r"<(/?)q(?: [^>]*)?>")
#: In cleaned HTML; what it splits begins with `<pre` where it is preformatted, and only there.
PREFORMATTED = re.compile(r"(<pre[ >].*?</pre>)", re.DOTALL)

#: These part words, as a browser shows them; the others stand within one.
BLOCKS = frozenset(
    """
    address article aside blockquote body br caption center dd details dialog dir div dl dt fieldset figcaption figure footer form
    frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li listing main menu nav noframes ol optgroup option p plaintext
    pre search section select summary table tbody td tfoot th thead title tr ul xmp
    """.split()  # noqa: SIM905 - as many literals would take as many lines
)
#: Every element of the HTML standard, the obsolete ones too.
ELEMENTS = BLOCKS | frozenset(
    """
    a abbr acronym applet area audio b base basefont bdi bdo bgsound big blink button canvas cite code col colgroup data datalist
    del dfn em embed font frame i iframe img input ins kbd label link map mark marquee math meta meter nobr noembed noscript
    object output param picture progress q rb rp rt rtc ruby s samp script slot small source span strike strong style sub sup svg
    template textarea time track tt u var video wbr
    """.split()  # noqa: SIM905 - as many literals would take as many lines
)


def attributes(tag: str) -> dict[str, str]:
    """The attributes of a tag of cleaned HTML, their values escaped as they stand there."""
    return dict(_ATTRIBUTE.findall(tag))


def place_of_value(tag: str, name: str) -> int | None:
    """Where the value of that attribute begins in a tag of cleaned HTML; None if it has none of that name."""
    return next((found.start(2) for found in _ATTRIBUTE.finditer(tag) if found[1] == name), None)


def without_deleted(html: str) -> str:
    """The cleaned HTML without `del` and `s`, and all that is in them: for what can't strike it through, and so would say it."""
    return without(_DELETED, html)


def without(tags: re.Pattern[str], html: str, instead: str = "") -> str:
    """The cleaned HTML without the elements whose tags the pattern finds, and all that is in them; `instead` stands in the place
    of each. The pattern's first group is empty in a start tag."""
    if not tags.search(html):  # as in most texts, and this is quick
        return html
    kept: list[str] = []
    depth = done = 0
    for tag in tags.finditer(html):
        if not depth:
            kept += html[done : tag.start()], instead
        depth = max(depth - 1, 0) if tag[1] else depth + 1
        done = tag.end()
    return "".join(kept) + ("" if depth else html[done:])


def with_quotation_marks(html: str) -> str:
    """The cleaned HTML with the marks that browsers show around `q` in its place."""
    return _QUOTE.sub(lambda tag: "”" if tag[1] else "“", html) if "<q" in html else html


def with_readings(html: str) -> str:
    """The cleaned HTML with parentheses around the readings of `ruby`, where they have none (`rp`) of their own."""
    return _READING.sub(_with_parentheses, html) if "<rt" in html else html


def _with_parentheses(reading: re.Match[str]) -> str:
    before, tag, words, after = reading.groups()
    return reading[0] if before or after or not words.strip() else f"{tag}({words})</rt>"
