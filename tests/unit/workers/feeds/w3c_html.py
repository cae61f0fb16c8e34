"""What the W3C Feed Validator finds dangerous in the HTML of feeds: elements, attributes and styles that no reader should run.

Written from its behaviour, as no package has it.
"""

import re
from collections.abc import Iterator

from lxml import html

_DANGEROUS = {
    *("applet", "base", "embed", "frame", "frameset", "head", "iframe", "link", "meta", "noembed", "object", "param", "script"),
    *("style", "svg", "math", "template", "title", "xml", "bdo"),
}
_DANGEROUS_ATTRIBUTES = {"controls", "formaction", "ping", "srcdoc"}

_STYLE = re.compile(r"""([:,;#%.\sa-zA-Z0-9!]|\w-\w|'[\s\w]+'|"[\s\w]+"|\([\d,\s]+\))*""", re.ASCII)
_DECLARATIONS = re.compile(r"(\s*[-\w]+\s*:\s*[^:;]*(;|\Z))*", re.ASCII)
_DECLARATION = re.compile(r"([-\w]+)\s*:\s*([^:;]*)", re.ASCII)
_PROPERTIES = {
    *("azimuth", "background", "background-color", "border", "border-bottom", "border-bottom-color", "border-bottom-style"),
    *("border-bottom-width", "border-collapse", "border-color", "border-left", "border-left-color", "border-left-style"),
    *("border-left-width", "border-right", "border-right-color", "border-right-style", "border-right-width", "border-spacing"),
    *("border-style", "border-top", "border-top-color", "border-top-style", "border-top-width", "border-width", "clear", "color"),
    *("cursor", "direction", "display", "elevation", "float", "font", "font-family", "font-size", "font-style", "font-variant"),
    *("font-weight", "height", "letter-spacing", "line-height", "margin", "margin-bottom", "margin-left", "margin-right"),
    *("margin-top", "overflow", "padding", "padding-bottom", "padding-left", "padding-right", "padding-top", "pause"),
    *("pause-after", "pause-before", "pitch", "pitch-range", "richness", "speak", "speak-header", "speak-numeral"),
    *("speak-punctuation", "speech-rate", "stress", "text-align", "text-decoration", "text-indent", "unicode-bidi"),
    *("vertical-align", "voice-family", "volume", "white-space", "width"),
}
_KEYWORDS = {
    *("aqua", "auto", "black", "block", "blue", "bold", "both", "bottom", "brown", "center", "collapse", "dashed", "dotted"),
    *("fuchsia", "gray", "green", "!important", "italic", "left", "lime", "maroon", "medium", "none", "navy", "normal", "nowrap"),
    *(
        "olive",
        "pointer",
        "purple",
        "red",
        "right",
        "solid",
        "silver",
        "teal",
        "top",
        "transparent",
        "underline",
        "white",
        "yellow",
    ),
}
_VALUE = re.compile(
    r"(#[0-9a-f]+|rgb\(\d+%?,\d*%?,?\d*%?\)?|\d{0,2}\.?\d{0,2}(cm|em|ex|in|mm|pc|pt|px|%|,|\))?)", re.ASCII | re.IGNORECASE
)


def html_complaints(written: str) -> Iterator[str]:
    """What is dangerous in the HTML."""
    for element in html.fragment_fromstring(written, create_parent="div").iter():
        if element.tag in _DANGEROUS:
            yield f"SecurityRisk {element.tag}"
        for name, value in element.attrib.items():
            if name in _DANGEROUS_ATTRIBUTES or name.startswith("on"):
                yield f"SecurityRiskAttr {name}"
            if name == "style" and not _is_harmless(value):
                yield f"DangerousStyleAttr {value}"


def _is_harmless(style: str) -> bool:
    if not _STYLE.fullmatch(style) or not _DECLARATIONS.fullmatch(style):
        return False
    for name, value in _DECLARATION.findall(style.lower()):
        if name not in _PROPERTIES:
            return False
        if name.partition("-")[0] in {"background", "border", "margin", "padding"} and not all(
            word in _KEYWORDS or _VALUE.fullmatch(word) for word in value.split()
        ):
            return False
    return True
