"""All push channels by name. To add one is to add its module here."""

from types import MappingProxyType
from typing import Protocol

from sokbo.domain.delivery import Outcome
from sokbo.net.client import GuardedClient
from workers.channels import webhook, websub
from workers.channels.job import PushJob


class Channel(Protocol):
    """A module that pushes in one way. `name` is what a partner's `channel` says."""

    @property
    def name(self) -> str: ...

    async def push(self, client: GuardedClient, job: PushJob) -> Outcome:
        """What became of one attempt. A remote's failure is an outcome; an exception is our bug."""
        ...


_ALL: tuple[Channel, ...] = (webhook, websub)

CHANNELS = MappingProxyType({channel.name: channel for channel in _ALL})
