"""Every site's selections, as they were last told: at most a second behind, which is soon enough for advice."""

from collections.abc import Iterable, Sequence

from sokbo.domain.ids import SiteId
from sokbo.domain.selection import Selection


class SelectionDirectory:
    """Empty until `replace` is called."""

    def __init__(self) -> None:
        self._by_site: dict[SiteId, list[Selection]] = {}

    def replace(self, selections: Iterable[Selection]) -> None:
        """Takes these in the place of all before."""
        by_site: dict[SiteId, list[Selection]] = {}
        for selection in selections:
            by_site.setdefault(selection.site_id, []).append(selection)
        self._by_site = by_site

    def of(self, site_id: SiteId) -> Sequence[Selection]:
        return self._by_site.get(site_id, ())
