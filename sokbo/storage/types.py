"""Column types that mean the same on both databases."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import BigInteger, DateTime, Dialect, Integer, LargeBinary, Text
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

#: Ids that are counted up for as long as the system runs. SQLite's INTEGER has 64 bits, and counts under no other name.
BigId = BigInteger().with_variant(Integer, "sqlite")


class _SqliteMoment(UserDefinedType[str]):
    """A column that is declared as SQLAlchemy's own DATETIME and holds the same text, which is left to UtcDateTime: SQLAlchemy
    takes several times as long to write and read it."""

    cache_ok = True

    def get_col_spec(self, **_options: object) -> str:
        return "DATETIME"


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC, to the microsecond; SQLite keeps it as text that sorts by time.

    Its processors take the place of TypeDecorator's, which would call them in turn: lists read thousands of moments."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(_SqliteMoment() if dialect.name == "sqlite" else DateTime(timezone=True))

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        return _as_text if dialect.name == "sqlite" else _in_utc

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        return _moment if dialect.name == "sqlite" else _in_utc


def _in_utc(moment: datetime | None) -> datetime | None:
    if moment is None or moment.tzinfo is UTC:
        return moment
    if moment.tzinfo is None:
        raise ValueError(f"a naive datetime must not be stored: {moment!r}")
    return moment.astimezone(UTC)


def _as_text(moment: datetime | None) -> str | None:
    utc = _in_utc(moment)
    return None if utc is None else utc.isoformat(" ", "microseconds").removesuffix("+00:00")


@lru_cache(maxsize=8192)
def _moment(text: str | None) -> datetime | None:
    """What SQLite keeps, as a datetime. Listings name the same moments again and again."""
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


class Json(TypeDecorator[Any]):
    """Anything that JSON can say, as text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else orjson.loads(value)


class Blob(TypeDecorator[bytes]):
    """Bytes; PostgreSQL's driver answers memoryviews in places, which this turns into bytes."""

    impl = LargeBinary
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:
        return None if value is None else bytes(value)
