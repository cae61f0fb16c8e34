"""Stands in for the service: answers /readyz, and on SIGTERM finishes what it does, as `python -m service` must."""

import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import FrameType

from sokbo.settings import Settings


class Readiness(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()


def main() -> None:
    settings = Settings()

    def drain(_number: int, _frame: FrameType | None) -> None:
        (settings.data / "service.drained").touch()
        sys.exit(0)

    signal.signal(signal.SIGTERM, drain)
    HTTPServer((settings.host, settings.port), Readiness).serve_forever()


if __name__ == "__main__":
    main()
