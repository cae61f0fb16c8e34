import signal
import subprocess
import sys

ORPHAN = "from sokbo.lifeline import end_with_parent; end_with_parent(parent_pid={parent}); print('alive')"


def test_process_whose_parent_is_gone_already_ends_at_once() -> None:
    ended = subprocess.run([sys.executable, "-c", ORPHAN.format(parent=2**30)], capture_output=True, check=False)

    assert (ended.returncode, ended.stdout) == (-signal.SIGKILL, b"")


def test_process_whose_parent_lives_goes_on() -> None:
    script = ORPHAN.format(parent="__import__('os').getppid()")
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)

    assert (ended.returncode, ended.stdout) == (0, b"alive\n")


def test_process_that_hangs_at_its_end_is_ended_by_force() -> None:
    script = "import threading; from sokbo.lifeline import end_within; end_within(0.1); threading.Event().wait(60)"
    ended = subprocess.run([sys.executable, "-c", script], check=False, timeout=30)

    assert ended.returncode == 1
