"""Rules of the house that no linter knows."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAX_FUNCTION_LINES = 45
MAX_FILE_LINES = 280
CODE = ("sokbo", "service", "workers", "bench", "chaos")

#: Spelled so that this file doesn't hold what it looks for.
REGISTRIES = re.compile(
    "|".join((r"pypi\.(?:org|io)", r"pytho[n]hosted\.", r"registry[-.]\w+\.(?:io|com|or[g])", r"(?:docker|ghcr|quay)\.i[o]"))
)
LOCAL_PATHS = re.compile(r"(?<![\w.])/(?:hom[e]/[a-z]|wor[k]/|Use[r]s/[a-z])")


def files(*patterns: str) -> list[Path]:
    """The repository's files, those included that will be added; none that git ignores."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\0")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


def code() -> list[Path]:
    return [path for path in files("*.py") if path.relative_to(ROOT).parts[0] in CODE and "migrations" not in path.parts]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("rule", [REGISTRIES, LOCAL_PATHS], ids=["registry", "path"])
def test_no_file_names_a_registry_or_a_path_of_one_machine(rule: re.Pattern[str]) -> None:
    named = {}
    for path in files():
        text = path.read_bytes().decode("utf-8", "replace")
        if found := rule.search(text):
            named[str(path.relative_to(ROOT))] = found[0]

    assert named == {}


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_lock_file_has_a_hash_for_each_package_and_no_index(name: str) -> None:
    text = (ROOT / name).read_text()
    blocks = re.split(r"\n(?=\S)", text)

    assert [block.splitlines()[0] for block in blocks if "==" in block and "--hash=sha256:" not in block] == []
    assert "://" not in text
    assert not re.search(r"^-", text, re.MULTILINE)


def test_functions_and_files_are_of_readable_length() -> None:
    too_long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in code()
        for node in functions(path)
        if (node.end_lineno or 0) - node.lineno >= MAX_FUNCTION_LINES
    ]
    too_long += [str(path.relative_to(ROOT)) for path in code() if len(path.read_text().splitlines()) > MAX_FILE_LINES]

    assert too_long == []


def test_every_module_says_what_it_holds_in_a_few_lines() -> None:
    docstrings = {path: ast.get_docstring(ast.parse(path.read_text())) or "" for path in code()}
    packages = {path for path in docstrings if path.name == "__init__.py" and not path.read_text().strip()}

    assert [str(path.relative_to(ROOT)) for path, text in docstrings.items() if not text and path not in packages] == []


def test_only_the_service_serves_http() -> None:
    serving = [
        path
        for path in code()
        if re.search(
            r"^\s*(?:from aiohttp import .*\bweb\b|import aiohttp\.web|from aiohttp\.web)", path.read_text(), re.MULTILINE
        )
    ]
    packages = {path.relative_to(ROOT).parts[0] for path in serving if path.name != "preload.py"}

    assert packages <= {"service"}


def test_nothing_is_left_to_do() -> None:
    left = re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X])\b")

    assert [str(path.relative_to(ROOT)) for path in files("*.py", "*.md") if left.search(path.read_text())] == []
