"""What the topics of the hub's subscribers say, put together as a reader would be sent it."""

from collections.abc import Sequence

from sokbo.domain.compression import concatenate, join
from sokbo.domain.delivery import TOPIC_CHANGED, Delivery
from sokbo.domain.document import BREAKING_STRIP_PATH, EMPTY, Document
from sokbo.domain.ids import PartnerId, SiteId
from sokbo.storage import UnitOfWork
from workers.channels.job import TopicContent


def contents(uow: UnitOfWork, leased: Sequence[Delivery], signature: str) -> dict[PartnerId, TopicContent]:
    """By subscriber, what is to be sent; nothing for whose subscription has ended. Each topic is read once."""
    subscribers = {delivery.partner_id for delivery in leased if delivery.type == TOPIC_CHANGED}
    if not subscribers:
        return {}
    read: dict[tuple[SiteId, str], TopicContent | None] = {}
    found = {}
    for subscriber, subscription in uow.subscriptions.in_force(subscribers, uow.now).items():
        topic = subscription.site_id, subscription.path
        if topic not in read:
            read[topic] = _read(uow, *topic, signature)
        if (content := read[topic]) is not None:
            found[subscriber] = content
    return found


def _read(uow: UnitOfWork, site_id: SiteId, path: str, signature: str) -> TopicContent | None:
    document = uow.documents.get(site_id, path)
    if document is None:
        return None
    site = uow.sites.get(site_id)
    return TopicContent(site.url(document.public_path), site.hub_url, document.media_type, _body(uow, document), signature)


def _body(uow: UnitOfWork, document: Document) -> bytes:
    """With the breaking strip as it is now, where there is a place for it."""
    strip = None if document.closing is None else uow.documents.get(document.site_id, BREAKING_STRIP_PATH)
    pieces = uow.documents.pieces(document.fragments)
    entries = [pieces[number] for number in document.fragments]
    return join(list(document.pieces(entries, EMPTY if strip is None else concatenate(list(strip.pieces([], EMPTY))))))
