"""Loads what an attempt needs: the event, the article as it then was, the partner and its secrets."""

from collections.abc import Sequence

from sokbo.domain.delivery import Delivery
from sokbo.net.sealing import Sealer
from sokbo.storage import UnitOfWork
from workers.channels.job import PushJob


def load_jobs(uow: UnitOfWork, leased: Sequence[Delivery], sealer: Sealer) -> Sequence[PushJob]:
    """One job for each delivery, in their order; what several share is loaded once."""
    if not leased:
        return []
    events = uow.events.get({delivery.event_id for delivery in leased})
    partners = uow.partners.many({delivery.partner_id for delivery in leased})
    sealed = uow.partners.sealed_secrets(partners, uow.now)
    sites = {site_id: uow.sites.get(site_id) for site_id in {delivery.site_id for delivery in leased}}
    editions = {(delivery.article_id, delivery.revision) for delivery in leased}
    articles = {edition: uow.articles.at_revision(*edition) for edition in editions}
    return [
        PushJob(
            delivery_id=delivery.id,
            event=events[delivery.event_id],
            site=sites[delivery.site_id],
            article=articles[delivery.article_id, delivery.revision],
            partner=partners[delivery.partner_id],
            secrets=tuple(sealer.open(secret, delivery.partner_id) for secret in sealed[delivery.partner_id]),
            now=uow.now,
        )
        for delivery in leased
    ]
