"""What is asked of the WebSub hub: forms, by their rules (W3C WebSub section 5.1), and the topics that they name."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl, quote_plus, urlsplit

from service.paths import decode_path
from service.prepared import Prepared
from service.reading import Reader
from service.site_directory import SiteDirectory
from sokbo.domain.site import Site
from sokbo.domain.subscription import MAX_LEASE_SECONDS, Mode, granted_lease
from sokbo.errors import BadRequest, NotFound
from sokbo.net.urls import MAX_URL_CHARACTERS, UnusableUrl, check_url

#: A secret has fewer bytes than this (WebSub section 5.1).
SECRET_BYTES = 200
MAX_FIELDS = 20
#: What the question to a callback says besides the topic, at most.
ASKED_CHARACTERS = 200
PUBLISH = "publish"
_MODES = (*Mode, PUBLISH)
_LONGEST_NUMBER = 12


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request to subscribe or unsubscribe that keeps the rules; `secret` is empty for none."""

    mode: Mode
    topic: str
    callback: str
    lease_seconds: int
    secret: str


def parse_form(body: bytes) -> dict[str, str]:
    """The form's fields (WHATWG URL, application/x-www-form-urlencoded), those of the hub once each. Raises BadRequest."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
    except UnicodeDecodeError as error:
        raise BadRequest("the form must be UTF-8") from error
    except ValueError as error:
        raise BadRequest(f"the form must have at most {MAX_FIELDS} fields") from error
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name in fields and name.startswith("hub."):
            raise BadRequest(f"{name} must be there once")
        if any(character in value for character in "\r\n\0"):
            raise BadRequest(f"{name} must not contain a line break or NUL")
        fields[name] = value
    return fields


def read_mode(fields: Mapping[str, str]) -> str:
    """One of subscribe, unsubscribe, publish. Raises BadRequest."""
    mode = fields.get("hub.mode", "")
    if mode not in _MODES:
        raise BadRequest(f"hub.mode must be {', '.join(_MODES[:-1])} or {PUBLISH}")
    return mode


def parse(fields: Mapping[str, str]) -> Wanted:
    """What the form asks for. Raises BadRequest with the first rule that it breaks."""
    secret = fields.get("hub.secret", "")
    if len(secret.encode()) >= SECRET_BYTES:
        raise BadRequest(f"hub.secret must have fewer than {SECRET_BYTES} bytes")
    mode, topic, callback = Mode(read_mode(fields)), _url(fields, "hub.topic"), _url(fields, "hub.callback")
    if len(callback) + len(quote_plus(topic)) > MAX_URL_CHARACTERS - ASKED_CHARACTERS:
        raise BadRequest("hub.callback and hub.topic are too long together to be asked")
    return Wanted(
        mode=mode,
        topic=topic,
        callback=callback,
        lease_seconds=granted_lease(_seconds(fields) if mode is Mode.SUBSCRIBE else None),
        secret=secret,
    )


def _url(fields: Mapping[str, str], name: str) -> str:
    url = fields.get(name, "")
    if not url:
        raise BadRequest(f"{name} must be given")
    try:
        check_url(url)
    except UnusableUrl as error:
        raise BadRequest(f"{name} {error}") from error
    return url


def _seconds(fields: Mapping[str, str]) -> int | None:
    text = fields.get("hub.lease_seconds", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise BadRequest("hub.lease_seconds must be a whole number of seconds")
    return MAX_LEASE_SECONDS if len(text) > _LONGEST_NUMBER else int(text)


def _is_topic(prepared: Prepared, path: str) -> bool:
    """True for what names the hub, at its own address."""
    return path == prepared.public_path and 'rel="hub"' in prepared.description.headers.get("Link", "")


class Topics:
    """Finds what a topic's URL names: a public feed or page of one of the sites."""

    def __init__(self, directory: SiteDirectory, reader: Reader):
        self._directory = directory
        self._reader = reader

    async def find(self, url: str) -> tuple[Site, str]:
        """The site and the path of its document. Raises NotFound."""
        if (placed := self._placed(url)) is not None:
            site, path = placed
            prepared = await self._reader.find(site.id, path)
            if prepared is not None and prepared.status == HTTPStatus.OK and _is_topic(prepared, path):
                return site, prepared.path
        raise NotFound("hub.topic must be the address of a feed or a page of this hub's sites")

    def _placed(self, url: str) -> tuple[Site, str] | None:
        """Whose address it would be, and the path below its base URL; None if it is no site's."""
        try:
            parts = urlsplit(url)
        except ValueError:  # such as http://[
            return None
        if parts.query:
            return None
        if (found := self._directory.at_address(parts.netloc, parts.path)) is None:
            return None
        site, rest = found
        path = decode_path(rest)
        return None if path is None else (site, path)
