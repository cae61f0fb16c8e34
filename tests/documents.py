"""The documentation as the tests read it: files, fences, links."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCUMENTS = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")))

_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Fence:
    """A block of code. `language` is what its opening line says."""

    path: Path
    language: str
    text: str


def read(name: str) -> str:
    """The document's text; `name` is below the repository's root."""
    return (ROOT / name).read_text()


def fences(*languages: str) -> list[Fence]:
    """All blocks of code in these languages."""
    return [
        Fence(path, language, text)
        for path in DOCUMENTS
        for language, text in _FENCE.findall(path.read_text())
        if language in languages
    ]


def commands(fence: Fence) -> list[str]:
    """A shell block's commands, each as one line, without comments and here-documents."""
    text = re.sub(r"<<(\w+).*?^\1$", "", fence.text, flags=re.DOTALL | re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [line for line in lines if shlex.split(line, comments=True)]
