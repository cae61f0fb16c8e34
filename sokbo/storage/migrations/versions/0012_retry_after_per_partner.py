"""A partner's Retry-After holds for all that it is to be sent, what is under way is counted by host, and a partner that was
disabled by a 410 without words has a reason."""

from urllib.parse import urlsplit

import sqlalchemy as sa
from alembic import op

from sokbo.storage.types import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MOMENTS = ("breaker_asked_at", "breaker_retry_after_until")


def upgrade() -> None:
    for name in MOMENTS:
        op.add_column("partners", sa.Column(name, UtcDateTime()))
    op.add_column("partners", sa.Column("host", sa.String(), nullable=False, server_default=""))
    _fill_in_hosts()
    op.create_index("partners_host", "partners", ["host"])
    op.execute("UPDATE partners SET disabled_reason = '410 Gone' WHERE state = 'disabled' AND disabled_reason = ''")


def _fill_in_hosts() -> None:
    connection = op.get_bind()
    for id_, url in connection.execute(sa.text("SELECT id, url FROM partners")).all():
        given = {"id": id_, "host": urlsplit(url).hostname or ""}
        connection.execute(sa.text("UPDATE partners SET host = :host WHERE id = :id"), given)


def downgrade() -> None:
    op.drop_index("partners_host", "partners")
    for name in (*MOMENTS, "host"):
        op.drop_column("partners", name)
