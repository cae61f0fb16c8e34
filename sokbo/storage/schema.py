"""The whole schema: every module that has tables."""

from sokbo.storage import archive_tables, delivery_tables, picture_tables, subscription_tables, tables

MODULES = (tables, archive_tables, delivery_tables, picture_tables, subscription_tables)
metadata = tables.metadata
