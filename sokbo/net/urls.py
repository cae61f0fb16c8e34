"""Which URLs can be pushed to, as far as their text tells; where they lead is checked when the socket is made."""

import re
from ipaddress import ip_address

from yarl import URL

from sokbo.net import addresses
from sokbo.settings import Network

MAX_URL_CHARACTERS = 2048

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,254}}\Z){_LABEL}(?:\.{_LABEL})*\.?", re.IGNORECASE)
#: Ends in a number, as no name of a host does: what other programs may read as an address (WHATWG URL, «ends in a number»).
_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?", re.IGNORECASE)
_AUTHORITY_END = re.compile("[/?#]")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\]")


class UnusableUrl(ValueError):
    """The URL breaks a rule; the text is that rule, as a sentence for whoever sent the URL."""


def check_url(url: str, allow: tuple[Network, ...] | None = None) -> URL:
    """The parsed URL, if it is absolute, http or https, with a sound host and without credentials or fragment.

    With `allow` given, a host written as an address must also be public or lie in one of these networks.
    Raises UnusableUrl.
    """
    if len(url) > MAX_URL_CHARACTERS:
        raise UnusableUrl(f"must have at most {MAX_URL_CHARACTERS} characters")
    if _FORBIDDEN.search(url):  # the parser would drop some of these without a word
        raise UnusableUrl("must not contain spaces, control characters or backslashes")
    try:
        parsed = URL(url)
    except (ValueError, IndexError) as error:  # yarl's own check of brackets trips over http://a]b[@
        raise UnusableUrl("must be a well-formed URL") from error
    if parsed.scheme not in {"http", "https"}:
        raise UnusableUrl("must begin with http:// or https://")
    if "@" in _AUTHORITY_END.split(url.partition("://")[2], maxsplit=1)[0]:
        raise UnusableUrl("must not contain a user name or password")
    if "#" in url:
        raise UnusableUrl("must not contain a fragment")
    _check_host(parsed.raw_host or "", allow)
    return parsed


def _check_host(host: str, allow: tuple[Network, ...] | None) -> None:
    if "%" in host:  # a zone id means something on one machine only; any other escape is a disguise
        raise UnusableUrl("must not contain a zone id or an escape in its host")
    try:
        ip_address(host)
    except ValueError:
        if not _NAME.fullmatch(host):
            raise UnusableUrl("must name a host") from None
        if _NUMBER.fullmatch(host):
            raise UnusableUrl("must write an address in its usual form, such as 192.0.2.1") from None
        return
    if allow is None:
        return
    try:
        addresses.check(host, allow)
    except addresses.BlockedAddress as error:
        raise UnusableUrl("must not lead to a private or reserved address") from error
