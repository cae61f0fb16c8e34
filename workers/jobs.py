"""Loads what an attempt needs: the event, the article as it is now, the partner and its secrets."""

from collections.abc import Sequence
from datetime import datetime

import structlog

from sokbo.domain.article import Article, ArticleState
from sokbo.domain.delivery import TOPIC_CHANGED, Delivery, Outcome, Verdict
from sokbo.domain.event import EventType
from sokbo.domain.ids import EventId
from sokbo.net.sealing import SealBroken, Sealer
from sokbo.storage import UnitOfWork
from workers.channels.job import PushJob
from workers.topics import contents

log = structlog.get_logger()


def load_jobs(
    uow: UnitOfWork, leased: Sequence[Delivery], sealer: Sealer, hub_signature: str
) -> tuple[list[tuple[Delivery, PushJob]], list[tuple[Delivery, Outcome]]]:
    """What to push, and what has ended without a push: OVERTAKEN, if it is no longer to be told of the article, or if the
    subscription has ended; RETRY, if the partner's secret can't be opened, which is logged and counts as a failed attempt. What
    several share is loaded once."""
    events = uow.events.get({delivery.event_id for delivery in leased if delivery.event_id})
    addressees = uow.partners.addressees({delivery.partner_id for delivery in leased}, uow.now)
    sites = {site_id: uow.sites.get(site_id) for site_id in {delivery.site_id for delivery in leased}}
    articles = uow.articles.many({delivery.article_id for delivery in leased if delivery.article_id})
    told = {key: uow.media.with_current_media_urls(sites[article.site_id], article) for key, article in articles.items()}
    said = contents(uow, leased, hub_signature)
    bodies: dict[EventId | None, dict[tuple[str, str], bytes]] = {delivery.event_id: {} for delivery in leased}
    jobs, ended = [], []
    for delivery in leased:
        article = articles[delivery.article_id] if delivery.article_id else None
        ends = delivery.type == TOPIC_CHANGED and delivery.partner_id not in said
        if ends or _is_overtaken(delivery, article, uow.now):
            ended.append((delivery, Outcome(Verdict.OVERTAKEN, 0.0)))
            continue
        addressee = addressees[delivery.partner_id]
        try:
            secrets = tuple(sealer.open(secret, delivery.partner_id) for secret in addressee.sealed_secrets)
        except SealBroken as broken:
            log.exception("secret_not_opened", partner_id=delivery.partner_id, delivery_id=delivery.id)
            ended.append((delivery, Outcome(Verdict.RETRY, 0.0, detail=f"our own fault: the partner's secret was {broken}")))
            continue
        job = PushJob(
            delivery_id=delivery.id,
            event=events[delivery.event_id] if delivery.event_id else None,
            site=sites[delivery.site_id],
            article=article and told[article.id],
            addressee=addressee,
            content=said.get(delivery.partner_id),
            secrets=secrets,
            bodies=bodies[delivery.event_id],
            now=uow.now,
        )
        jobs.append((delivery, job))
    return jobs, ended


def _is_overtaken(delivery: Delivery, article: Article | None, now: datetime) -> bool:
    """True if what the article was is no longer to be told of it: it is withdrawn, or it doesn't break any more, which whoever
    hears of no end would never learn."""
    if article is None or delivery.type == EventType.ARTICLE_WITHDRAWN:
        return False
    if article.state is ArticleState.WITHDRAWN:
        return True
    return delivery.type == EventType.BREAKING_STARTED and not article.is_breaking(now)
