"""Which site a request means, by its Host or by the first segment of its path."""

from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

from sokbo.domain.site import Site, has_its_host, plain_host


class SiteDirectory:
    """The sites as they were last told. Empty until `replace` is called."""

    def __init__(self) -> None:
        self._by_name: dict[str, Site] = {}
        self._by_host: dict[str, Site] = {}

    def replace(self, sites: Iterable[Site]) -> bool:
        """Takes these sites in the place of all before; True if anything changed."""
        by_name = {site.name: site for site in sites}
        if by_name == self._by_name:
            return False
        self._by_name = by_name
        self._by_host = {site.host: site for site in by_name.values() if has_its_host(site.base_url)}
        return True

    def named(self, name: str) -> Site | None:
        """The site of that name."""
        return self._by_name.get(name)

    def all(self) -> Collection[Site]:
        """Every site, in the order in which they were told."""
        return self._by_name.values()

    def at_host(self, host: str) -> Site | None:
        """The site that has that host (as in a Host header) to itself; a site below a path of its host has not."""
        return self._by_host.get(plain_host(host))

    def below(self, host: str, name: str | None) -> Site | None:
        """Whose an address is that has this site's name before it, or none: a site that has its host to itself has none, and
        there is no other site on that host."""
        own = self.at_host(host)
        if name is None:
            return own
        return self.named(name) if own is None else None

    def below_host(self, host: str) -> list[Site]:
        """Every site whose addresses have that host, be it a site's own or shared."""
        return [site for site in self._by_name.values() if site.host == plain_host(host)]

    def at_address(self, host: str, path: str) -> tuple[Site, str] | None:
        """The site whose base URL such an address is below, and the rest of its path. Of two, the one whose own path is longer:
        it may be below the other's."""
        roots = [(urlsplit(site.base_url).path, site) for site in self.below_host(host)]
        above = [(root, site) for root, site in roots if path.startswith(f"{root}/") or path == root == ""]
        if not above:
            return None
        root, site = max(above, key=lambda pair: len(pair[0]))
        return site, path.removeprefix(root)
