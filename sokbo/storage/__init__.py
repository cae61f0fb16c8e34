"""All the SQL there is: SQLite and PostgreSQL behind one unit of work and one repository per aggregate."""

from sokbo.storage.database import Database, UnitOfWork
from sokbo.storage.migrate import is_up_to_date, migrate

__all__ = ["Database", "UnitOfWork", "is_up_to_date", "migrate"]
