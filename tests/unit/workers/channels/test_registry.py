from ipaddress import ip_network

import pytest

from sokbo.domain import partner, subscription
from sokbo.domain.delivery import Verdict
from sokbo.net.client import GuardedClient
from sokbo.net.signing import new_key
from tests.unit.workers.channels.jobs import job
from workers.channels.registry import CHANNELS, Channel


@pytest.mark.parametrize("channel", CHANNELS.values(), ids=CHANNELS)
@pytest.mark.parametrize("url", ["http://10.0.0.1/", "http://partner.invalid/", "http://127.0.0.2:9/", "no URL at all"])
async def test_remote_that_cannot_be_reached_is_an_outcome_not_an_error(channel: Channel, url: str) -> None:
    async with GuardedClient((ip_network("127.0.0.0/8"),)) as client:
        outcome = await channel.push(client, job(url, new_key()))
    assert outcome.verdict is Verdict.RETRY
    assert outcome.status is None
    assert outcome.detail


def test_partners_can_ask_for_all_channels_but_that_of_the_hubs_subscribers() -> None:
    assert tuple(CHANNELS) == (*partner.CHANNELS, subscription.CHANNEL)
