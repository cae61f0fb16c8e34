"""Imports, before the children are forked, what they would each import: its memory is then shared, and they start at once.

By name, because this package knows neither service and workers nor their libraries. Measured, idle, on broker, workers and beat
with a bare service: 405 MB (PSS) when each child is an interpreter of its own, 239 MB when all are forked from one with these.
"""

import gc
import importlib
from collections.abc import Sequence

#: Nothing here may start a thread or open a connection when imported.
MODULES = (
    *("aiohttp", "aiohttp.web", "uvloop", "prometheus_client", "redis.asyncio"),
    *("celery.app.base", "celery.app.amqp", "celery.app.control", "celery.app.log", "celery.backends.redis"),
    *("celery.apps.beat", "celery.apps.worker", "celery.bin.celery", "celery.concurrency.solo", "celery.fixups.django"),
    *("celery.loaders.app", "celery.worker.autoscale", "celery.worker.components", "celery.worker.consumer"),
    *("celery.worker.consumer.delayed_delivery", "celery.worker.strategy", "kombu.asynchronous", "kombu.transport.redis"),
    *("billiard.heap", "billiard.popen_fork", "billiard.sharedctypes", "billiard.synchronize"),
    *("sqlite3", "sqlalchemy", "sqlalchemy.dialects.sqlite.pysqlite", "sqlalchemy.dialects.postgresql.psycopg"),
    *("pydantic", "pydantic_settings", "orjson", "structlog", "yaml", "babel.support"),
    *("lxml.etree", "lxml.html", "nh3", "markdown_it", "jinja2.ext", "feedgen.feed"),
    *("cryptography.hazmat.primitives.ciphers.aead", "cryptography.hazmat.primitives.asymmetric.ed25519"),
    *("sokbo.storage", "sokbo.net", "sokbo.broker", "sokbo.logs"),
    *("service.app", "workers.app", "workers.tasks", "workers.runtime"),
)


def load(modules: Sequence[str]) -> None:
    """Imports them; one that can't be imported is left to the child that needs it, whose log then says why."""
    for name in modules:
        try:
            importlib.import_module(name)
        except ImportError:
            continue
    gc.collect()
    gc.freeze()  # or each child's collector would write to, and so copy, every page
