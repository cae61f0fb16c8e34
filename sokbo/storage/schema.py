"""The whole schema: every module that has tables."""

from sokbo.storage import picture_tables, tables

MODULES = (tables, picture_tables)
metadata = tables.metadata
