"""References as publishers write them -> absolute URLs that are safe to print and valid in a feed."""

import re
from urllib.parse import SplitResult, quote, urljoin, urlsplit, urlunsplit

_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?\.?|[0-9a-f:.]*:[0-9a-f:.]*")
_LONE_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
_CONTROLS_AND_SPACE = "".join(map(chr, range(0x21)))
_SAFE = "%:@/!$&'()*+,;=~"


def absolute_url(reference: str, base_url: str) -> str | None:
    """The http or https URL that `reference` means on a page at `base_url`, percent-encoded, its host in ASCII.

    None for what has another scheme, no host, credentials, or is only a fragment. (RFC 3986 section 5; browsers drop
    tabs and line breaks inside a URL, so that `java<TAB>script:` is no relative reference.)
    """
    reference = strip(reference)
    if not reference or reference.startswith("#"):
        return None
    try:
        parts = urlsplit(urljoin(f"{base_url}/", reference))
        if parts.scheme not in {"http", "https"} or "@" in parts.netloc:
            return None
        return urlunsplit(
            (parts.scheme, _netloc(parts), _quoted(parts.path), _quoted(parts.query, "?"), _quoted(parts.fragment, "?"))
        )
    except ValueError:  # a port, an IPv6 address, a host or a character that no URL can have
        return None


def link_url(reference: str, base_url: str) -> str | None:
    """As `absolute_url`, and mailto: besides."""
    address = strip(reference)
    if address[:7].lower() != "mailto:":
        return absolute_url(reference, base_url)
    try:
        return f"mailto:{_quoted(address[7:], '?')}"
    except UnicodeEncodeError:
        return None


def strip(reference: str) -> str:
    """`reference` without what browsers overlook in a URL (the URL standard's basic parser, steps 1 to 3)."""
    return re.sub("[\t\n\r]", "", reference).strip(_CONTROLS_AND_SPACE)


def _netloc(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if not host.isascii():
        host = host.encode("idna").decode()
    if not _HOST.fullmatch(host):
        raise ValueError(host)
    if ":" in host:
        host = f"[{host}]"
    return host if parts.port is None else f"{host}:{parts.port}"


def _quoted(text: str, also_safe: str = "") -> str:
    return quote(_LONE_PERCENT.sub("%25", text), safe=_SAFE + also_safe)
