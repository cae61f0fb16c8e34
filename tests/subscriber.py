"""A WebSub subscriber: a real HTTP server on an address of its own, which says what it is asked and keeps what it is sent."""

import hmac
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Event, Thread
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from tests.client import Answer, ask
from tests.waiting import eventually

_hosts = count(2)


@dataclass(frozen=True, slots=True)
class Question:
    """A GET that came: `query` as it stood, and its parameters in their order."""

    target: str

    @property
    def parameters(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)

    def get(self, name: str) -> str:
        """The parameter, which is there exactly once."""
        [value] = [value for key, value in self.parameters if key == f"hub.{name}"]
        return value


@dataclass(frozen=True, slots=True)
class Sent:
    """A POST that came; `headers` by names in lower case."""

    target: str
    headers: Mapping[str, str]
    body: bytes

    def is_signed_with(self, secret: str) -> bool:
        """As a subscriber checks it (WebSub section 8.1)."""
        method, _, signature = self.headers.get("x-hub-signature", "").partition("=")
        return hmac.compare_digest(hmac.digest(secret.encode(), self.body, method).hex(), signature)


@dataclass(slots=True)
class Subscriber:
    """`challenge` is answered instead of the one that is asked for; `statuses` are the next answers to what is sent, after which
    it says 204; `hanging` keeps every one back until the end."""

    callback: str
    questions: list[Question] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    confirm_status: int = 200
    challenge: str | None = None
    hanging: bool = False
    ended: Event = field(default_factory=Event)

    def ask(self, hub: str, topic: str, mode: str = "subscribe", **fields: str) -> Answer:
        """Asks the hub, with `fields` beside what is always sent."""
        form = {"mode": mode, "topic": topic, "callback": self.callback} | fields
        return post_form(hub, {f"hub.{name}": value for name, value in form.items()})

    def subscribe(self, hub: str, topic: str, **fields: str) -> Question:
        """Subscribes, or whatever else the mode says; the question that it was asked, once what came of it is written."""
        before, verified = len(self.questions), _verified(hub)
        answer = self.ask(hub, topic, **fields)
        assert answer.status == 202, answer.text
        eventually(lambda: _verified(hub) > verified)
        return self.questions[before]

    def wait_for(self, number: int, seconds: float = 10.0) -> list[Sent]:
        """All that was sent, once it is that much."""
        return eventually(lambda: len(self.sent) >= number and list(self.sent), seconds) or []


def _verified(hub: str) -> float:
    """How many requests the hub has verified so far."""
    metrics = ask("GET", urljoin(hub, "/metrics")).text
    return sum(float(value) for value in re.findall(r"^sokbo_subscription_requests_total\{.*\} (.*)$", metrics, re.MULTILINE))


def post_form(hub: str, fields: Mapping[str, str]) -> Answer:
    """The hub's answer to the form."""
    return ask("POST", hub, urlencode(fields).encode(), {"Content-Type": "application/x-www-form-urlencoded"})


@contextmanager
def subscribing(callback: str = "/callback") -> Iterator[Subscriber]:
    """A subscriber that listens on a loopback address of its own."""
    host = f"127.0.78.{next(_hosts) % 250}"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            question = Question(self.path)
            subscriber.questions.append(question)
            said = dict(question.parameters).get("hub.challenge", "") if subscriber.challenge is None else subscriber.challenge
            self._answer(subscriber.confirm_status, said.encode())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            subscriber.sent.append(Sent(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            if subscriber.hanging:
                subscriber.ended.wait()
                return
            self._answer(subscriber.statuses.pop(0) if subscriber.statuses else 204, b"")

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer((host, 0), Handler) as server:
        subscriber = Subscriber(f"http://{host}:{server.server_port}{callback}")
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield subscriber
        finally:
            subscriber.ended.set()
            server.shutdown()
            thread.join()
