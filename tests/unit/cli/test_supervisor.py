import io
from pathlib import Path
from typing import NamedTuple

import pytest

from sokbo.cli.children import ChildSpec, Executable
from sokbo.cli.console import Console
from sokbo.cli.supervisor import Supervisor


class Usage(NamedTuple):
    free: int


@pytest.mark.parametrize(("free_bytes", "reason"), [(0, "; the disk that holds {logs} is full"), (1 << 30, "")])
def test_child_that_ends_by_itself_is_told_with_its_log_and_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_bytes: int, reason: str
) -> None:
    monkeypatch.setattr("sokbo.disk.shutil.disk_usage", lambda _: Usage(free_bytes))
    said = io.StringIO()
    with Supervisor(tmp_path, 1.0, Console(said)) as supervisor:
        supervisor.add(ChildSpec("ending", Executable(Path("/bin/sh"), ("-c", "echo why; exit 3")), stop_order=1))
        supervisor.wait_until("ending", lambda: "\n" in said.getvalue())
    log = tmp_path / "ending.log"
    assert said.getvalue().splitlines()[0] == (
        f"! ending ended with exit code 3; starts again in 0.1 s; its log ends: why ({log}){reason.format(logs=tmp_path)}"
    )
