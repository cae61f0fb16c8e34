"""What feeds call the listings, in the site's language."""

from sokbo.domain.feed import Listing, ListingKind
from sokbo.domain.site import Site
from sokbo.translations import translate


def kind_name(kind: ListingKind, language: str) -> str:
    """What a listing of that kind is; empty for the site's own."""
    names = {
        ListingKind.BREAKING: translate("Breaking", language),
        ListingKind.CATEGORY: translate("Category", language),
        ListingKind.TAG: translate("Tag", language),
        ListingKind.AUTHOR: translate("Author", language),
        ListingKind.SELECTION: translate("Selections", language),
    }
    return names.get(kind, "")


def feed_title(site: Site, listing: Listing) -> str:
    """What people call the listing: «경남진», «경남진 · 속보», «News — Category: Politics»."""
    if listing.kind is ListingKind.SITE:
        return site.title
    if listing.kind is ListingKind.SELECTION:
        own = listing.label
    else:
        kind = kind_name(listing.kind, site.language)
        own = f"{kind}: {listing.label}" if listing.label else kind
    return translate("%(site)s — %(listing)s", site.language) % {"site": site.title, "listing": own}
