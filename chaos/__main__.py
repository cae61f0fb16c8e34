"""`python -m chaos`: runs the experiment for one seed after the other."""

import argparse
import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

from chaos.evidence import MOST_DUPLICATES
from chaos.experiment import Plan, run

#: Kept over restarts (Filesystem Hierarchy Standard section 5.15), so on a disk, where /tmp may be memory.
FOLDER = Path("/var/tmp")
ARTICLES_PER_SECOND = 8.0
MOST_COMPLAINTS_SHOWN = 20


def main(arguments: list[str]) -> int:
    """The exit code: 1 if any promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m chaos", description="Shows that nothing accepted is ever lost.")
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="how many runs, each with a seed of its own")
    parser.add_argument("--first-seed", type=int, default=1, metavar="SEED", help="the first run's seed; the next ones follow")
    parser.add_argument("--articles", type=int, default=1000, metavar="N", help="articles posted in each run")
    parser.add_argument("--seconds", type=float, help="how long that takes; 8 articles a second if not said")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument(
        "--most-duplicates", type=float, default=MOST_DUPLICATES, metavar="SHARE", help="of the pushes to healthy partners"
    )
    wanted = parser.parse_args(arguments)
    seconds = wanted.seconds or wanted.articles / ARTICLES_PER_SECOND
    seeds = range(wanted.first_seed, wanted.first_seed + wanted.seeds)
    plans = [Plan(seed, wanted.articles, seconds, wanted.database, wanted.most_duplicates) for seed in seeds]
    broken = [plan.seed for plan in plans if not _passes(plan)]
    print(f"{len(seeds) - len(broken)} of {len(seeds)} runs kept every promise.")
    return 1 if broken else 0


def _passes(plan: Plan) -> bool:
    """Runs it and says what came of it. The folder of a run that broke a promise stays."""
    folder = Path(tempfile.mkdtemp(prefix="sokbo-chaos-", dir=FOLDER))
    print(f"seed {plan.seed}: {plan.articles} articles in {plan.seconds:g} s on {plan.database}", flush=True)
    result = asyncio.run(run(plan, folder))
    for line in result.figures:
        print(f"  {line}")
    for complaint in result.complaints[:MOST_COMPLAINTS_SHOWN]:
        print(f"  BROKEN {complaint}")
    if not result.complaints:
        shutil.rmtree(folder)
        return True
    print(f"  {len(result.complaints)} promises broken; logs and database: {folder}")
    print(
        f"  again: python -m chaos --first-seed {plan.seed} --articles {plan.articles} --seconds {plan.seconds:g} "
        f"--database {plan.database} --most-duplicates {plan.most_duplicates:g}",
        flush=True,
    )
    return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
