"""Which deliveries a worker takes next: partners before subscribers, breaking news before the rest, everyone in turn."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sokbo.domain.delivery import Delivery
from sokbo.domain.event import Lane
from sokbo.domain.ids import PartnerId
from sokbo.settings import Settings
from sokbo.storage import UnitOfWork
from sokbo.storage.delivery_leasing import PARTNERS, SUBSCRIBERS_ALONE, PartnerIdRange


@dataclass(slots=True)
class RoundRobin:
    """`_served`: with whom the last turn ended, if not all had theirs."""

    settings: Settings
    lanes: tuple[Lane, ...]
    holder: str
    _served: dict[tuple[Lane, PartnerIdRange], PartnerId | None] = field(default_factory=dict)

    def lease(self, uow: UnitOfWork, room: int) -> list[Delivery]:
        """As many as there is room for: to partners first, breaking news before anything else; then to the hub's subscribers, of
        whom there may be any number, and who leave room for half of what may be under way; and probes of those who took no
        pushes."""
        leased: list[Delivery] = []
        lease_seconds, probe_seconds = self.settings.lease_seconds, self.settings.probe_seconds
        for among, left_free in ((PARTNERS, 0), (SUBSCRIBERS_ALONE, self.settings.pushes_in_flight // 2)):
            for lane in self.lanes:
                if (left := room - left_free - len(leased)) > 0:
                    leased += self._lease_lane(uow, lane, among, left)
        for lane in self.lanes:
            if left := room - len(leased):
                leased += uow.deliveries.lease_probes(lane, self.holder, uow.now, lease_seconds, probe_seconds, left)
        return leased

    def _lease_lane(self, uow: UnitOfWork, lane: Lane, among: PartnerIdRange, room: int) -> Sequence[Delivery]:
        """Goes round: the next turn begins with the partner after this one's last, if not all had theirs."""
        after, seconds = self._served.get((lane, among)), self.settings.lease_seconds
        leased = last = uow.deliveries.lease(lane, self.holder, uow.now, seconds, room, after, among=among)
        if after is not None and len(leased) < room:
            last = uow.deliveries.lease(lane, self.holder, uow.now, seconds, room - len(leased), among=among)
            leased = [*leased, *last]
        self._served[lane, among] = max(delivery.partner_id for delivery in last) if len(leased) == room else None
        return leased
