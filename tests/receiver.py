"""A partner's webhook receiver: a real HTTP server on an address of its own, which checks what comes with the public library."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Event, Thread
from typing import Any

import orjson
from standardwebhooks import Webhook

from tests.waiting import eventually

_hosts = count(2)


@dataclass(frozen=True, slots=True)
class Push:
    """One request that came; `headers` by names in lower case."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def type(self) -> str:
        return str(orjson.loads(self.body)["type"])

    @property
    def data(self) -> dict[str, Any]:
        data: dict[str, Any] = orjson.loads(self.body)["data"]
        return data

    def verified(self, secret: str) -> Any:
        """The payload. Raises WebhookVerificationError unless the secret's owner has signed it."""
        return Webhook(secret).verify(self.body, dict(self.headers))


@dataclass(slots=True)
class Receiver:
    """`statuses` are the next answers, in order; after them it says 204. `hanging` keeps every answer back until the end."""

    url: str
    pushes: list[Push] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    hanging: bool = False
    ended: Event = field(default_factory=Event)

    def wait_for(self, number: int, seconds: float = 10.0) -> list[Push]:
        """All pushes, once there are that many."""
        return eventually(lambda: len(self.pushes) >= number and list(self.pushes), seconds) or []

    def answer(self, push: Push) -> int:
        self.pushes.append(push)
        if self.hanging:
            self.ended.wait()
        return self.statuses.pop(0) if self.statuses else 204


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver that listens on a loopback address of its own."""
    host = f"127.0.77.{next(_hosts) % 250}"

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = receiver.answer(Push({name.lower(): value for name, value in self.headers.items()}, body))
            if receiver.ended.is_set():
                return
            self.send_response(status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer((host, 0), Handler) as server:
        receiver = Receiver(f"http://{host}:{server.server_port}/hook")
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield receiver
        finally:
            receiver.ended.set()
            server.shutdown()
            thread.join()
