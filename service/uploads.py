"""Uploaded images: received onto the disk, decoded in a process of their own, and then one transaction."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from aiohttp import BodyPartReader, MultipartReader, StreamReader, hdrs, web
from aiohttp.http_exceptions import BadHttpMessage

from service.auth import Caller
from service.bodies import LimitedStream
from service.services import Services
from sokbo.domain.ids import MediaId, new_id
from sokbo.domain.picture import SUFFIXES, Media, Picture, PictureState
from sokbo.domain.site import Site
from sokbo.errors import BadRequest, FieldError, Invalid, TooLarge, Unavailable, UnsupportedMediaType
from sokbo.media import images
from sokbo.storage import UnitOfWork

MULTIPART = "multipart/form-data"
TAKEN = (*SUFFIXES, MULTIPART)
#: What a broken rule of a bare body is told of.
BODY = "body"
#: Decoding takes a processor and much memory; the others wait.
DECODED_AT_ONCE = 1
CHUNK_BYTES = 256 * 1024
_RETRY = {"Retry-After": "5"}

P = ParamSpec("P")
T = TypeVar("T")


class Uploads:
    """Takes uploads; for one loop's use."""

    def __init__(self, services: Services):
        self._services = services
        self._decoding = asyncio.Semaphore(DECODED_AT_ONCE)

    async def take(self, request: web.Request, caller: Caller) -> Media:
        """What the caller's site has of the image in the request: what it had, if it is the same.

        Raises UnsupportedMediaType, TooLarge, BadRequest, Invalid, and Unavailable if it can't be stored.
        """
        async with self._staging() as folder:
            name, chunks = await _content(request, self._services.settings.max_image_bytes)
            upload = folder / "upload"
            digest = await self._receive(name, chunks, upload)
            known = await self._services.read(lambda uow: uow.media.by_uploaded(caller.site.id, digest))
            if known is not None and await _on_disk(self._services.files.path(known.picture.name).exists):
                return known
            async with self._decoding:
                try:
                    picture = await _on_disk(self._clean, upload, folder)
                except images.Undecodable as error:
                    raise Invalid(FieldError(name, error.rule, "undecodable")) from error
        return await self._services.writer.do(lambda uow: register(uow, caller, picture, digest))

    @asynccontextmanager
    async def _staging(self) -> AsyncIterator[Path]:
        with ExitStack() as stack:
            folder = await _on_disk(stack.enter_context, self._services.files.staging())
            try:
                yield folder
            finally:
                await asyncio.to_thread(stack.close)

    async def _receive(self, name: str, chunks: AsyncIterator[bytes], upload: Path) -> str:
        """The digest of what has come."""
        limit = self._services.settings.max_image_bytes
        digest, length = hashlib.sha256(), 0
        file = await _on_disk(upload.open, "wb")
        try:
            async for chunk in chunks:
                length += len(chunk)
                if length > limit:
                    raise TooLarge(f"the image must have at most {limit} bytes")
                digest.update(chunk)
                await _on_disk(file.write, chunk)
        finally:
            await _on_disk(file.close)
        if not length:
            raise Invalid(FieldError(name, "must not be empty", "required"))
        return digest.hexdigest()

    def _clean(self, upload: Path, folder: Path) -> Picture:
        made = images.clean(upload, folder, self._services.settings.max_image_pixels)
        digest, length = self._services.files.keep(made.file, made.type)
        # An animation stays whole: its variants would be stills.
        state = PictureState.READY if made.animated else PictureState.WAITING
        return Picture(digest, state, made.type, made.width, made.height, length)


def register(uow: UnitOfWork, caller: Caller, picture: Picture, uploaded_digest: str) -> Media:
    """The site's record of a picture of ours whose file is in its place; the one that it had, if it had one."""
    uow.pictures.add([picture], uow.now)
    made = Media(MediaId(new_id("med")), caller.site.id, uploaded_digest, uow.now, picture)
    uow.media.add(made)
    media = uow.media.by_digest(caller.site.id, picture.source)
    if media is None:
        raise RuntimeError("an upload was neither stored nor there")
    if media.id == made.id:
        uow.audit.record(caller.site.id, caller.key.prefix, "media.upload", media.id, caller.request_id, uow.now)
    return media


def described(site: Site, media: Media) -> dict[str, Any]:
    """The upload as answers show it."""
    picture = media.picture
    return {
        "id": media.id,
        "url": site.media_url(picture.name),
        "type": picture.type,
        "width": picture.width,
        "height": picture.height,
        "length": picture.length,
        "state": picture.state,
        "variants": [
            {
                "url": site.media_url(variant.name),
                "type": variant.type,
                "width": variant.width,
                "height": variant.height,
                "length": variant.length,
            }
            for variant in picture.variants
        ],
        "created_at": media.created_at,
    }


async def _content(request: web.Request, max_bytes: int) -> tuple[str, AsyncIterator[bytes]]:
    """The field's name for messages, and the image's bytes as they come; a form may have `max_bytes` in all."""
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").strip().lower() not in {"", "identity"}:
        raise UnsupportedMediaType("an image must come without a Content-Encoding", headers={"Accept-Encoding": "identity"})
    if request.content_type == MULTIPART:
        return await _only_part(request, max_bytes)
    if request.content_type not in SUFFIXES:
        raise UnsupportedMediaType(f"the body must be one of {', '.join(TAKEN)}", headers={"Accept-Post": ", ".join(TAKEN)})
    return BODY, request.content.iter_chunked(CHUNK_BYTES)


async def _only_part(request: web.Request, max_bytes: int) -> tuple[str, AsyncIterator[bytes]]:
    """The name of a form's one part, and its bytes (RFC 7578)."""
    with _malformed():
        reader = MultipartReader(request.headers, cast("StreamReader", LimitedStream(request.content, max_bytes)))
        part = await reader.next()
    if not isinstance(part, BodyPartReader):
        raise Invalid(FieldError(BODY, "must have one part, with the image", "required"))
    name = part.name or BODY

    async def chunks() -> AsyncIterator[bytes]:
        while True:
            with _malformed():
                chunk = await part.read_chunk(CHUNK_BYTES)
            if not chunk:
                break
            yield bytes(chunk)
        with _malformed():
            another = await reader.next()
        if another is not None:
            raise Invalid(FieldError(getattr(another, "name", None) or BODY, "must not come: only one part is taken"))

    return name, chunks()


@contextmanager
def _malformed() -> Iterator[None]:
    """What aiohttp's multipart reader raises where the body isn't one."""
    try:
        yield
    except (ValueError, AssertionError, RuntimeError, BadHttpMessage) as error:  # RuntimeError: of a part named _charset_
        raise BadRequest("the body is not multipart/form-data as its Content-Type says") from error


async def _on_disk(operation: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the operation answers, done in a thread. Raises Unavailable where the disk refuses."""
    try:
        return await asyncio.to_thread(operation, *args, **kwargs)
    except OSError as error:
        raise Unavailable(f"the image can't be stored right now: {error.strerror}", headers=_RETRY) from error
