"""The few words that feeds add to what publishers wrote, in the languages of our sites."""

from sokbo.domain.feed import Listing, ListingKind
from sokbo.domain.site import Site

_FALLBACK = "en"
_WORDS = {
    "ko": {
        "breaking": "속보",
        "category": "분류",
        "tag": "태그",
        "author": "글쓴이",
        "selection": "골라 담은 피드",
        "correction": "정정",
        "audio": "오디오 듣기",
        "video": "동영상 보기",
        "taken_back": "이 피드는 더 이상 제공되지 않습니다.",
        "emptied": "이 사이트맵에는 더 이상 실린 기사가 없습니다.",
        "separator": " · ",
    },
    "en": {
        "breaking": "Breaking",
        "category": "Category",
        "tag": "Tag",
        "author": "Author",
        "selection": "Selections",
        "correction": "Correction",
        "audio": "Listen to the audio",
        "video": "Watch the video",
        "taken_back": "This feed is not offered any more.",
        "emptied": "No article is listed in this sitemap any more.",
        "separator": " — ",
    },
}


def word(name: str, language: str) -> str:
    """The word in the BCP 47 language's primary language; in English where we have no other."""
    return _WORDS.get(language.lower().partition("-")[0], _WORDS[_FALLBACK])[name]


def listing_title(site: Site, listing: Listing) -> str:
    """What people call the listing: «경남진», «경남진 · 속보», «News — Category: Politics»."""
    if listing.kind is ListingKind.SITE:
        return site.title
    if listing.kind is ListingKind.SELECTION:
        own = listing.label
    else:
        kind = word(listing.kind.value, site.language)
        own = f"{kind}: {listing.label}" if listing.label else kind
    return site.title + word("separator", site.language) + own
