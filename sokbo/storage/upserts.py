"""What both databases can do but spell in SQLAlchemy modules of their own. Each statement is built once for each dialect."""

from functools import cache

from sqlalchemy import Insert, Table
from sqlalchemy.dialects import postgresql, sqlite


@cache
def insert_or_ignore(dialect: str, table: Table) -> Insert:
    """An INSERT that passes over rows which are there already."""
    if dialect == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()


@cache
def insert_or_replace(dialect: str, table: Table) -> Insert:
    """An INSERT that takes the place of the row with the same primary key."""
    keys = [column.name for column in table.primary_key]
    if dialect == "sqlite":
        lite = sqlite.insert(table)
        values = {column.name: lite.excluded[column.name] for column in table.c if not column.primary_key}
        return lite.on_conflict_do_update(index_elements=keys, set_=values)
    full = postgresql.insert(table)
    values = {column.name: full.excluded[column.name] for column in table.c if not column.primary_key}
    return full.on_conflict_do_update(index_elements=keys, set_=values)


@cache
def insert_or_add(dialect: str, table: Table, column: str) -> Insert:
    """An INSERT that adds its `column` to that of the row with the same primary key."""
    keys = [key.name for key in table.primary_key]
    if dialect == "sqlite":
        lite = sqlite.insert(table)
        return lite.on_conflict_do_update(index_elements=keys, set_={column: table.c[column] + lite.excluded[column]})
    full = postgresql.insert(table)
    return full.on_conflict_do_update(index_elements=keys, set_={column: table.c[column] + full.excluded[column]})


@cache
def insert_or_advance(dialect: str, table: Table, moment: str) -> Insert:
    """An INSERT that sets the `moment` of the row with the same primary key to its own, if that is earlier."""
    keys = [key.name for key in table.primary_key]
    if dialect == "sqlite":
        lite = sqlite.insert(table)
        mine = lite.excluded[moment]
        return lite.on_conflict_do_update(index_elements=keys, set_={moment: mine}, where=mine < table.c[moment])
    full = postgresql.insert(table)
    mine = full.excluded[moment]
    return full.on_conflict_do_update(index_elements=keys, set_={moment: mine}, where=mine < table.c[moment])
