"""A site whose editors and partners act through the domain and the ledger, as the service does, in one transaction each."""

from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Self

from sokbo.domain.article import Article, Content, Draft
from sokbo.domain.delivery import Delivery
from sokbo.domain.event import Event
from sokbo.domain.feed import Listing
from sokbo.domain.ids import PartnerId, SiteId, new_id
from sokbo.domain.lifecycle import Change, create, end_breaking, revise, withdraw
from sokbo.domain.partner import Filter, Partner
from sokbo.domain.site import Site, StandingLink
from sokbo.net.sealing import Sealer
from sokbo.net.signing import new_key
from sokbo.settings import KEY_BYTES
from sokbo.storage import Database, UnitOfWork
from sokbo.storage.changes import write_change

SEALER = Sealer(bytes(KEY_BYTES))
STANDING_LINK = StandingLink("실시간 뉴스 속보는,", "https://newsdao.example")
_numbers = count(1)


def draft(title: str = "제목", **fields: Any) -> Draft:
    """A draft that takes the fields it has itself; its Content takes the others."""
    own = {name: fields.pop(name) for name in list(fields) if name in Draft.__slots__}
    words = {"html": f"<p>{title}</p>", "text": title, "summary": title} | fields
    return Draft(Content(title=title, **words), **own)


@dataclass(frozen=True, slots=True)
class Newsroom:
    """`events` are all that its articles have led to, each with the listings that it touches."""

    database: Database
    site: Site
    events: list[tuple[Event, tuple[Listing, ...]]] = field(default_factory=list)

    @classmethod
    def open(cls, database: Database, **fields: Any) -> Self:
        """A new site."""
        name = f"site-{next(_numbers)}"
        with database.write() as uow:
            site = Site(SiteId(0), name, name.upper(), f"https://{name}.example", uow.now, standing_link=STANDING_LINK)
            site = uow.sites.add(replace(site, **fields))
            uow.commit()
        return cls(database, site)

    @classmethod
    def found(cls, database: Database) -> Self:
        """The site that is there already."""
        with database.read() as uow:
            [site] = uow.sites.all()
        return cls(database, site)

    def post(self, title: str = "제목", *, request_id: str = "req_1", **fields: Any) -> Article:
        with self.database.write() as uow:
            made = create(self.site.id, uow.sites.next_number(self.site.id), draft(title, **fields), uow.now)
            return self._write(uow, made, request_id)

    def revise(self, article: Article, title: str = "새 제목", **fields: Any) -> Article:
        with self.database.write() as uow:
            changed = revise(self._current(uow, article), draft(title, **fields), uow.now)
            assert changed is not None
            return self._write(uow, changed, "req_2")

    def withdraw(self, article: Article) -> Article:
        with self.database.write() as uow:
            changed = withdraw(self._current(uow, article), uow.now)
            assert changed is not None
            return self._write(uow, changed, "req_3")

    def end_breaking(self, article: Article) -> Article:
        with self.database.write() as uow:
            return self._write(uow, end_breaking(self._current(uow, article), uow.now), "req_4")

    def _write(self, uow: UnitOfWork, change: Change, request_id: str) -> Article:
        events = write_change(uow, change, actor="sokbo_abcdef", request_id=request_id)
        uow.commit()
        self.events.extend((event, change.touched) for event in events)
        return change.article

    def _current(self, uow: UnitOfWork, article: Article) -> Article:
        found = uow.articles.get(self.site.id, article.id, lock=True)
        assert found is not None
        return found

    def subscribe(self, url: str = "", *, secret: str = "", **wanted: Any) -> Partner:
        """A new webhook partner, at a host of its own if no URL is given; `wanted` are its filter's fields."""
        url = url or f"https://partner-{next(_numbers)}.example/hook"
        with self.database.write() as uow:
            made = Partner(PartnerId(new_id("ptr")), self.site.id, "partner", "webhook", url, uow.now, filter=Filter(**wanted))
            uow.partners.add(made, SEALER.seal(secret or new_key(), made.id))
            uow.commit()
        return made

    def plan(self) -> list[int]:
        """Plans what each event so far leads to; how many deliveries were new, by event."""
        with self.database.write() as uow:
            planned = [uow.deliveries.plan(event, touched, uow.now) for event, touched in self.events]
            uow.commit()
        return planned

    def article(self, article: Article) -> Article:
        """The article as it is now."""
        with self.database.read() as uow:
            return self._current(uow, article)

    def deliveries(self, article: Article) -> list[Delivery]:
        with self.database.read() as uow:
            return list(uow.delivery_records.of_article(article.id, "", 1000))
