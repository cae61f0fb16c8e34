"""What sites have uploaded."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, exists, or_, select

from sokbo.domain.article import Article
from sokbo.domain.ids import MediaId, SiteId
from sokbo.domain.lead_image import named_files, with_current_media_urls
from sokbo.domain.picture import Files, Media, Size, digest_of
from sokbo.domain.site import Site
from sokbo.storage.picture_tables import media, picture_variants, pictures
from sokbo.storage.pictures import picture_from
from sokbo.storage.session import Session
from sokbo.storage.upserts import insert_or_ignore

_HAS_FILE = select(
    exists().where(
        media.c.site_id == bindparam("site"),
        or_(
            media.c.digest == bindparam("digest"),
            media.c.digest.in_(select(picture_variants.c.source).where(picture_variants.c.name == bindparam("name"))),
        ),
    )
)
_UPLOADS = (
    select(pictures)
    .join(media, media.c.digest == pictures.c.source)
    .where(media.c.site_id == bindparam("site"), media.c.digest.in_(bindparam("digests", expanding=True)))
)
_VARIANTS = (
    select(picture_variants.c.name, *pictures.c)
    .join(media, media.c.digest == picture_variants.c.source)
    .join(pictures, pictures.c.source == picture_variants.c.source)
    .where(media.c.site_id == bindparam("site"), picture_variants.c.name.in_(bindparam("names", expanding=True)))
)
#: Names that one query asks for: databases limit the parameters of one.
_NAMES_AT_ONCE = 500


class MediaRepository:
    def __init__(self, session: Session):
        self._session = session

    def add(self, uploaded: Media) -> None:
        """Writes it unless the site has that picture already; its picture must be there."""
        row = {
            "id": uploaded.id,
            "site_id": uploaded.site_id,
            "digest": uploaded.picture.source,
            "uploaded_digest": uploaded.uploaded_digest,
            "created_at": uploaded.created_at,
        }
        self._session.execute(insert_or_ignore(self._session.dialect, media), row)

    def get(self, site_id: SiteId, media_id: str) -> Media | None:
        return self._find(site_id, media.c.id == media_id)

    def by_digest(self, site_id: SiteId, digest: str) -> Media | None:
        return self._find(site_id, media.c.digest == digest)

    def by_uploaded(self, site_id: SiteId, uploaded_digest: str) -> Media | None:
        """What became of the same bytes when the site sent them before."""
        return self._find(site_id, media.c.uploaded_digest == uploaded_digest)

    def has_file(self, site_id: SiteId, name: str) -> bool:
        """True if the file is an upload of the site's or a variant of one."""
        return bool(self._session.execute(_HAS_FILE, {"site": site_id, "digest": digest_of(name), "name": name}).scalar_one())

    def files_of(self, site_id: SiteId, names: Collection[str]) -> Files:
        """Those of the names that are of the site's uploads or their variants."""
        found: dict[str, Size | None] = {}
        in_order = sorted(names)
        for start in range(0, len(in_order), _NAMES_AT_ONCE):
            some = in_order[start : start + _NAMES_AT_ONCE]
            digests = [digest_of(name) for name in some]
            uploads = self._session.execute(_UPLOADS, {"site": site_id, "digests": digests})
            sizes = {row.source: picture_from(row).size for row in uploads}
            found |= {name: sizes[digest] for name, digest in zip(some, digests, strict=True) if digest in sizes}
            for row in self._session.execute(_VARIANTS, {"site": site_id, "names": some}):
                variants = picture_from(row).variants
                found[row.name] = next((variant.size for variant in variants if variant.name == row.name), None)
        return found

    def with_current_media_urls(self, site: Site, article: Article) -> Article:
        """The article with the files of the site's that it names where the site is now."""
        files = self.files_of(site.id, named_files([article]))
        return replace(article, content=with_current_media_urls(site, article.content, files)) if files else article

    def _find(self, site_id: SiteId, which: ColumnElement[bool]) -> Media | None:
        statement = (
            select(*(media.c[name] for name in ("id", "site_id", "uploaded_digest", "created_at")), *pictures.c)
            .join(pictures, pictures.c.source == media.c.digest)
            .where(media.c.site_id == site_id, which)
        )
        row = self._session.execute(statement).first()
        return None if row is None else _media(row)


def _media(row: Row[Any]) -> Media:
    return Media(MediaId(row.id), SiteId(row.site_id), row.uploaded_digest, row.created_at, picture_from(row))
