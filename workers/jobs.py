"""Loads what an attempt needs: the event, the article as it then was, the partner and its secrets."""

from collections.abc import Sequence

import structlog

from sokbo.domain.delivery import Delivery
from sokbo.domain.ids import DeliveryId, EventId
from sokbo.net.sealing import SealBroken, Sealer
from sokbo.storage import UnitOfWork
from workers.channels.job import PushJob

log = structlog.get_logger()


def load_jobs(uow: UnitOfWork, leased: Sequence[Delivery], sealer: Sealer) -> dict[DeliveryId, PushJob]:
    """A job for each delivery, without those whose partner's secret can't be opened; what several share is loaded once."""
    events = uow.events.get({delivery.event_id for delivery in leased if delivery.event_id})
    partners = uow.partners.many({delivery.partner_id for delivery in leased})
    sealed = uow.partners.sealed_secrets(partners, uow.now)
    sites = {site_id: uow.sites.get(site_id) for site_id in {delivery.site_id for delivery in leased}}
    editions = {(delivery.article_id, delivery.revision) for delivery in leased if delivery.article_id}
    articles = {edition: uow.articles.at_revision(*edition) for edition in editions}
    bodies: dict[EventId | None, dict[tuple[str, str], bytes]] = {delivery.event_id: {} for delivery in leased}
    jobs = {}
    for delivery in leased:
        try:
            secrets = tuple(sealer.open(secret, delivery.partner_id) for secret in sealed[delivery.partner_id])
        except SealBroken:
            log.exception("secret_not_opened", partner_id=delivery.partner_id, delivery_id=delivery.id)
            continue
        jobs[delivery.id] = PushJob(
            delivery_id=delivery.id,
            event=events[delivery.event_id] if delivery.event_id else None,
            site=sites[delivery.site_id],
            article=articles[delivery.article_id, delivery.revision] if delivery.article_id else None,
            partner=partners[delivery.partner_id],
            secrets=secrets,
            bodies=bodies[delivery.event_id],
            now=uow.now,
        )
    return jobs
