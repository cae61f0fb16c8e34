"""A breaking article, its event, and a partner who hears of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sokbo.domain.article import Article, ArticleState, Author, Content, Image
from sokbo.domain.event import Event, EventType
from sokbo.domain.ids import ArticleId, DeliveryId, EventId, PartnerId, SiteId
from sokbo.domain.partner import ContentProfile
from sokbo.domain.site import Site
from sokbo.storage.partners import Addressee
from workers.channels.job import PushJob, TopicContent

NOW = datetime(2026, 3, 2, 9, 30, 15, tzinfo=UTC)
SITE = Site(SiteId(7), "gnj", "경남진", "https://gnj.example.kr", NOW)
CONTENT = Content(
    title='속보 "하나" & <둘>',
    html="<p>본문</p>",
    text="본문",
    summary="요약",
    categories=("정치",),
    tags=("apec",),
    authors=(Author("김기자", "https://gnj.example.kr/kim", "kim@gnj.example.kr"),),
    image=Image("https://gnj.example.kr/a.jpg", "사진"),
)
ARTICLE = Article(
    ArticleId("0195a6f0-0000-7000-8000-000000000001"),
    SITE.id,
    12,
    "속보",
    3,
    ArticleState.PUBLISHED,
    CONTENT,
    created_at=NOW,
    modified_at=NOW,
    published_at=NOW,
    breaking_until=NOW + timedelta(hours=6),
)
URL = "https://gnj.example.kr/12/%EC%86%8D%EB%B3%B4"
ADDRESSEE = Addressee(PartnerId("prt_1"), "webhook", "https://partner.example/hook", ContentProfile.SUMMARY, "noopener", ())


TOPIC = TopicContent(
    "https://gnj.example.kr/feed.atom", SITE.hub_url, "application/atom+xml; charset=utf-8", b"<feed/>", "sha256"
)


def event(kind: EventType = EventType.BREAKING_STARTED, *, breaking: bool = True) -> Event:
    return Event(EventId("evt_1"), SITE.id, 42, kind, ARTICLE.id, ARTICLE.revision, breaking, NOW, "req_1")


def article(**content: Any) -> Article:
    """The article with other words."""
    return replace(ARTICLE, content=replace(CONTENT, **content))


def job(url: str, *secrets: str, now: datetime = NOW) -> PushJob:
    return PushJob(DeliveryId("dlv_1"), event(), SITE, ARTICLE, replace(ADDRESSEE, url=url), now, secrets, TOPIC)
