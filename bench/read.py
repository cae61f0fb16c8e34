"""How fast documents are read: one service process beside one nginx worker that serves the same bytes from files.

nginx has its best settings for this: no access log, sendfile, and gzip compressed beforehand. `python -m bench.read` prints it.
"""

import asyncio
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import uvloop
from aiohttp import web

from service.answers import AnswerMemory
from service.document_cache import DocumentCache
from service.prepared import Loaded
from service.reading import Reader
from service.recall import recalling
from service.routes.documents import add_document_routes
from service.site_directory import SiteDirectory
from sokbo.domain import compression
from sokbo.domain.document import EMPTY, Document
from sokbo.domain.ids import SiteId
from sokbo.domain.site import Site

FEED_BYTES = 50_000
ENTRIES = 25
CONNECTIONS = 64
SECONDS = 2
PAIRS = 3
SITE = SiteId(1)
URL_PATH = "/news/feed.atom"

_NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr crit;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; types {{ application/atom+xml atom; }}
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; root {folder}/www; gzip_static on; }}
}}
"""


def measure() -> dict[str, float]:
    """Requests a second, `<case>.ours` and `<case>.nginx`, and `<case>.ratio`, the median of pairs run one after the other.

    The cases are identity, gzip and not_modified. Raises FileNotFoundError if nginx or wrk is missing.
    """
    with ExitStack() as stack:
        loaded = sample_feed()
        theirs = stack.enter_context(nginx(loaded))
        ours = stack.enter_context(service())
        figures: dict[str, float] = {}
        for case, headers in _cases().items():
            figures |= _compare(case, ours + URL_PATH, theirs + URL_PATH, headers)
        return figures


def sample_feed() -> Loaded:
    """A feed of 50 kB whose text compresses like news: some 5:1."""
    generator = random.Random(1)  # the same words in every run
    words = ["".join(generator.choices("가나다라마바사아자차카타파하", k=generator.randint(2, 4))) for _ in range(1500)]
    entry_bytes = FEED_BYTES // ENTRIES
    entries = []
    for _ in range(ENTRIES):
        text = "<entry><title>" + " ".join(generator.choices(words, k=400))
        entries.append(text.encode()[: entry_bytes - len("</entry>")] + b"</entry>")
    document = Document(
        site_id=SITE,
        path="feed.atom",
        media_type="application/atom+xml; charset=utf-8",
        etag="0123456789abcdef",
        last_modified=datetime(2026, 1, 1, tzinfo=UTC),
        head=EMPTY,
        fragments=tuple(range(ENTRIES)),
        headers={"Link": '<http://127.0.0.1/hub>; rel="hub"'},
    )
    return Loaded(document, tuple(compression.piece(entry) for entry in entries))


def _cases() -> dict[str, Callable[[str], Sequence[str]]]:
    """What each case adds to a request for that URL."""
    return {
        "identity": lambda _: [],
        "gzip": lambda _: ["Accept-Encoding: gzip"],
        "not_modified": lambda url: [f"If-None-Match: {_etag(url)}"],
    }


def _compare(case: str, ours: str, theirs: str, headers: Callable[[str], Sequence[str]]) -> dict[str, float]:
    pairs = [(wrk(ours, headers(ours)), wrk(theirs, headers(theirs))) for _ in range(PAIRS)]
    return {
        f"{case}.ours": statistics.median(our for our, _ in pairs),
        f"{case}.nginx": statistics.median(their for _, their in pairs),
        f"{case}.ratio": statistics.median(our / their for our, their in pairs),
    }


def wrk(url: str, headers: Sequence[str] = ()) -> float:
    """Requests a second. Raises ValueError if any wasn't answered with success."""
    options = [option for header in headers for option in ("-H", header)]
    command = [_tool("wrk"), "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}", *options, url]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", output)
    if rate is None or "Non-2xx" in output or "Socket errors" in output:
        raise ValueError(f"wrk says: {output}")
    return float(rate[1])


@contextmanager
def nginx(loaded: Loaded) -> Iterator[str]:
    """An nginx that serves the document, raw and compressed; its root URL."""
    raw = compression.join(loaded.entries)
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), _free_port()
        folder.chmod(0o755)  # nginx's worker may run as another user
        feed = folder / "www" / URL_PATH.removeprefix("/")
        feed.parent.mkdir(parents=True)
        feed.write_bytes(raw)
        feed.with_suffix(".atom.gz").write_bytes(compression.gzip(loaded.entries, raw))
        config = folder / "nginx.conf"
        config.write_text(_NGINX.format(folder=folder, port=port))
        with _running([_tool("nginx"), "-p", name, "-c", str(config)], f"http://127.0.0.1:{port}"):
            yield f"http://127.0.0.1:{port}"


@contextmanager
def service() -> Iterator[str]:
    """A process that serves the document as the service does; its root URL."""
    port = _free_port()
    with _running([sys.executable, "-m", "bench.read", str(port)], f"http://127.0.0.1:{port}"):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _running(command: Sequence[str], root: str) -> Iterator[None]:
    process = subprocess.Popen(command)
    try:
        deadline = time.monotonic() + 10
        while not _answers(root):
            if time.monotonic() > deadline or process.poll() is not None:
                raise TimeoutError(f"{command[0]} doesn't answer")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait()


def _answers(root: str) -> bool:
    try:
        _etag(root + URL_PATH)
    except urllib.error.URLError:
        return False
    return True


def _etag(url: str) -> str:
    with urllib.request.urlopen(url) as reply:
        return str(reply.headers["ETag"])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _tool(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        raise FileNotFoundError(f"{name} is not installed")
    return found


class _OneFeed:
    """A document source that holds the sample feed alone."""

    async def load(self, site_id: SiteId, path: str) -> Loaded | None:
        loaded = sample_feed()
        return loaded if (site_id, path) == (SITE, loaded.document.path) else None

    async def versions(self) -> Mapping[SiteId, int]:
        return {}

    async def changed_since(self, site_id: SiteId, version: int) -> Sequence[str]:
        return []


async def _serve(port: int) -> None:
    cache = DocumentCache(_OneFeed(), 64 * 1024 * 1024)
    directory = SiteDirectory()
    directory.replace([Site(SITE, "news", "News", "http://127.0.0.1/news", datetime.now(UTC))])
    app = web.Application()
    add_document_routes(app, Reader(cache), directory)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    if runner.server is None:
        raise RuntimeError("the runner has no server after its set-up")
    listener = await asyncio.get_running_loop().create_server(recalling(runner.server, AnswerMemory(cache)), "127.0.0.1", port)
    await listener.serve_forever()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        uvloop.run(_serve(int(sys.argv[1])))
    else:
        for figure, value in measure().items():
            print(f"{figure:24} {value:12,.2f}")
