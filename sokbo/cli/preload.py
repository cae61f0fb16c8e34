"""Imports, before the children are forked, what they would each import: its memory is then shared, and they start at once.

By name, because the ground floor knows neither the wings nor their libraries. Measured on all that `sokbo up` starts, idle, with
these loaded in each: 439 MB (PSS) and ready after 3.3 s when each imports them, 148 MB and 0.6 s when one does and forks.
"""

import gc
import importlib

#: Nothing here may start a thread or open a connection when imported.
MODULES = (
    *("aiohttp", "aiohttp.web", "uvloop", "prometheus_client", "redis.asyncio"),
    *("celery.app.base", "celery.app.amqp", "celery.backends.redis", "celery.beat", "celery.bin.worker", "celery.bin.beat"),
    *("celery.concurrency.prefork", "celery.worker.consumer", "kombu.asynchronous", "kombu.transport.redis"),
    *("sqlalchemy.orm", "sqlalchemy.dialects.sqlite.pysqlite", "sqlalchemy.dialects.postgresql.psycopg"),
    *("pydantic", "pydantic_settings", "orjson", "structlog", "yaml", "babel.support"),
    *("lxml.etree", "lxml.html", "nh3", "markdown_it", "jinja2", "feedgen.feed"),
    *("cryptography.hazmat.primitives.ciphers.aead", "cryptography.hazmat.primitives.asymmetric.ed25519"),
    *("sokbo.storage", "sokbo.net", "sokbo.broker", "sokbo.logs"),
    *("service.app", "workers.app", "workers.tasks", "workers.runtime"),
)


def preload(modules: tuple[str, ...] = MODULES) -> None:
    """Imports them; one that can't be imported is left to the child that needs it, whose log then says why."""
    for name in modules:
        try:
            importlib.import_module(name)
        except ImportError:
            continue
    gc.collect()
    gc.freeze()  # or each child's collector would write to, and so copy, every page
