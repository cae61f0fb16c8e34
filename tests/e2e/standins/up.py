"""`sokbo up` with stand-ins for the processes: up.py DATA PORT [OPTION]."""

import sys
from pathlib import Path

from sokbo.cli.children import ChildSpec, PythonModule
from sokbo.cli.first_start import FirstStart, Prepared
from sokbo.cli.up import Prepare, run
from sokbo.errors import StartupError
from sokbo.settings import Settings


def no_database(_settings: Settings) -> Prepared:
    raise StartupError("the database is newer than this Sokbo")


def broken_migration(_settings: Settings) -> Prepared:
    raise ValueError("no such column: title")


def prepare(settings: Settings) -> Prepared:
    marker = settings.data / "prepared"
    if marker.exists():
        return Prepared(site_urls=tuple(f"https://{number}.example" for number in range(5)))
    marker.touch()
    return Prepared(FirstStart(site="news", api_key="sokbo_0123456789abcdef"))


PREPARES: dict[tuple[str, ...], Prepare] = {("no-database",): no_database, ("broken-migration",): broken_migration}


def main(data: str, port: str, *options: str) -> int:
    worker = "standin_broken" if "broken" in options else "standin_worker"
    processes = (
        ChildSpec("service", PythonModule("standin_service"), stop_order=1),
        ChildSpec("breaking", PythonModule(worker, ("breaking", *options)), stop_order=2),
    )
    try:
        return run(Settings(data=Path(data), port=int(port)), processes, PREPARES.get(options, prepare), preloaded=())
    except StartupError as error:
        sys.stderr.write(f"Error: {error.message}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
