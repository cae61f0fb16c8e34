"""A publisher with a site of its own on a running system, who speaks HTTP like anybody else."""

from dataclasses import dataclass
from typing import Any

import orjson

from sokbo.domain.site import Site
from tests.client import Answer, ask
from tests.waiting import eventually


@dataclass(frozen=True, slots=True)
class Publisher:
    """`url` is the service's, `token` a key with every scope but admin."""

    url: str
    site: Site
    token: str

    def send(self, method: str, path: str, body: Any = None, content_type: str = "application/json", **headers: str) -> Answer:
        """An authenticated request to the API; a body that isn't bytes is sent as JSON. `If_Match="..."` is a header."""
        raw = body if body is None or isinstance(body, bytes) else orjson.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        typed = {} if raw is None else {"Content-Type": content_type}
        return ask(method, f"{self.url}/v1{path}", raw, {"Authorization": f"Bearer {self.token}"} | typed | named)

    def post(self, title: str = "제목", **fields: Any) -> dict[str, Any]:
        """A new article; what the answer says of it. Fields that aren't given are short."""
        answer = self.send("POST", "/articles", {"title": title, "markdown": f"{title}의 **본문**"} | fields)
        assert answer.status == 201, answer.text
        posted: dict[str, Any] = answer.json
        return posted

    def register(self, url: str, **fields: Any) -> dict[str, Any]:
        """A new webhook partner, with its secret."""
        answer = self.send("POST", "/partners", {"name": "partner", "url": url} | fields)
        assert answer.status == 201, answer.text
        partner: dict[str, Any] = answer.json
        return partner

    def read(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """What any reader gets of a document of the site."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return ask(method, f"{self.url}/{self.site.name}/{path}", headers=named)

    def await_text(self, path: str, text: str, seconds: float = 10.0) -> Answer:
        """The document, once it holds the text."""
        return self._await(path, lambda answer: answer.status in {200, 410} and text in answer.text, seconds)

    def await_no_text(self, path: str, text: str, seconds: float = 10.0) -> Answer:
        """The document, once it is there without the text."""
        return self._await(path, lambda answer: answer.status in {200, 410} and text not in answer.text, seconds)

    def await_status(self, path: str, status: int, seconds: float = 10.0) -> Answer:
        return self._await(path, lambda answer: answer.status == status, seconds)

    def _await(self, path: str, holds: Any, seconds: float) -> Answer:
        last: list[Answer] = []

        def probe() -> bool:
            last[:] = [self.read(path)]
            return bool(holds(last[0]))

        eventually(probe, seconds)
        return last[0]
