"""Alembic's entry: runs the migrations on the connection that `sokbo.storage.migrate` hands over."""

from alembic import context

from sokbo.storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
