"""Uploads, and the images that readers get of them, asked of the whole service."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from sokbo import keys, sites
from sokbo.domain.key import Scope
from sokbo.domain.picture import PictureState
from sokbo.settings import Settings
from sokbo.storage import Database
from tests.integration.service.edge.running import Edge, whole_service
from tests.integration.service.reading.serving import Reply
from tests.pictures import SECRET, animation, exif, jpeg, png

MAX_BYTES = 64 * 1024
PHOTO = jpeg(400, 200, exif=exif())
BOUNDARY = "b0undary"


@pytest_asyncio.fixture
async def edge(tmp_path: Path) -> AsyncIterator[Edge]:
    async with whole_service(tmp_path, lambda settings: settings.model_copy(update={"max_image_bytes": MAX_BYTES})) as running:
        yield running


async def post(edge: Edge, body: bytes, *lines: str, content_type: str = "image/jpeg", key: str = "") -> Reply:
    head = ("POST /v1/media HTTP/1.1", f"Authorization: Bearer {key or edge.key}", f"Content-Type: {content_type}")
    return await edge.ask(*head, f"Content-Length: {len(body)}", *lines, body=body)


async def get(edge: Edge, path: str, *lines: str, method: str = "GET") -> Reply:
    async with await edge.dial() as connection:
        connection.send(f"{method} {path} HTTP/1.1", *lines)
        return await connection.reply(head_only=method == "HEAD")


async def upload(edge: Edge, body: bytes = PHOTO, **options: str) -> dict[str, Any]:
    reply = await post(edge, body, **options)
    assert reply.status == 201, reply.body
    media: dict[str, Any] = orjson.loads(reply.body)
    return media


def path_of(media: dict[str, Any]) -> str:
    path: str = media["url"].removeprefix("http://127.0.0.1")
    return path


def form(*parts: tuple[str, bytes]) -> bytes:
    shown = b"".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="x"\r\n\r\n'.encode() + content + b"\r\n"
        for name, content in parts
    )
    return shown + f"--{BOUNDARY}--\r\n".encode()


FORM = f"multipart/form-data; boundary={BOUNDARY}"


def problem(reply: Reply) -> tuple[int, list[dict[str, str]]]:
    return reply.status, orjson.loads(reply.body).get("errors", [])


async def test_upload_says_where_the_image_is_and_what_it_is_like(edge: Edge) -> None:
    reply = await post(edge, PHOTO)
    media = orjson.loads(reply.body)

    assert reply.status == 201
    assert reply.headers["location"] == f"/v1/media/{media['id']}"
    assert (media["type"], media["width"], media["height"]) == ("image/jpeg", 400, 200)
    assert (media["state"], media["variants"]) == (PictureState.WAITING, [])
    image = await get(edge, path_of(media))
    assert len(image.body) == media["length"]
    assert media["url"] == f"http://127.0.0.1/news/media/{hashlib.sha256(image.body).hexdigest()}.jpg"
    assert SECRET not in image.body
    shown = await get(edge, f"/v1/media/{media['id']}", f"Authorization: Bearer {edge.key}")
    assert orjson.loads(shown.body) == media


async def test_image_is_served_for_ever_and_for_nothing_but_an_image(edge: Edge) -> None:
    media = await upload(edge)
    path = path_of(media)
    name = path.rpartition("/")[2]
    image = await get(edge, path)

    assert image.status == 200
    wanted = {
        "cache-control": "public, max-age=31536000, immutable",
        "content-type": "image/jpeg",
        "etag": f'"{name.partition(".")[0]}"',
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
        "content-disposition": "inline",
        "access-control-allow-origin": "*",
    }
    assert wanted.items() <= image.headers.items()


async def test_image_is_served_below_the_sites_that_have_it_alone(edge: Edge, tmp_path: Path) -> None:
    """The file is one; on a host of its own, a site has no prefix, and others have nothing."""
    other = make_key(tmp_path, "other", Scope.PUBLISH)
    make_key(tmp_path, "wave", Scope.PUBLISH, base_url="http://wave.example")
    name = path_of(await upload(edge)).rpartition("/")[2]
    async with whole_service(tmp_path, make=False) as again:  # which knows the new sites
        for path in (f"/news/media/{name}", f"/news/media/{name}?x"):
            assert (await get(again, path)).status == 200
        for path in (f"/other/media/{name}", f"/wave/media/{name}", f"/nobody/media/{name}", f"/media/{name}"):
            assert (await get(again, path)).status == 404
        for path in (f"/news/media/{name}", f"/media/{name}"):
            assert (await get(again, path, "Host: wave.example")).status == 404
        await upload(again, key=other)
        assert (await get(again, f"/other/media/{name}")).status == 200


async def test_image_on_a_sites_own_host(edge: Edge, tmp_path: Path) -> None:
    wave = make_key(tmp_path, "wave", Scope.PUBLISH, base_url="http://wave.example")
    name = (await upload(edge, key=wave))["url"].removeprefix("http://wave.example/media/")
    async with whole_service(tmp_path, make=False) as again:
        assert (await get(again, f"/media/{name}", "Host: wave.example")).status == 200
        assert (await get(again, f"http://wave.example/media/{name}", "Host: 127.0.0.1")).status == 200
        assert (await get(again, f"/wave/media/{name}")).status == 200
        assert (await get(again, f"/wave/media/{name}", "Host: wave.example")).status == 404


async def test_images_that_were_served_need_no_database(edge: Edge, tmp_path: Path) -> None:
    path = path_of(await upload(edge))
    assert (await get(edge, path)).status == 200
    (tmp_path / "sokbo.db").rename(tmp_path / "away.db")
    assert (await get(edge, "/readyz")).status == 503
    assert (await get(edge, path)).status == 200


async def test_why_a_request_was_not_served_is_told_to_the_operator_alone(edge: Edge, tmp_path: Path) -> None:
    (tmp_path / "sokbo.db").rename(tmp_path / "away.db")
    with capture_logs() as logs:
        reply = await post(edge, PHOTO)
    assert reply.status == 503
    assert orjson.loads(reply.body)["detail"] == "the database can't be used right now"
    [told] = [entry for entry in logs if entry["event"] == "request_not_served"]
    assert (told["method"], told["path"]) == ("POST", "/v1/media")
    assert told["reason"].startswith("the database can't be used right now: ")  # its file is gone, by one check or another


async def test_who_has_the_image_gets_304_and_head_gets_no_body(edge: Edge) -> None:
    path = path_of(await upload(edge))
    image = await get(edge, path)

    for held in (image.headers["etag"], f'"x", W/{image.headers["etag"]}', "*"):
        again = await get(edge, path, f"If-None-Match: {held}")
        assert (again.status, again.headers["etag"]) == (304, image.headers["etag"])
        assert again.headers["cache-control"] == image.headers["cache-control"]
    head = await get(edge, path, method="HEAD")
    assert (head.status, head.headers["content-length"]) == (200, str(len(image.body)))
    assert (await get(edge, path, 'If-None-Match: "other"')).status == 200


async def test_there_is_nothing_else_below_media(edge: Edge) -> None:
    await upload(edge)

    digest = "0" * 64
    for name in ("x", digest, f"{digest}.jpg", f"{digest}.svg", "..%2f..%2fsokbo.db", "%2e%2e", f"drafts/{digest}.jpg", ""):
        for below in ("/media/", "/news/media/"):
            assert (await get(edge, f"{below}{name}")).status == 404, name


async def test_images_can_only_be_read(edge: Edge) -> None:
    path = path_of(await upload(edge))

    reply = await get(edge, path, "Content-Length: 0", method="DELETE")
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


async def test_same_upload_twice_is_one_also_when_sent_at_once(edge: Edge, tmp_path: Path) -> None:
    twins = await asyncio.gather(*(upload(edge) for _ in range(3)), upload(edge, form(("file", PHOTO)), content_type=FORM))

    assert [twin == twins[0] for twin in twins] == [True] * 4
    assert await upload(edge) == twins[0]
    assert audit(tmp_path, "media.upload") == [twins[0]["id"]]
    assert len([file for file in (tmp_path / "media").rglob("*") if file.is_file()]) == 1


async def test_upload_that_differs_in_metadata_alone_is_the_same(edge: Edge) -> None:
    assert await upload(edge, jpeg(400, 200)) == await upload(edge)


async def test_file_that_has_been_lost_comes_back_with_the_upload(edge: Edge, tmp_path: Path) -> None:
    media = await upload(edge)
    [file] = [file for file in (tmp_path / "media").rglob("*") if file.is_file()]
    file.unlink()
    assert (await get(edge, path_of(media))).status == 404

    assert await upload(edge) == media
    assert (await get(edge, path_of(media))).status == 200


async def test_animation_is_ready_at_once(edge: Edge) -> None:
    media = await upload(edge, animation(), content_type="image/gif")

    assert (media["type"], media["state"], media["variants"]) == ("image/gif", PictureState.READY, [])


async def test_what_it_is_shows_when_it_is_decoded_whatever_its_sender_says(edge: Edge) -> None:
    assert (await upload(edge, png(), content_type="image/jpeg"))["type"] == "image/png"


async def test_other_types_and_packed_images_are_refused(edge: Edge) -> None:
    for content_type in ("image/svg+xml", "image/tiff", "application/octet-stream", "text/html", "image/*"):
        reply = await post(edge, PHOTO, content_type=content_type)
        assert reply.status == 415, content_type
        assert reply.headers["accept-post"] == "image/jpeg, image/png, image/webp, image/gif, multipart/form-data"
    assert (await post(edge, PHOTO, "Content-Encoding: gzip")).status == 415


async def test_what_is_no_image_is_refused_by_field_and_rule(edge: Edge, tmp_path: Path) -> None:
    for body, rule, code in (
        (b"", "must not be empty", "required"),
        (b"<svg onload='alert(1)'/>", "must be a JPEG, PNG, WebP or GIF image", "undecodable"),
        (PHOTO[:-300], "must be whole and sound: it can't be decoded to its end", "undecodable"),
    ):
        assert problem(await post(edge, body)) == (422, [{"field": "body", "rule": rule, "code": code}])
        in_form = await post(edge, form(("photo", body)), content_type=FORM)
        assert problem(in_form) == (422, [{"field": "photo", "rule": rule, "code": code}])
    assert [file for file in (tmp_path / "media").rglob("*") if file.is_file()] == []
    assert audit(tmp_path, "media.upload") == []


async def test_form_that_is_not_one_image_is_refused(edge: Edge) -> None:
    inner = f"--{BOUNDARY}\r\nContent-Type: multipart/mixed; boundary=in\r\n\r\n--in--\r\n--{BOUNDARY}--".encode()
    for what, body, status in (
        ("no part", form(), 422),
        ("two parts", form(("file", PHOTO), ("more", PHOTO)), 422),
        ("no form", b"no form at all", 400),
        ("cut short", form(("file", PHOTO))[:500], 400),
        ("another boundary", b"--other\r\n\r\n\r\n--other--", 400),
        ("a form in a form", inner, 422),
        ("a name of no character set", form(("_charset_", b"x" * 40), ("file", PHOTO)), 400),
        ("a character set", form(("_charset_", b"utf-8"), ("file", PHOTO)), 400),
    ):
        assert (await post(edge, body, content_type=FORM)).status == status, what


async def test_image_that_is_too_large_is_refused_whether_its_length_is_said_or_not(edge: Edge) -> None:
    body = form(("file", bytes(MAX_BYTES + 1)))
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    for content_type in ("image/jpeg", FORM):
        assert (await post(edge, body, content_type=content_type)).status == 413
        lines = ("POST /v1/media HTTP/1.1", f"Authorization: Bearer {edge.key}", f"Content-Type: {content_type}")
        assert (await edge.ask(*lines, "Transfer-Encoding: chunked", body=chunked)).status == 413


@pytest.mark.parametrize(("lines", "status"), [(1, 201), (MAX_BYTES // 8, 413)])
async def test_what_stands_before_a_forms_part_counts_as_well(edge: Edge, lines: int, status: int) -> None:
    body = b"ignored\r\n" * lines + form(("file", PHOTO))
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    head = ("POST /v1/media HTTP/1.1", f"Authorization: Bearer {edge.key}", f"Content-Type: {FORM}")
    assert (await edge.ask(*head, "Transfer-Encoding: chunked", body=chunked)).status == status


async def test_limit_of_images_is_not_that_of_articles(tmp_path: Path) -> None:
    def small(settings: Settings) -> Settings:
        return settings.model_copy(update={"max_article_bytes": 1024})

    async with whole_service(tmp_path, small) as edge:
        assert len(PHOTO) > 1024
        await upload(edge)


async def test_pixels_are_limited(tmp_path: Path) -> None:
    async with whole_service(tmp_path, lambda settings: settings.model_copy(update={"max_image_pixels": 79_999})) as edge:
        [error] = problem(await post(edge, PHOTO))[1]
    assert error["rule"] == "must have at most 79999 pixels, all frames together"


@pytest.mark.parametrize("name", ["%00", "med_", "med_%00000000000000000000000000", "x" * 300])
async def test_what_is_no_uploads_id_is_not_asked_for(edge: Edge, name: str) -> None:
    assert (await get(edge, f"/v1/media/{name}", f"Authorization: Bearer {edge.key}")).status == 404


async def test_another_sites_upload_does_not_exist(edge: Edge, tmp_path: Path) -> None:
    media = await upload(edge)
    other = make_key(tmp_path, "other", Scope.PUBLISH, Scope.READ)

    assert (await get(edge, f"/v1/media/{media['id']}", f"Authorization: Bearer {other}")).status == 404
    assert (await upload(edge, key=other))["id"] != media["id"]


async def test_upload_needs_a_key_that_may_publish(edge: Edge, tmp_path: Path) -> None:
    assert (await post(edge, PHOTO, key="sokbo_wrong")).status == 401
    assert (await post(edge, PHOTO, key=make_key(tmp_path, "other", Scope.READ))).status == 403


async def test_disk_that_refuses_is_503_and_nothing_is_recorded(edge: Edge, tmp_path: Path) -> None:
    (tmp_path / "media").write_text("in the way")

    reply = await post(edge, PHOTO)
    assert (reply.status, reply.headers["retry-after"]) == (503, "5")
    assert audit(tmp_path, "media.upload") == []


def make_key(folder: Path, name: str, *scopes: Scope, base_url: str = "") -> str:
    """A key to a new site."""
    database = Database(Settings(data=folder).resolved_database_url)
    by = {"actor": "test", "request_id": "req_test"}
    with database.write() as uow:
        site = sites.create(uow, {"name": name, "title": name, "base_url": base_url or f"http://127.0.0.1/{name}"}, **by)
        _, key = keys.issue(uow, site.id, scopes, "test", **by)
        uow.commit()
    database.close()
    return key


def audit(folder: Path, action: str) -> list[str]:
    """The subjects of such operations on the first site."""
    database = Database(Settings(data=folder).resolved_database_url)
    with database.read() as uow:
        entries = uow.audit.page(uow.sites.all()[0].id, 0, 100)
    database.close()
    return [entry.subject for entry in entries if entry.action == action]
