"""What is said of an event, by push and by the list of events alike: `type`, `timestamp` and `data`, as Standard Webhooks
shapes it."""

import html
from datetime import datetime
from typing import Any

import orjson

from sokbo.domain.article import Article, ArticleState, article_url
from sokbo.domain.delivery import PING
from sokbo.domain.event import Event, EventType
from sokbo.domain.partner import ContentProfile
from sokbo.domain.site import Site

MAX_PAYLOAD_BYTES = 20_000

#: What an overlong payload does without, the longest of them first; the link and its snippet always stay.
DISPENSABLE = ("summary", "tags", "categories", "authors", "image", "correction_note")


def render(event: Event, site: Site, article: Article, content: ContentProfile, rel: str) -> bytes:
    """The body to sign and send: RFC 3339 times in UTC, UTF-8, under 20 kB unless `content` is full."""
    payload = describe(event, site, article, content, rel)
    if content is ContentProfile.FULL:
        return _encode(payload)
    return _encode_within_bounds(payload, payload["data"]["article"])


def render_ping(site: Site, now: datetime) -> bytes:
    """The body of a test: it tells of nothing."""
    return _encode({"type": PING, "timestamp": now, "data": {"site": _site(site)}})


def describe(event: Event, site: Site, article: Article, content: ContentProfile, rel: str) -> dict[str, Any]:
    """What `render` says, in full length, before it is encoded.

    Of a withdrawn article, whatever the event, it says the id, number, URL and state, and none of its words.
    """
    data: dict[str, Any] = {"site": _site(site), "sequence": event.sequence}
    url = article_url(site, article)
    payload = {"type": event.type.value, "timestamp": event.created_at, "data": data}
    if event.type is EventType.ARTICLE_WITHDRAWN or article.state is ArticleState.WITHDRAWN:
        data["article"] = {"id": article.id, "number": article.number, "url": url, "state": ArticleState.WITHDRAWN.value}
        return payload
    data["article"] = _words(event, site, article) | {"url": url} | _texts(article, content)
    data["link"] = {"url": url, "title": article.content.title, "rel": rel}
    data["html"] = snippet(url, article.content.title, rel)
    return payload


def snippet(url: str, title: str, rel: str) -> str:
    """A link, ready to be put into a page."""
    attributes = f'href="{html.escape(url)}"' + (f' rel="{html.escape(rel)}"' if rel else "")
    return f"<a {attributes}>{html.escape(title)}</a>"


def _site(site: Site) -> dict[str, str]:
    return {"name": site.name, "title": site.title, "url": site.url()}


def _words(event: Event, site: Site, article: Article) -> dict[str, Any]:
    content = article.content
    return {
        "id": article.id,
        "number": article.number,
        "state": article.state.value,
        "revision": article.revision,
        "canonical_url": content.canonical_url,
        "title": content.title,
        "language": content.language or site.language,
        "categories": content.categories,
        "tags": content.tags,
        "authors": [{"name": author.name, "url": author.url} for author in content.authors],
        "image": content.image,
        "published_at": article.published_at,
        "modified_at": article.modified_at,
        "correction_note": content.correction_note,
        "breaking": _breaking(event, article),
    }


def _texts(article: Article, content: ContentProfile) -> dict[str, str]:
    if content is ContentProfile.LINK:
        return {}
    texts = {"summary": article.content.summary}
    if content is ContentProfile.FULL:
        texts["content_html"] = article.content.html
    return texts


def _breaking(event: Event, article: Article) -> dict[str, datetime] | None:
    if event.type is EventType.BREAKING_ENDED or not event.breaking or article.breaking_until is None:
        return None
    return {"until": article.breaking_until}


def _encode_within_bounds(payload: dict[str, Any], article: dict[str, Any]) -> bytes:
    body = _encode(payload)
    for key in sorted(article.keys() & set(DISPENSABLE), key=lambda name: len(_encode(article[name])), reverse=True):
        if len(body) < MAX_PAYLOAD_BYTES:
            break
        del article[key]
        body = _encode(payload)
    return body


def _encode(payload: Any) -> bytes:
    return orjson.dumps(payload, option=orjson.OPT_UTC_Z)
