"""Giving a partner a new secret or key pair: the rules, once for the API and the command line.

It happens within the caller's transaction, with its audit; the caller commits.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator

from sokbo.domain.ids import SiteId
from sokbo.domain.partner import Signature
from sokbo.fields import FieldsModel, merge_patch, validate
from sokbo.net.sealing import Sealer
from sokbo.net.signing import new_key, verification_key
from sokbo.partners import find
from sokbo.storage import UnitOfWork

MAX_OVERLAP_SECONDS = 7 * 86_400
DEFAULT_OVERLAP_SECONDS = 86_400


def _overlap(seconds: object) -> int:
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 <= seconds <= MAX_OVERLAP_SECONDS:
        raise ValueError(f"must be a whole number from 0 to {MAX_OVERLAP_SECONDS}")
    return seconds


class Rotation(FieldsModel):
    """For how many seconds the old secret goes on signing, and the kind of the new one, if it is to be another."""

    overlap_seconds: Annotated[int, BeforeValidator(_overlap)] = DEFAULT_OVERLAP_SECONDS
    signature: Signature | None = None


def parse(values: Mapping[str, Any]) -> Rotation:
    """The JSON object's fields. Raises Invalid."""
    return validate(Rotation, merge_patch({}, values))


def rotate_secret(
    uow: UnitOfWork,
    sealer: Sealer,
    site_id: SiteId,
    partner_id: str,
    wanted: Rotation,
    *,
    actor: str,
    request_id: str,
) -> tuple[dict[str, str], datetime]:
    """A new secret or key pair, of the kind until now unless another is named: by name, what the partner verifies with from now
    on, which can't be read again, and when the old one ends. Until then both sign. Raises NotFound."""
    partner = find(uow, site_id, partner_id, lock=True)
    signature = wanted.signature or partner.signature
    key, until = new_key(signature), uow.now + timedelta(seconds=wanted.overlap_seconds)
    uow.partners.replace_secret(partner.id, signature, sealer.seal(key, partner.id), until)
    uow.audit.record(site_id, actor, "partner.rotate-secret", partner.id, request_id, uow.now)
    return verification_key(key), until
