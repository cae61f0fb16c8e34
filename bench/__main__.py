"""`python -m bench [NAME...] [--json FILE]` measures the figures named, or all; exit code 1 if a bound isn't kept."""

import argparse
import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import orjson

from bench import accept, fanout, memory, outage, publish, read, visible
from bench.measurement import LeftOut, Measurement
from bench.report import as_json, table
from bench.system import FOLDER, file_system
from sokbo import logs

FIGURES: Mapping[str, Callable[[], Sequence[Measurement]]] = {
    "memory": memory.measure,
    "visible": visible.measure,
    "publish": publish.measure,
    "accept": accept.measure,
    "read": read.measure,
    "fanout": fanout.measure,
    "outage": outage.measure,
}


def main(arguments: list[str]) -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measures Sokbo, each figure beside its limit.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to measure: {', '.join(FIGURES)}; everything if not said")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    wanted = parser.parse_args(arguments)
    if unknown := set(wanted.names) - set(FIGURES):
        parser.error(f"there is no figure {', '.join(sorted(unknown))}")
    for name in [name for name in os.environ if name.startswith("SOKBO_")]:
        del os.environ[name]  # what is measured is the system as it comes
    measurements: list[Measurement] = []
    left_out: list[str] = []
    try:
        _measure(wanted.names or list(FIGURES), measurements, left_out)
    finally:  # what was measured before a failure is told
        print(table(measurements))
        for reason in left_out:
            print(f"left out: {reason}")
    if wanted.json:
        wanted.json.write_bytes(orjson.dumps(as_json(measurements, left_out), option=orjson.OPT_INDENT_2))
    return 1 if any(item.is_missed for item in measurements) else 0


def _measure(names: Sequence[str], measurements: list[Measurement], left_out: list[str]) -> None:
    """Adds to both lists."""
    print(f"{os.cpu_count()} cores, {platform.platform()}, Python {platform.python_version()}, {FOLDER} on {file_system(FOLDER)}")
    print(f"load average of the last minute, before: {os.getloadavg()[0]:.1f}")  # figures taken beside others' work say little
    for name in names:
        print(f"measuring {name} ...", file=sys.stderr)
        try:
            measurements += FIGURES[name]()
        except LeftOut as reason:
            left_out.append(f"{name}: {reason}")


if __name__ == "__main__":
    logs.configure("warning", "bench")  # a worker that is measured is in this process
    sys.exit(main(sys.argv[1:]))
