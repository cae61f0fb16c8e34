from sokbo.cli.pulse import Pulse


def answering(said: str) -> Pulse:
    """A process that answers, or doesn't, as each letter says: y or n."""
    letters = iter(said)
    return Pulse.of_new(lambda: next(letters) == "y", now=0.0)


def test_process_frozen_for_less_than_three_seconds_is_not_lost() -> None:
    pulse = answering("yynnnyynnny")

    assert not any(pulse.is_lost(second) for second in range(11))


def test_process_that_stays_silent_is_lost() -> None:
    pulse = answering("yynnnn")

    assert [pulse.is_lost(second) for second in range(6)] == [False] * 5 + [True]


def test_process_that_is_slow_to_start_is_not_lost() -> None:
    pulse = answering("n" * 29 + "y" * 31)

    assert not any(pulse.is_lost(second) for second in range(60))


def test_process_that_has_not_answered_half_a_minute_after_its_start_is_lost() -> None:
    pulse = answering("n" * 31)

    assert [second for second in range(31) if pulse.is_lost(second)] == [30]


def test_process_is_asked_once_a_second() -> None:
    pulse = answering("yy")

    assert not any(pulse.is_lost(tenth / 10) for tenth in range(20))
