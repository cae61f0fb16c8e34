import pytest

from service.connections import Connections
from service.limits import MAX_NAMES, RateLimit, network_of
from sokbo.errors import RateLimited


class Idle:
    """A connection that only counts."""

    def check(self, now: float) -> None: ...

    def end(self) -> None: ...


def test_after_the_wait_that_it_names_a_rate_allows_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("service.limits.time.monotonic", lambda: now)
    limit = RateLimit(7)
    for _ in range(7):
        limit.spend("a")
    with pytest.raises(RateLimited) as caught:
        limit.spend("a")
    now += int(caught.value.headers["Retry-After"])
    limit.spend("a")


def test_only_the_names_used_last_are_remembered() -> None:
    limit = RateLimit(1)
    for number in range(MAX_NAMES + 1):
        limit.spend(str(number))
    limit.spend("0")
    with pytest.raises(RateLimited):
        limit.spend("2")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::2:3:4:5", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("", "", True),
    ],
)
def test_what_one_sender_can_choose_counts_as_one_address(one: str, other: str, same: bool) -> None:
    assert (network_of(one) == network_of(other)) is same


def test_connections_are_bounded_by_address_and_in_all() -> None:
    connections = Connections(per_address=2, total=3)
    first = Idle()
    assert connections.admit(first, "192.0.2.1")
    assert connections.admit(Idle(), "192.0.2.1")
    assert not connections.admit(Idle(), "192.0.2.1")
    assert connections.admit(Idle(), "192.0.2.2")
    assert not connections.admit(Idle(), "192.0.2.3")
    connections.leave(first)
    connections.leave(first)
    assert connections.admit(Idle(), "192.0.2.1")
    assert connections.refused == 2


def test_trusted_proxy_may_hold_as_many_connections_as_there_are() -> None:
    connections = Connections(per_address=1, total=3, trusts=lambda address: address == "192.0.2.1")
    assert [connections.admit(Idle(), "192.0.2.1") for _ in range(4)] == [True, True, True, False]
