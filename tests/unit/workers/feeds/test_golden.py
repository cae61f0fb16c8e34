"""What each format looks like, kept in golden/ for people to read and for changes to show.

`SOKBO_WRITE_GOLDEN=1 make test ARGS=tests/unit/workers/feeds/test_golden.py` writes the files anew.
"""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from sokbo.domain.archive import Part
from sokbo.domain.article import Author, Image
from sokbo.domain.document import FragmentFormat
from sokbo.domain.feed import BREAKING_LISTING
from sokbo.domain.picture import Picture, PictureState, Variant
from tests.unit.workers.feeds.articles import PUBLISHED, SITE, article
from tests.unit.workers.feeds.feeds import feed
from tests.unit.workers.feeds.members import MEMBERS
from workers.feeds import ATOM, DIALECT_FORMATS, FORMATS, History, footer_link

GOLDEN = Path(__file__).parent / "golden"

#: One of a stranger's that has been measured, and one of ours with its variants.
MEASURED = Picture("https://gnj.example.kr/img/도서관.jpg", PictureState.READY, "image/jpeg", 1024, 683, 120_345)
UPLOADED = Picture(
    "0" * 64,
    PictureState.READY,
    "image/jpeg",
    1600,
    900,
    284_113,
    variants=(
        Variant(f"{'1' * 64}.webp", "image/webp", 320, 180, 9_876),
        Variant(f"{'2' * 64}.jpg", "image/jpeg", 320, 180, 12_345),
        Variant(f"{'3' * 64}.webp", "image/webp", 640, 360, 19_876),
        Variant(f"{'4' * 64}.jpg", "image/jpeg", 640, 360, 23_456),
    ),
)
PICTURES = (MEASURED, UPLOADED)

FERRY = article(
    3,
    title="통영 앞바다 여객선 운항 재개",
    slug="통영-앞바다-여객선-운항-재개",
    summary="풍랑주의보가 풀리면서 오늘 오전 10시부터 여객선이 다시 다닌다.",
    html="<p>풍랑주의보가 풀리면서 오늘 오전 10시부터 여객선이 다시 다닌다.</p>\n<p>첫 배는 <em>욕지도</em>로 간다.</p>",
    text="풍랑주의보가 풀리면서 오늘 오전 10시부터 여객선이 다시 다닌다.\n\n첫 배는 욕지도로 간다.",
    categories=("사회",),
    tags=("통영", "여객선"),
    authors=(Author("한바다", "https://gnj.example.kr/author/한바다"),),
    breaking_until=PUBLISHED + timedelta(hours=6),
)
LIBRARY = article(
    2,
    title="창원 시립도서관, 밤 11시까지 연다",
    slug="창원-시립도서관-밤-11시까지-연다",
    summary="3월부터 평일 열람 시간이 두 시간 늘어난다.",
    html="<h2>달라지는 것</h2>\n<ul><li>평일: 밤 11시까지</li><li>주말: 그대로</li></ul>",
    text="달라지는 것\n\n평일: 밤 11시까지\n주말: 그대로",
    categories=("문화", "생활"),
    image=Image("https://gnj.example.kr/img/도서관.jpg", "창원 시립도서관"),
    correction_note="처음 기사는 «밤 10시»라고 적었습니다. 바로잡습니다.",
    revision=2,
    published_at=PUBLISHED - timedelta(days=1),
    modified_at=PUBLISHED - timedelta(hours=2),
)
MARKET = article(
    1,
    title="진주 중앙시장 & 논개시장 봄맞이 행사",
    slug="진주-중앙시장-논개시장-봄맞이-행사",
    summary="두 시장이 3월 한 달 동안 함께 손님을 맞는다.",
    html='<p>자세한 것은 <a href="https://market.example.kr/">시장 누리집</a>에 있다.</p>',
    text="자세한 것은 시장 누리집에 있다.",
    categories=("경제",),
    canonical_url="https://market.example.kr/news/1",
    image=Image(f"https://gnj.example.kr/media/{UPLOADED.name}", "시장 들머리"),
    published_at=PUBLISHED - timedelta(days=2),
    modified_at=PUBLISHED - timedelta(days=2),
)

RUMOUR = article(
    4,
    title="이 제목은 어디에도 남지 않는다",
    published_at=PUBLISHED - timedelta(days=3),
    modified_at=PUBLISHED - timedelta(days=2, hours=20),
)
SHOWN = [FERRY, LIBRARY, MARKET]
CURRENT = History(previous=Part("2026-03", 1))

DOCUMENTS = {
    **{
        name.replace("/", "-"): member.document([*SHOWN, RUMOUR] if member.is_feed else SHOWN)
        for name, member in MEMBERS.items()
        if "/" in name or not member.is_feed
    },
    "feed.rss": feed(FORMATS[FragmentFormat.RSS], SHOWN, history=CURRENT, pictures=PICTURES),
    "feed.atom": feed(ATOM, SHOWN, history=CURRENT, pictures=PICTURES, tombstones=[ATOM.tombstone(RUMOUR)]),
    "feed.json": feed(FORMATS[FragmentFormat.JSON], SHOWN, history=CURRENT, pictures=PICTURES),
    **{f"{form.format}.rss": feed(form, SHOWN, pictures=PICTURES) for form in DIALECT_FORMATS.values()},
    "breaking.json": feed(FORMATS[FragmentFormat.JSON], [FERRY], listing=BREAKING_LISTING, footer=footer_link(SITE, FERRY)),
}


@pytest.mark.parametrize(("name", "document"), DOCUMENTS.items(), ids=DOCUMENTS.keys())
def test_document_looks_as_it_did(name: str, document: bytes) -> None:
    if os.environ.get("SOKBO_WRITE_GOLDEN"):
        (GOLDEN / name).write_bytes(document)

    assert document.decode() == (GOLDEN / name).read_text(encoding="utf-8")
