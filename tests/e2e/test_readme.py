"""The README's tour, command by command, on a real `sokbo up`."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.documents import ROOT, commands, fences, read
from tests.waiting import eventually

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl, which is not installed")

START_SECONDS = 60.0
WITHIN_SECONDS = 15.0
SHOWN_URL = "http://127.0.0.1:8080"
#: Not run here: `make` is how we got here, and the key is taken from the output.
LEFT_OUT = re.compile(r"make |export SOKBO_KEY=")
TOUR = [
    line for fence in fences("sh") if fence.path == ROOT / "README.md" for line in commands(fence) if not LEFT_OUT.match(line)
]


@dataclass(frozen=True, slots=True)
class Running:
    """A started Sokbo and the environment of a terminal beside it."""

    url: str
    environment: dict[str, str]

    def type(self, line: str) -> subprocess.CompletedProcess[str]:
        """What the line says here; curl fails on an answer of 400 or more."""
        here = line.replace(SHOWN_URL, self.url).replace("curl ", "curl --fail-with-body --silent --show-error ")
        here = here.replace(".venv/bin/sokbo", str(Path(sys.executable).with_name("sokbo")))
        return subprocess.run(
            ["bash", "-c", here], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False, timeout=30
        )

    def shows(self, line: str) -> bool:
        """True once the line succeeds: documents come a moment after the article."""
        return self.type(line).returncode == 0


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("readme")
    output = folder / "output"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SOKBO_")}
    environment = clean | {"SOKBO_DATA": str(folder / "data"), "SOKBO_PORT": "0"}
    with output.open("wb") as file:
        command = [sys.executable, "-m", "sokbo", "up"]
        process = subprocess.Popen(command, env=environment, stdout=file, stderr=file, start_new_session=True)
    try:
        eventually(lambda: "/v1/articles" in output.read_text() or process.poll() is not None, START_SECONDS)
        said = output.read_text()
        key, url = re.search(r"Bearer (\S+)'", said), re.search(r"(http://\S+)/v1/articles", said)
        assert key, said
        assert url, said
        yield Running(url[1], environment | {"SOKBO_KEY": key[1]})
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.mark.parametrize("line", TOUR, ids=range(len(TOUR)))
def test_command_of_the_tour_works(running: Running, line: str) -> None:
    eventually(lambda: running.shows(line), WITHIN_SECONDS)


def test_tour_leads_where_it_says(running: Running) -> None:
    eventually(lambda: "남해안 여객선" in running.type(f"curl {SHOWN_URL}/news/feed.atom").stdout, WITHIN_SECONDS)
    eventually(lambda: "Storm nears" in running.type(f"curl {SHOWN_URL}/news/breaking.html").stdout, WITHIN_SECONDS)
    assert "Harbour Daily" in running.type(".venv/bin/sokbo partner list --site news").stdout


def test_each_metric_is_documented_and_no_other(running: Running) -> None:
    page = running.type(f"curl {SHOWN_URL}/metrics").stdout
    shown = set(re.findall(r"^# TYPE (\S+) (?:counter|gauge|histogram)$", page, re.MULTILINE))
    table = read("docs/operating.md").partition("## Metrics")[2].partition("## Logs")[0]

    assert set(re.findall(r"`(sokbo_\w+)`", table)) == {name for name in shown if not name.endswith("_created")}
