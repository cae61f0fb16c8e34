"""The one stylesheet, which every page carries inline, and the security policy that admits it and nothing else."""

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path

from markupsafe import Markup

TEMPLATES = Path(__file__).parents[2] / "templates"

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
def _content_security_policy() -> str:
    """Pictures, sound and film from anywhere, our stylesheet, editors' colours, no scripts and no frame (CSP level 3)."""
    digest = b64encode(sha256(stylesheet().encode()).digest()).decode()
    return "; ".join(
        [
            "default-src 'none'",
            "img-src * data:",
            "media-src https:",
            f"style-src 'sha256-{digest}'",
            "style-src-attr 'unsafe-inline'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )


def page_headers() -> dict[str, str]:
    """The headers that every page is sent with."""
    return {
        "Content-Security-Policy": _content_security_policy(),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin-when-cross-origin",
    }
