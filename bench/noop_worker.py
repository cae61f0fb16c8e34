"""`python -m bench.noop_worker CELERY_URL REDIS_URL`: a Celery worker like ours, whose one task says when it began."""

import sys
import time
import warnings

import redis
from celery import Celery
from celery.platforms import SecurityWarning

from sokbo.lifeline import end_with_parent

QUEUE = "bench"
TASK = "bench.noop"
#: The list that the moments of the tasks' starts go to; the monotonic clock is the same in all processes of the machine.
STARTED = "bench:started"


def main(celery_url: str, redis_url: str) -> None:
    """Runs until told to end."""
    end_with_parent()
    app = Celery("bench", broker=celery_url)
    app.conf.update(task_acks_late=True, task_ignore_result=True, worker_prefetch_multiplier=1)
    client = redis.Redis.from_url(redis_url)

    def noop() -> None:
        began = time.monotonic()
        client.rpush(STARTED, repr(began))

    app.task(name=TASK)(noop)
    options = ["--queues", QUEUE, "--concurrency", "1", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    warnings.simplefilter("ignore", SecurityWarning)  # benchmarks in a container run as root
    app.worker_main(["--quiet", "worker", *options, "--loglevel", "ERROR"])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
