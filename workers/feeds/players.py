"""Players of audio and video in the HTML of feeds: without controls, which the W3C validator calls a risk, they play nothing, so
beside each is a link to what it would play."""

import re
from html import escape

from sokbo.domain.html import attributes
from sokbo.translations import translate

#: In nh3's canonical form: values are quoted.
_TAG = re.compile(r'<(/?)(a|audio|source|video)((?: [^\s=>"]+(?:="[^"]*")?)*)>')
_ATTRIBUTE = re.compile(r' ([^\s=>"]+)(?:="[^"]*")?')


def with_links(html: str, language: str) -> str:
    """The HTML, in nh3's canonical form, whose players ask for no controls, each followed by a link to its first source, in words
    of that language. A link comes after the player, or the link, that its own player stands in."""
    if "<audio" not in html and "<video" not in html:  # most texts have neither, and this is quick
        return html
    kept: list[str] = []
    links: list[str] = []
    players: list[tuple[str, str | None]] = []  # the name and source of each that is open
    in_link, done = False, 0
    for tag in _TAG.finditer(html):
        is_end, name, said = tag.groups()
        kept.append(html[done : tag.start()])
        done = tag.end()
        if name == "a":
            in_link = not is_end
        elif name == "source":
            if players and players[-1][1] is None:
                players[-1] = players[-1][0], attributes(said).get("src")
        elif not is_end:
            players.append((name, attributes(said).get("src")))
            said = _ATTRIBUTE.sub(_but_controls, said)
        elif players:
            links.append(_link(*players.pop(), language))
        kept.append(f"<{is_end}{name}{said}>")
        if links and not players and not in_link:
            kept += links
            links = []
    return "".join([*kept, html[done:]])


def _but_controls(attribute: re.Match[str]) -> str:
    return "" if attribute[1] == "controls" else attribute[0]


def _link(player: str, source: str | None, language: str) -> str:
    if not source:
        return ""
    said = translate("Listen to the audio", language) if player == "audio" else translate("Watch the video", language)
    return f' <a href="{source}">{escape(said)}</a>'
