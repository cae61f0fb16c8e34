"""Statements handed to SQLite's driver itself. SQLAlchemy writes each of them once, with the conversions of its types; to have it
around every execution as well takes several times as long as SQLite takes to run most of them."""

import re
import sqlite3
from collections import namedtuple
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import CursorResult, Dialect, Executable, create_engine
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

Parameters = Mapping[str, Any]
#: A named tuple of what the statement names.
Row = Any

#: Where the compiler leaves room for the values of a list (`bindparam(expanding=True)`), of single values and not of tuples.
_LIST = re.compile(r"__\[POSTCOMPILE_(\w+)\]")

_Convert = Callable[[Any], Any]


class QueryResult:
    """What a statement answered, read to its end; it has those methods of SQLAlchemy's results that repositories use."""

    __slots__ = ("_rows", "rowcount")

    def __init__(self, rows: Sequence[Row], rowcount: int):
        self._rows = rows
        self.rowcount = rowcount

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    def all(self) -> Sequence[Row]:
        return self._rows

    def first(self) -> Row | None:
        return self._rows[0] if self._rows else None

    def one(self) -> Row:
        [row] = self._rows
        return row

    def scalars(self) -> "QueryResult":
        """The first column alone."""
        return QueryResult([row[0] for row in self._rows], self.rowcount)

    def scalar_one(self) -> Any:
        return self.one()[0]


#: What any statement answers, whoever executed it.
Rows = QueryResult | CursorResult[*tuple[Any, ...]]


class CompiledStatement:
    """One statement with parameters of the same names: its text, and how its parameters and rows are converted."""

    def __init__(self, statement: Executable, names: Sequence[str], dialect: Dialect):
        compiled = _element(statement).compile(dialect=dialect, column_keys=sorted(names))
        if not isinstance(compiled, SQLCompiler):
            raise TypeError("no statement in SQL")
        self.text = compiled.string
        self.lists = frozenset(_LIST.findall(self.text))
        self._given = dict(compiled.params)  # what the statement says itself
        self._order = [(name, _bind(compiled.binds[name].type, dialect)) for name in compiled.positiontup or ()]
        columns = getattr(statement, "exported_columns", None) or ()
        self._answers = bool(columns)
        self._row = namedtuple("Row", [column.key for column in columns], rename=True)._make  # type: ignore[attr-defined]  # known at run time
        converts = [_result(column.type, dialect) for column in columns]
        self._converts = [(index, convert) for index, convert in enumerate(converts) if convert is not None]

    def takes(self, parameters: Parameters) -> bool:
        """True unless a list is empty or holds tuples."""
        return all(_is_plain(parameters[name] if name in parameters else self._given[name]) for name in self.lists)

    def execute(self, driver: sqlite3.Connection, parameters: Parameters) -> QueryResult:
        """Raises sqlite3's errors."""
        if self.lists:
            text, values = self._with_lists(parameters)
        else:
            text, values = self.text, self._values(parameters)
        cursor = driver.execute(text, values)
        return QueryResult(self._read(cursor.fetchall()), cursor.rowcount)

    def execute_many(self, driver: sqlite3.Connection, rows: Sequence[Parameters]) -> QueryResult:
        """The same for each of the rows, in order, with all their answers. Raises sqlite3's errors."""
        if self._answers:
            read = [answered for row in rows for answered in driver.execute(self.text, self._values(row))]
            return QueryResult(self._read(read), len(read))
        cursor = driver.executemany(self.text, [self._values(row) for row in rows])
        return QueryResult((), cursor.rowcount)

    def _values(self, parameters: Parameters) -> list[Any]:
        known = {**self._given, **parameters}
        return [known[name] if convert is None else convert(known[name]) for name, convert in self._order]

    def _with_lists(self, parameters: Parameters) -> tuple[str, list[Any]]:
        """The text with as many marks as each list has values. Lists are made up to the next power of two with their last value,
        which changes nothing of what is IN them, so that SQLite's driver finds the statement among those it has prepared."""
        known = {**self._given, **parameters}
        lists = {name: _padded(known[name]) for name in self.lists}
        text = _LIST.sub(lambda room: ", ".join("?" * len(lists[room[1]])), self.text)
        values: list[Any] = []
        for name, convert in self._order:
            own = lists.get(name, [known[name]])
            values += own if convert is None else map(convert, own)
        return text, values

    def _read(self, rows: list[Any]) -> Sequence[Row]:
        if not self._converts:
            return [self._row(row) for row in rows]
        read = []
        for row in rows:
            values = list(row)
            for index, convert in self._converts:
                values[index] = convert(values[index])
            read.append(self._row(values))
        return read


class StatementCache:
    """The statements that have been executed, for as long as they exist."""

    def __init__(self, dialect: Dialect):
        self._dialect = dialect
        self._known: WeakKeyDictionary[Executable, dict[tuple[str, ...], CompiledStatement]] = WeakKeyDictionary()

    def find(self, statement: Executable, parameters: Parameters | Sequence[Parameters]) -> CompiledStatement | None:
        """The statement, ready for such parameters. None for what is left to SQLAlchemy: lists that are empty or hold tuples,
        and lists in many rows at once."""
        one = parameters if isinstance(parameters, Mapping) else parameters[0]
        names = tuple(one)
        forms = self._known.setdefault(statement, {})
        found = forms.get(names)
        if found is None:
            found = forms[names] = CompiledStatement(statement, names, self._dialect)
        if one is not parameters:
            return None if found.lists else found
        return found if found.takes(one) else None


@cache
def statement_cache() -> StatementCache:
    """Those of the process: they are the same for all of its databases."""
    return StatementCache(create_engine("sqlite://").dialect)


def _element(statement: Executable) -> ClauseElement:
    if not isinstance(statement, ClauseElement):
        raise TypeError("no statement that can be compiled")
    return statement


def _bind(type_: TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    return type_.dialect_impl(dialect).bind_processor(dialect)


def _result(type_: TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    return type_.dialect_impl(dialect).result_processor(dialect, None)


def _is_plain(values: Collection[Any]) -> bool:
    return len(values) > 0 and not isinstance(next(iter(values)), tuple)


def _padded(values: Collection[Any]) -> list[Any]:
    values = list(values)
    return values + values[-1:] * ((1 << (len(values) - 1).bit_length()) - len(values))
