"""How fast a feed is read: the running service beside one nginx worker that serves the same bytes from files.

nginx has its best settings for this: no access log, sendfile, and gzip compressed beforehand. Short runs of wrk, one after the
other in pairs, so that a change of the machine's mood meets both.
"""

import re
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import uvloop

from bench.article import headline, news
from bench.connection import connected, get, post, post_article, wait_for_text
from bench.measurement import LeftOut, Measurement
from bench.system import HOST, SITE, START_SECONDS, System, running, wait_until
from sokbo.cli.startup_checks import free_port
from sokbo.lifeline import end_with_parent

FEED_BYTES = 50_000
CONNECTIONS = 64
SECONDS = 2
PAIRS = 5
LEAST_OF_NGINX = 0.55
URL_PATH = f"/{SITE}/feed.atom"

_NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr crit;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; types {{ application/atom+xml atom; }}
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen {host}:{port}; root {folder}/www; gzip_static on; }}
}}
"""


def measure(seconds: int = SECONDS, pairs: int = PAIRS) -> Sequence[Measurement]:
    """Requests a second, plain, compressed and not modified. Raises LeftOut without nginx or wrk."""
    nginx_path, wrk_path = _tool("nginx"), _tool("wrk")
    with running() as system:
        uvloop.run(_fill_feed(system))
        ours = system.settings.resolved_public_url + URL_PATH
        with _nginx(nginx_path, _body(ours, "identity"), _body(ours, "gzip")) as theirs:
            cases: Mapping[str, tuple[Sequence[str], Sequence[str], float | None]] = {
                "plain": ([], [], LEAST_OF_NGINX),
                "gzip": (["Accept-Encoding: gzip"], ["Accept-Encoding: gzip"], LEAST_OF_NGINX),
                "not modified": ([f"If-None-Match: {_etag(ours)}"], [f"If-None-Match: {_etag(theirs)}"], None),
            }
            return [
                _compare(
                    f"GET of a 50 kB feed, {case}",
                    [(_wrk(wrk_path, ours, our, seconds), _wrk(wrk_path, theirs, their, seconds)) for _ in range(pairs)],
                    least,
                )
                for case, (our, their, least) in cases.items()
            ]


def _compare(name: str, rates: Sequence[tuple[float, float]], least: float | None) -> Measurement:
    """The pair whose ratio is the median of all."""
    ours, theirs = sorted(rates, key=lambda pair: pair[0] / pair[1])[len(rates) // 2]
    return Measurement(name, ours, "/s", limit=theirs, limit_name="nginx, 1 worker", at_least_ratio=least)


async def _fill_feed(system: System) -> None:
    async with connected(system) as connection:
        number = 0
        while len((await connection.ask(get(URL_PATH))).body) < FEED_BYTES:
            number += 1
            await post(connection, post_article(system, news(number)))
            await wait_for_text(connection, get(URL_PATH), headline(number).encode(), every_seconds=0.005)


def _wrk(wrk: str, url: str, headers: Sequence[str], seconds: int) -> float:
    """Requests a second. Raises RuntimeError if any wasn't answered with success."""
    options = [option for header in headers for option in ("-H", header)]
    command = [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{seconds}", *options, url]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", output)
    if rate is None or "Non-2xx" in output or "Socket errors" in output:
        raise RuntimeError(f"wrk says: {output}")
    return float(rate[1])


@contextmanager
def _nginx(nginx: str, raw: bytes, compressed: bytes) -> Iterator[str]:
    """An nginx that serves these bytes; their URL."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port(HOST, 0)
        folder.chmod(0o755)  # nginx's worker may run as another user
        feed = folder / "www" / URL_PATH.removeprefix("/")
        feed.parent.mkdir(parents=True)
        feed.write_bytes(raw)
        feed.with_suffix(".atom.gz").write_bytes(compressed)
        config = folder / "nginx.conf"
        config.write_text(_NGINX.format(folder=folder, host=HOST, port=port))
        process = subprocess.Popen([nginx, "-p", name, "-c", str(config)], preexec_fn=end_with_parent)
        try:
            url = f"http://{HOST}:{port}{URL_PATH}"
            wait_until(lambda: _answers(url), START_SECONDS)
            yield url
        finally:
            process.terminate()
            process.wait()


def _answers(url: str) -> bool:
    try:
        return bool(_etag(url))
    except urllib.error.URLError:
        return False


def _etag(url: str) -> str:
    with urllib.request.urlopen(url) as reply:
        return str(reply.headers["ETag"])


def _body(url: str, encoding: str) -> bytes:
    """The bytes as they are sent."""
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept-Encoding": encoding})) as reply:
        body: bytes = reply.read()
        return body


def _tool(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if found is None:
        raise LeftOut(f"{name} is not installed, so that the service's rate can't be compared with nginx's")
    return found
