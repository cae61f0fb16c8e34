"""A site: one publication. Sites share nothing but image files."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from urllib.parse import quote, urlsplit

from sokbo.domain.ids import SiteId

#: First path segments that are the service's own, and so no site's name.
RESERVED_NAMES = frozenset(
    {
        "v1",
        "v2",
        "hub",
        "micropub",
        "docs",
        "admin",
        "media",
        "healthz",
        "readyz",
        "metrics",
        "openapi.json",
        "robots.txt",
        "favicon.ico",
        "static",
        "assets",
        "api",
        ".well-known",
    }
)
#: Where images are read, below a site and below a host alike.
MEDIA_PATH = "media"
#: Where the WebSub hub is, below a site and below a host alike.
HUB_PATH = "hub"
NAME_PATTERN = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_KEPT_PATHS = 4096
_DEFAULT_PORT = re.compile(r":(?:80|443)\Z")


@dataclass(frozen=True, slots=True)
class StandingLink:
    """What a site's footer shows while nothing breaks, e.g. text «실시간 뉴스 속보는,» and a URL."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Site:
    """`base_url` is where the site's index lives, without a slash at its end; `language` is a BCP 47 tag, `logo` an
    image's URL."""

    id: SiteId
    name: str
    title: str
    base_url: str
    created_at: datetime
    language: str = "ko"
    timezone: str = "Asia/Seoul"
    description: str = ""
    footer: str = ""
    standing_link: StandingLink | None = None
    logo: str | None = None

    def url(self, path: str = "") -> str:
        """The absolute, percent-encoded URL of a path of the site's, given without a leading slash."""
        return f"{self.base_url}/{_encoded(path)}"

    def media_url(self, name: str) -> str:
        """The absolute URL of an image of ours: below the site, wherever a proxy may have put that."""
        return self.url(f"{MEDIA_PATH}/{name}")

    @property
    def hub_url(self) -> str:
        """The absolute URL of the site's WebSub hub: below the site, wherever a proxy may have put that."""
        return self.url(HUB_PATH)

    @property
    def host(self) -> str:
        """The base URL's host with its port, as a Host header names it."""
        return host_of(self.base_url)


def host_of(base_url: str) -> str:
    """The URL's host with its port, unless that is the scheme's own, as a Host header names it."""
    return plain_host(urlsplit(base_url).netloc)


def plain_host(host: str) -> str:
    """A Host header's value, in the form of `host_of`."""
    return _DEFAULT_PORT.sub("", host.lower())


def has_its_host(base_url: str) -> bool:
    """True if a site with that base URL has its host to itself, and isn't below a path of it."""
    return not urlsplit(base_url).path


@lru_cache(maxsize=_KEPT_PATHS)
def _encoded(path: str) -> str:
    """The path, percent-encoded: an article's is in each of its formats, and those of its terms are in many articles."""
    return quote(path)


def is_site_name(name: str) -> bool:
    """True for 1 to 40 lower-case letters, digits and inner hyphens that are no reserved word."""
    return NAME_PATTERN.fullmatch(name) is not None and name not in RESERVED_NAMES
