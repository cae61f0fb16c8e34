"""All settings, in one frozen object. Each is read from `SOKBO_<NAME>`; each has a default and a help text."""

import base64
import tempfile
from hashlib import sha256
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from sokbo.errors import StartupError

Network = IPv4Network | IPv6Network

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY
#: For which anything can be kept.
MAX_DAYS = 36_500

#: Of `secret_key`.
KEY_BYTES = 32
#: A unix socket's path fits in 104 bytes on macOS, 108 on Linux, with the NUL.
MAX_SOCKET_PATH_BYTES = 100

DEFAULT_DATA = Path("data")
#: In the data folder: the embedded database, and what the one process that runs on the folder holds.
DATABASE_FILE = "sokbo.db"
PUBLIC_URL_FILE = "public-url"
LOCK_FILE = "lock"
#: What the folder's name begins with in which a restore is prepared. It stays if that is killed.
UNFINISHED_RESTORE = ".restore-"
MEDIA_FOLDER = "media"
#: To listen on every address, and the address where this machine then reaches it.
REACHABLE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # compared, not listened on

#: Seconds to wait after each failed attempt; the last, 8 h, repeats until seven days are over (28 to 30 attempts).
DEFAULT_RETRY_SCHEDULE = (
    5,
    30,
    2 * MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    4 * HOUR,
    *[8 * HOUR] * 20,
)


class Settings(BaseSettings):
    """What an operator can set. Empty URLs mean: use the embedded one in `data`."""

    model_config = SettingsConfigDict(env_prefix="SOKBO_", frozen=True, extra="ignore")

    data: Path = Field(
        DEFAULT_DATA, description="Folder that holds the database, uploaded images, the broker's files, logs and secrets."
    )
    host: str = Field("127.0.0.1", description="Address the service listens on.")
    port: int = Field(8080, ge=0, le=65535, description="Port the service listens on.")
    public_url: str = Field("", description="URL under which the world reaches the service; http://HOST:PORT if empty.")
    database_url: str = Field("", description="postgresql://user:password@host/name; SQLite in the data folder if empty.")
    redis_url: str = Field(
        "", description="redis://host:6379/0 of Valkey or Redis, or unix:///path/to/socket; the embedded one if empty."
    )
    secret_key: str = Field(
        "", description="Encrypts webhook secrets at rest: 32 bytes, base64; kept in the data folder if empty."
    )
    callback_allow: Annotated[tuple[Network, ...], NoDecode] = Field(
        (),
        description="Networks otherwise closed that pushes and fetches of pictures may reach, comma-separated, e.g. 127.0.0.0/8.",
    )
    retry_schedule: Annotated[tuple[float, ...], NoDecode] = Field(
        DEFAULT_RETRY_SCHEDULE, description="Seconds to wait after each failed delivery attempt, comma-separated."
    )
    breaker_probe_seconds: float = Field(
        60.0,
        gt=0,
        le=WEEK,
        description="How often a partner whose breaker is open is tried again; no less often than the longest retry.",
    )
    feed_entries: int = Field(50, ge=1, le=500, description="Entries in a feed and on an index page.")
    max_article_bytes: int = Field(1024 * 1024, ge=1024, description="Largest article body taken, after decompression.")
    media: str = Field(
        "", description="Folder of uploaded images, the same for all machines; `media` in the data folder if empty."
    )
    max_image_bytes: int = Field(10 * 1024 * 1024, ge=1024, description="Largest image that can be uploaded.")
    max_image_pixels: int = Field(
        40_000_000,
        ge=1_000_000,
        description="Most pixels of an uploaded image, all its frames together; decoding takes up to 35 bytes for each.",
    )
    requests_per_minute: int = Field(60_000, ge=1, description="Requests a minute that one API key may make.")
    unknown_keys_per_minute: int = Field(30, ge=1, description="Requests a minute from one address with keys that are not known.")
    connections: int = Field(10_000, ge=1, description="Connections that each service process holds open at once.")
    connections_per_address: int = Field(
        512, ge=1, description="Most connections from one address or IPv6 /64; trusted proxies are exempt."
    )
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = Field(
        (),
        description="Networks of proxies whose X-Forwarded-For header is trusted, comma-separated.",
    )
    document_cache_bytes: int = Field(
        64 * 1024 * 1024, ge=0, description="Memory for documents kept ready in each service process."
    )
    sweep_interval_seconds: float = Field(0.5, gt=0, le=HOUR, description="How often the sweeper looks for work nobody is doing.")
    lease_seconds: float = Field(4.0, gt=0, le=HOUR, description="How long a worker holds work before another may take it.")
    pushes_in_flight: int = Field(100, ge=1, description="Deliveries that one worker process has under way at once.")
    hub_signature: Literal["sha1", "sha256", "sha384", "sha512"] = Field(
        "sha256", description="How the WebSub hub signs what it sends: sha1, sha256, sha384 or sha512."
    )
    hub_subscriptions: int = Field(10_000, ge=0, description="Most subscriptions that the WebSub hub takes for each site.")
    hub_requests_per_minute: int = Field(600, ge=1, description="Requests a minute that one address may make to the WebSub hub.")
    keep_attempts_days: int = Field(30, ge=7, le=MAX_DAYS, description="Days for which delivery attempts are kept.")
    keep_events_days: int = Field(
        30, ge=30, le=MAX_DAYS, description="Days for which events and their deliveries are kept, for replay and catching up."
    )
    keep_idempotency_days: int = Field(
        7, ge=7, le=MAX_DAYS, description="Days for which an Idempotency-Key's answer is repeated."
    )
    shutdown_seconds: float = Field(
        10.0, gt=0, le=HOUR, description="Time that each process has to finish what it does when stopped."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="debug, info, warning or error.")

    @field_validator("callback_allow", "trusted_proxies", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        if isinstance(value, str):
            try:
                return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())
            except ValueError as error:
                raise ValueError("must be networks, comma-separated, such as 127.0.0.0/8,fd00::/8") from error
        return value

    @field_validator("retry_schedule", mode="before")
    @classmethod
    def _seconds(cls, value: object) -> object:
        if isinstance(value, str):
            try:
                return tuple(float(part) for part in value.split(",") if part.strip())
            except ValueError as error:
                raise ValueError("must be seconds, comma-separated, such as 5,30,120") from error
        return value

    @field_validator("retry_schedule")
    @classmethod
    def _waits(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not all(0 <= seconds <= WEEK for seconds in value):
            raise ValueError("must be waits of 0 seconds to seven days")
        return value

    @field_validator("secret_key")
    @classmethod
    def _key(cls, value: str) -> str:
        if value:
            decoded_key(value)
        return value

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        if value and not value.startswith(("postgresql://", "postgres://")):
            raise ValueError("must begin with postgresql://, or be empty for SQLite in the data folder")
        return value

    @field_validator("redis_url")
    @classmethod
    def _broker(cls, value: str) -> str:
        if value and not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must begin with redis://, rediss:// or unix://")
        return value

    @property
    def resolved_database_url(self) -> str:
        """The database to use: `database_url`, or the SQLite file in the data folder."""
        return self.database_url or sqlite_url(self.database_file)

    @property
    def database_file(self) -> Path:
        """The embedded database; only meaningful while `database_url` is empty."""
        return self.data.resolve() / DATABASE_FILE

    @property
    def media_folder(self) -> Path:
        """The folder of uploaded images."""
        return Path(self.media) if self.media else self.data.resolve() / MEDIA_FOLDER

    @property
    def probe_seconds(self) -> float:
        """Seconds between the probes of a partner whose breaker is open: no more than any delivery of its own would wait."""
        return min(self.breaker_probe_seconds, max(self.retry_schedule, default=self.breaker_probe_seconds))

    @property
    def broker_socket(self) -> Path:
        """The embedded broker's unix socket; only meaningful while `redis_url` is empty.

        In the data folder, or, where its path would be too long for a socket, in a folder of the temporary one.
        """
        folder = self.data.resolve() / "broker"
        socket = folder / "valkey.sock"
        if len(bytes(socket)) <= MAX_SOCKET_PATH_BYTES:
            return socket
        return Path(tempfile.gettempdir()) / f"sokbo-{sha256(bytes(folder)).hexdigest()[:16]}" / socket.name

    @property
    def resolved_public_url(self) -> str:
        """The service's own URL, without a slash at its end."""
        host = f"[{self.reachable_host}]" if ":" in self.reachable_host else self.reachable_host
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")

    @property
    def reachable_host(self) -> str:
        """`host`, or, where that means every address, one at which this machine reaches the service."""
        return REACHABLE.get(self.host, self.host)


def load_settings(**given: object) -> Settings:
    """The settings of the environment under those that are given; None counts as not given.

    Raises StartupError that names the settings and the rules they break.
    """
    over = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(**over)  # type: ignore[arg-type]  # pydantic checks them, with the environment's
    except ValidationError as error:
        rules = [(".".join(map(str, each["loc"])).upper(), each["msg"].removeprefix("Value error, ")) for each in error.errors()]
        broken = "; ".join(f"SOKBO_{name}: {rule}" for name, rule in rules)
        raise StartupError(broken) from error


def decoded_key(text: str) -> bytes:
    """The key that `secret_key` writes. Raises ValueError, whose text is the broken rule."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError as error:
        raise ValueError("must be base64") from error
    if len(key) != KEY_BYTES:
        raise ValueError(f"must be {KEY_BYTES} bytes in base64, not {len(key)}")
    return key


def sqlite_url(file: Path) -> str:
    """The URL of an SQLite database, whatever the characters of its path."""
    return f"sqlite:///{quote(str(file))}"
