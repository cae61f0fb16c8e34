import socket
import threading
import time

import pytest

from sokbo.net.resolving import OwnThreads


async def test_names_are_looked_up_in_threads_of_its_own() -> None:
    resolver = OwnThreads(1)
    [found, *_] = await resolver.resolve("localhost", 80, socket.AF_INET)
    await resolver.close()
    assert (found["host"], found["port"]) == ("127.0.0.1", 80)


async def test_name_that_is_none_is_an_error_of_the_look_up() -> None:
    resolver = OwnThreads(1)
    with pytest.raises(OSError, match=r"\S"):
        await resolver.resolve("nobody.invalid", 80)
    await resolver.close()


async def test_closing_does_not_wait_for_a_silent_name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()
    monkeypatch.setattr("sokbo.net.resolving.socket.getaddrinfo", lambda *_, **__: answered.wait(10))
    resolver = OwnThreads(1)
    waiting = resolver._executor.submit(socket.getaddrinfo, "slow.example", 80)
    began = time.monotonic()
    await resolver.close()
    assert time.monotonic() - began < 5
    answered.set()
    assert waiting.result()
