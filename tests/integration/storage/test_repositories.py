"""Sites, keys, partners, documents, idempotency, tallies: what is written is read again, and a site sees its own only."""

from dataclasses import replace
from datetime import timedelta

from sokbo.domain.compression import piece
from sokbo.domain.document import Document, Fragment, FragmentFormat
from sokbo.domain.event import EventType
from sokbo.domain.feed import SITE_LISTING
from sokbo.domain.ids import SiteId
from sokbo.domain.key import Scope, token_digest
from sokbo.domain.partner import BREAKING_ONLY_EVENTS, ContentProfile, Filter, PartnerState
from sokbo.domain.site import StandingLink
from sokbo.domain.tally import ABOVE, SUM, Measure, Tally
from sokbo.keys import issue, revoke
from sokbo.storage import Database
from tests.clock import START, Clock
from tests.newsroom import SEALER, Newsroom


def test_site_is_read_as_it_was_written(database: Database) -> None:
    link = StandingLink("속보는,", "https://newsdao.example")
    words = {"description": "설명", "footer": "바닥", "logo": "https://news.example/logo.png"}
    full = Newsroom.open(database, **words, language="en", timezone="Europe/Paris", standing_link=link)
    bare = Newsroom.open(database, standing_link=None)
    with database.read() as uow:
        assert uow.sites.all() == [full.site, bare.site]
        assert uow.sites.by_name(full.site.name) == uow.sites.get(full.site.id) == full.site
        assert uow.sites.by_name("nobody") is None
        assert uow.sites.versions() == {full.site.id: 0, bare.site.id: 0}


def test_new_and_changed_sites_are_rendered_anew_down_to_their_oldest_article(newsroom: Newsroom) -> None:
    site_id = newsroom.site.id
    newsroom.post()
    with newsroom.database.write() as uow:
        assert uow.sites.being_rendered() == [(site_id, 1)]
        assert uow.sites.rendered_down_to(site_id, 1, None)
        assert uow.sites.being_rendered() == []
        uow.sites.save(replace(newsroom.site, title="다른 이름"))
        uow.sites.render_anew(site_id)
        assert uow.sites.being_rendered() == [(site_id, 2)]
        assert uow.sites.get(site_id).title == "다른 이름"
        assert not uow.sites.rendered_down_to(site_id, 7, None)
        assert uow.sites.being_rendered() == [(site_id, 2)]


def test_key_is_found_by_its_token_until_it_is_revoked(newsroom: Newsroom) -> None:
    site_id = newsroom.site.id
    with newsroom.database.write() as uow:
        key, token = issue(uow, site_id, [Scope.PUBLISH, Scope.READ], "editor", actor="cli", request_id="req_1")
        assert uow.keys.by_digests([token_digest(token)]) == {token_digest(token): key}
        assert uow.keys.by_digests([token_digest("sokbo_" + "x" * 40)]) == {}
        assert key.allows(Scope.PUBLISH)
        assert not key.allows(Scope.PARTNERS)
        assert uow.keys.revoke(SiteId(site_id + 1), key.prefix, uow.now) == 0
        revoke(uow, site_id, key.prefix, actor="cli", request_id="req_2")
        assert uow.keys.by_digests([token_digest(token)]) == {}
        uow.commit()


def test_partner_is_read_as_it_was_written(database: Database, newsroom: Newsroom) -> None:
    wanted = Filter((EventType.ARTICLE_PUBLISHED, EventType.BREAKING_STARTED), ("world", "정치"), ("apec",), breaking_only=True)
    partner = newsroom.subscribe()
    changed = replace(
        partner,
        name="이름",
        url="https://b.example/h",
        filter=wanted,
        content=ContentProfile.FULL,
        rel="nofollow",
        state=PartnerState.DISABLED,
        disabled_reason="gone",
    )
    with database.write() as uow:
        uow.partners.save(changed)
        uow.commit()
    other = Newsroom.open(database).site.id
    with database.read() as uow:
        assert uow.partners.get(newsroom.site.id, partner.id) == changed
        assert uow.partners.get(other, partner.id) is None
        assert uow.partners.many([partner.id]) == {partner.id: changed}
        assert list(uow.partners.page(newsroom.site.id, "", 10)) == [changed]
        assert list(uow.partners.page(newsroom.site.id, partner.id, 10)) == []
        [sealed] = uow.partners.addressees([partner.id], uow.now)[partner.id].sealed_secrets
    assert SEALER.open(sealed, partner.id).startswith("whsec_")


def test_breaking_only_partner_is_not_told_of_breaking_news_twice(newsroom: Newsroom) -> None:
    partner = newsroom.subscribe(breaking_only=True)
    with newsroom.database.read() as uow:
        stored = uow.partners.get(newsroom.site.id, partner.id)
    assert stored is not None
    assert stored.filter.effective_events in {BREAKING_ONLY_EVENTS, tuple(sorted(BREAKING_ONLY_EVENTS))}


def test_idempotent_answer_is_kept_within_its_site(database: Database, newsroom: Newsroom) -> None:
    other = Newsroom.open(database).site.id
    with database.write() as uow:
        uow.idempotency.keep(newsroom.site.id, "k", "digest", {"id": "a", "number": 1}, uow.now)
        uow.idempotency.keep(other, "k", "other", {}, uow.now)
        uow.commit()
    with database.read() as uow:
        kept = uow.idempotency.find(newsroom.site.id, "k")
        assert kept is not None
        assert (kept.request_digest, kept.answer) == ("digest", {"id": "a", "number": 1})
        assert uow.idempotency.find(newsroom.site.id, "l") is None


def test_tallies_add_up(database: Database) -> None:
    for seconds in (0.004, 0.3, 99.0):
        tally = Tally()
        tally.count(Measure.EVENTS, "article.published", by=2)
        tally.observe(Measure.SYNDICATION_SECONDS, seconds)
        with database.write() as uow:
            uow.tallies.add(tally)
            uow.tallies.add(Tally())
            uow.commit()
    with database.read() as uow:
        sums = uow.tallies.all()
    assert sums[Measure.EVENTS] == {"article.published": 6}
    assert sums[Measure.SYNDICATION_SECONDS] == {"0.005": 1, "0.5": 1, ABOVE: 1, SUM: 99.304}
    assert sums[Measure.DOCUMENTS] == {}


def test_document_is_read_as_it_was_stored_and_replaced_whole(newsroom: Newsroom) -> None:
    first = Document(
        newsroom.site.id,
        "category/정치",
        "text/html; charset=utf-8",
        "etag",
        START,
        head=piece(b"head"),
        separator=piece(b","),
        tail=piece(b"tail"),
        closing=piece(b"closing"),
        fragments=(3, 1),
        status=410,
        canonical_path="category/politics",
        version=1,
        headers={"X-Frame-Options": "DENY"},
    )
    second = Document(newsroom.site.id, "category/정치", "text/plain", "other", START, head=piece(b"new"), version=2)
    for document in (first, second):
        with newsroom.database.write() as uow:
            uow.documents.store([document])
            uow.documents.store([])
            uow.commit()
        with newsroom.database.read() as uow:
            assert uow.documents.get(newsroom.site.id, document.path) == document
            assert uow.documents.states(newsroom.site.id, [document.path, "none"]) == {
                document.path: (document.etag, document.last_modified, document.fragments)
            }
            assert uow.documents.changed_since(newsroom.site.id, document.version - 1) == [document.path]
            assert uow.documents.changed_since(newsroom.site.id, document.version) == []
            assert uow.documents.get(SiteId(newsroom.site.id + 1), document.path) is None


def test_retired_fragments_stay_readable_until_they_are_forgotten(newsroom: Newsroom, clock: Clock) -> None:
    article = newsroom.post()

    def add(raw: bytes) -> int:
        with newsroom.database.write() as uow:
            made = Fragment(article.id, 1, FragmentFormat.RSS, piece(raw), raw.decode(), uow.now)
            uow.documents.replace_fragments([made], [article.id], uow.now)
            [entry] = uow.documents.entries(newsroom.site.id, SITE_LISTING, 10)
            uow.commit()
        assert entry.fragments[FragmentFormat.RSS][1] == raw.decode()
        return entry.fragments[FragmentFormat.RSS][0]

    old = add(b"old")
    clock.advance(10)
    new = add(b"new")
    with newsroom.database.write() as uow:
        assert uow.documents.pieces([old, new]) == {old: piece(b"old"), new: piece(b"new")}
        uow.sites.rendered_down_to(newsroom.site.id, 1, None)
        assert uow.retention.forget_fragments(clock(), 10) == 0
        assert uow.retention.forget_fragments(clock() + timedelta(seconds=1), 10) == 1
        assert uow.documents.pieces([old, new]) == {new: piece(b"new")}
        uow.commit()
    clock.advance(1)
    assert add(b"newer") > new  # no id is given twice, for older documents name them


def test_listed_article_without_fragments_is_left_out(newsroom: Newsroom) -> None:
    newsroom.post()
    with newsroom.database.read() as uow:
        assert list(uow.documents.entries(newsroom.site.id, SITE_LISTING, 10)) == []
