"""What is asked of a database that hangs takes one thread, and an end."""

import asyncio

import pytest

from service.routes import operating
from service.routes.operating import Shared
from sokbo.errors import Unavailable


async def test_question_without_an_answer_is_asked_once_and_given_up_by_whoever_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operating, "ANSWER_SECONDS", 0.01)
    asked, answered = [], asyncio.Event()

    async def ask() -> str:
        asked.append(1)
        await answered.wait()
        return "here"

    shared = Shared(ask)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            await shared()
    answered.set()
    monkeypatch.setattr(operating, "ANSWER_SECONDS", 30.0)
    assert await shared() == "here"
    assert len(asked) == 1
    assert await shared() == "here"
    assert len(asked) == 2


async def test_refusal_is_everyones_who_waited() -> None:
    async def ask() -> None:
        raise Unavailable("gone")

    shared = Shared(ask)
    for outcome in await asyncio.gather(shared(), shared(), return_exceptions=True):
        assert isinstance(outcome, Unavailable)
