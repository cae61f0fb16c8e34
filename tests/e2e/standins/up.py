"""`sokbo up` with stand-ins for the wings: up.py DATA PORT [WORKER-OPTION]."""

import sys
from pathlib import Path

from sokbo.cli.children import ChildSpec, PythonModule
from sokbo.cli.first_start import FirstStart
from sokbo.cli.up import run
from sokbo.errors import StartupError
from sokbo.settings import Settings


def prepare(settings: Settings) -> FirstStart | None:
    marker = settings.data / "prepared"
    if marker.exists():
        return None
    marker.touch()
    return FirstStart(site="news", api_key="sokbo_0123456789abcdef")


def main(data: str, port: str, *worker_options: str) -> int:
    worker = "standin_broken" if "broken" in worker_options else "standin_worker"
    wings = (
        ChildSpec("service", PythonModule("standin_service"), stop_order=1),
        ChildSpec("breaking", PythonModule(worker, ("breaking", *worker_options)), stop_order=2),
    )
    try:
        return run(Settings(data=Path(data), port=int(port)), wings, prepare)
    except StartupError as error:
        sys.stderr.write(f"Error: {error.message}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
