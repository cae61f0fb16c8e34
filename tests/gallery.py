"""A stranger's pictures: a real HTTP server on an address of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Event, Thread

_hosts = count(2)


@dataclass(slots=True)
class Gallery:
    """`pictures` are answered at their paths, with `headers` beside Content-Length; `statuses` are the next answers' in order,
    and 200 after them. `asked` are the paths of all requests. Nobody is answered while it isn't `open`."""

    url: str
    pictures: dict[str, bytes] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "image/jpeg"})
    statuses: list[int] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    open: Event = field(default_factory=Event)

    def hang(self, path: str, picture: bytes) -> str:
        """Shows a picture; its URL."""
        self.pictures[path] = picture
        return f"{self.url}{path}"


@contextmanager
def showing() -> Iterator[Gallery]:
    host = f"127.0.78.{next(_hosts) % 250}"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            gallery.asked.append(self.path)
            gallery.open.wait()
            body = gallery.pictures.get(self.path)
            self.send_response(404 if body is None else gallery.statuses.pop(0) if gallery.statuses else 200)
            for name, value in gallery.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer((host, 0), Handler) as server:
        gallery = Gallery(f"http://{host}:{server.server_port}")
        gallery.open.set()
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield gallery
        finally:
            gallery.open.set()
            server.shutdown()
            thread.join()
