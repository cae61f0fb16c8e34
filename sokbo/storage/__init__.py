"""All the SQL there is: SQLite and PostgreSQL behind one unit of work and one repository per aggregate."""

from sokbo.storage.database import Database
from sokbo.storage.migrate import is_up_to_date, migrate
from sokbo.storage.unit_of_work import UnitOfWork

__all__ = ["Database", "UnitOfWork", "is_up_to_date", "migrate"]
