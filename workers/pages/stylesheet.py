"""The one stylesheet, which every page carries inline, the one script, and the security policy that admits nothing else."""

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256

from markupsafe import Markup

from sokbo import TEMPLATES

#: In the order in which they override each other.
_PARTS = ("base", "masthead", "listings", "articles", "feeds", "footer", "print")

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SPACE = re.compile(r"\s+")
_AROUND_PUNCTUATION = re.compile(r" ?([{};,]) ?")


@cache
def stylesheet() -> Markup:
    """The style element's content, without comments and needless space."""
    source = "".join((TEMPLATES / "styles" / f"{part}.css").read_text("utf-8") for part in _PARTS)
    css = _AROUND_PUNCTUATION.sub(r"\1", _SPACE.sub(" ", _COMMENT.sub("", source)))
    return Markup(css.replace(";}", "}").strip())  # noqa: S704 - our own files


@cache
def copy_script() -> Markup:
    """The script of the page of feeds."""
    return Markup((TEMPLATES / "scripts" / "copy.js").read_text("utf-8"))  # noqa: S704 - our own file


@cache
def _content_security_policy(script: str) -> str:
    """Pictures, sound and film from anywhere, our stylesheet, editors' colours, no script but this and no frame (CSP level 3)."""
    return "; ".join(
        [
            "default-src 'none'",
            "img-src * data:",
            "media-src *",
            f"style-src {_hash(stylesheet())}",
            *([f"script-src {_hash(script)}"] if script else []),
            "style-src-attr 'unsafe-inline'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )


def _hash(source: str) -> str:
    return f"'sha256-{b64encode(sha256(source.encode()).digest()).decode()}'"


def page_headers(script: str = "") -> dict[str, str]:
    """The headers that every page is sent with; `script` is the one that it carries inline, if any."""
    return {
        "Content-Security-Policy": _content_security_policy(script),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin-when-cross-origin",
    }
