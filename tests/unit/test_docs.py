"""The documentation says all there is, and nothing that isn't: settings, commands, routes, errors, fields, links, code."""

import ast
import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import click
import pytest

from service import ingest
from service.app import build_service
from service.ingest.fields import ArticleFields
from sokbo import errors
from sokbo.cli import main
from sokbo.domain.delivery import DeliveryState
from sokbo.domain.event import EventType
from sokbo.domain.key import Scope
from sokbo.domain.partner import Signature
from sokbo.net.signing import new_key, sign, verification_key
from sokbo.partners import PartnerInput
from sokbo.selections import PROFILES, ExcludeInput, SelectionInput
from sokbo.settings import Settings
from tests.databases import make_ready
from tests.documents import DOCUMENTS, ROOT, Fence, commands, fences, read
from workers.feeds import FORMATS

OPERATING = read("docs/operating.md")
COMMANDS_SECTION = OPERATING.partition("## Commands")[2].partition("\n## ")[0]
HTTP_API = read("docs/http-api.md")
PARTNERS = read("docs/partners.md")
ALL = {path: path.read_text() for path in DOCUMENTS}

SETTINGS = {f"SOKBO_{name.upper()}": field for name, field in Settings.model_fields.items()}
#: Variables of the examples, of the compose file, and of the tests.
NO_SETTINGS = {"SOKBO_KEY", "SOKBO_PUBLISH", "SOKBO_WRITE_GOLDEN"}


def fence_name(fence: Fence) -> str:
    return f"{fence.path.name}:{fence.text.strip().splitlines()[0][:40]}"


def all_commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from all_commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


def options(command: click.Command) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts if option.startswith("--")}


COMMANDS = dict(all_commands(cast("click.Group", main)))


def test_each_setting_is_in_the_table_with_its_help() -> None:
    rows = dict(re.findall(r"^\| `(SOKBO_\w+)` \| .* \| (.+) \|$", OPERATING, re.MULTILINE))

    assert rows == {name: field.description for name, field in SETTINGS.items()}


@pytest.mark.parametrize("name", [name for name in SETTINGS if name != "SOKBO_RETRY_SCHEDULE"])
def test_default_of_a_setting_is_in_the_table(name: str) -> None:
    default = SETTINGS[name].default

    assert f"| `{name}` | {'' if default in ('', ()) else f'`{default}`'} |" in OPERATING


def test_documents_name_real_settings_only() -> None:
    named = {name for text in ALL.values() for name in re.findall(r"\bSOKBO_[A-Z_]*[A-Z]\b", text)}

    assert named - SETTINGS.keys() - NO_SETTINGS == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_documented_with_its_options(name: str) -> None:
    row = re.search(rf"^\| `sokbo {name}[ `].*$", COMMANDS_SECTION, re.MULTILINE)

    assert row is not None
    assert {option for option in options(COMMANDS[name]) - {"--data"} if option not in row[0]} == set()
    assert "--data" in OPERATING


def test_documented_commands_and_their_options_exist() -> None:
    for line in [line for fence in fences("sh") for line in commands(fence)]:
        words = shlex.split(line, comments=True)
        start = next((place for place, word in enumerate(words) if word.rpartition("/")[2] == "sokbo"), None)
        if start is None:
            continue
        words = words[start + 1 :]
        name = next(name for name in (" ".join(words[:2]), words[0]) if name in COMMANDS)
        assert {word for word in words if word.startswith("--")} <= options(COMMANDS[name])


def test_rows_of_commands_name_no_other() -> None:
    rows = re.findall(r"^\| `sokbo ([a-z]+(?: [a-z-]+)?)", COMMANDS_SECTION, re.MULTILINE)

    assert set(rows) == COMMANDS.keys()


async def test_each_route_has_its_heading_or_its_row_and_each_heading_its_route(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    make_ready(settings.resolved_database_url)
    async with build_service(settings) as service:
        routes = {
            (route.method, route.resource.canonical)
            for route in service.app.router.routes()
            if route.resource and route.method != "HEAD" and route.resource.canonical != "/{path}"  # all documents
        }
    headings = set(re.findall(r"^### `([A-Z]+) (/\S*)`$", HTTP_API, re.MULTILINE))
    assert headings <= routes
    rows = {row.removeprefix("/{site}") for row in re.findall(r"`(/[^`]*)`", HTTP_API)}
    beginnings = {path.removeprefix("/{site}").partition("{name}")[0] for _, path in routes - headings}
    assert [path for path in beginnings if not any(row.startswith(path) for row in rows)] == []


def test_each_error_is_in_the_table_with_its_status() -> None:
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.SokboError)}
    answered = {(kind.code, str(kind.status)) for kind in kinds - {errors.StartupError}}

    assert set(re.findall(r"^\| `(\w+)` \| (\d{3}) \|", HTTP_API, re.MULTILINE)) == answered


def test_each_field_of_an_article_a_partner_and_a_selection_is_documented() -> None:
    named = set(re.findall(r"`([\w.]+)`", HTTP_API))

    assert ArticleFields.model_fields.keys() - named == set()
    assert PartnerInput.model_fields.keys() - {"filter"} - named == set()
    assert SelectionInput.model_fields.keys() - {"exclude"} - named == set()
    assert {f"exclude.{name}" for name in ExcludeInput.model_fields} <= named
    assert {"filter.events", "filter.categories", "filter.tags", "filter.breaking_only"} <= named


@pytest.mark.parametrize("word", [*ingest.FORMATS, *Scope, *EventType, *DeliveryState, *PROFILES])
def test_each_word_of_the_api_is_documented(word: str) -> None:
    assert f"`{word}`" in HTTP_API


def test_each_event_is_explained_to_partners() -> None:
    assert re.findall(r"^\| `([a-z]+\.[a-z]+)` \|", PARTNERS, re.MULTILINE) == [*EventType]


def test_each_feed_format_is_documented() -> None:
    text = read("docs/feeds.md")

    for form in FORMATS.values():
        assert f".{form.suffix}`" in text
        assert f"`{form.media_type.partition(';')[0]}`" in text


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\((?!https?://)([^)\s]+)\)", path.read_text()):
        target, _, anchor = link.partition("#")
        file = (path.parent / target).resolve() if target else path
        assert file.exists(), link
        headings = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE) if anchor else []
        assert not anchor or anchor in {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}, link


def test_each_decision_is_in_the_architectures_list() -> None:
    listed = re.findall(r"^\| \[\d+\]\(decisions/(\S+)\) \|", read("docs/architecture.md"), re.MULTILINE)

    assert listed == sorted(path.name for path in (ROOT / "docs" / "decisions").glob("*.md"))


@pytest.mark.parametrize("fence", fences("sh"), ids=fence_name)
def test_shell_can_read_what_it_is_shown(fence: Fence) -> None:
    subprocess.run(["bash", "-n"], input=fence.text, text=True, check=True)
    for line in commands(fence):
        words = shlex.split(line, comments=True)
        if words[0] != "curl":
            continue
        assert re.search(r"\$SOKBO/|http://127\.0\.0\.1:8080/", words[-1])
        if "Content-Type: application/json" in words:
            json.loads(words[words.index("-d") + 1])


@pytest.mark.parametrize("fence", fences("json", "python"), ids=fence_name)
def test_shown_data_and_code_can_be_parsed(fence: Fence) -> None:
    json.loads(fence.text) if fence.language == "json" else ast.parse(fence.text)


@pytest.mark.parametrize("fence", fences("python"), ids=fence_name)
def test_shown_python_verifies_a_signature_of_ours(fence: Fence, capsys: pytest.CaptureFixture[str]) -> None:
    signature = Signature.V1A if "whpk_..." in fence.text else Signature.V1
    key, body = new_key(signature), b'{"type": "breaking.started", "data": {"html": "<a>"}}'
    [shown_key] = verification_key(key).values()
    names: dict[str, Any] = {}
    exec(fence.text.replace("whsec_...", shown_key).replace("whpk_...", shown_key), names)

    shown = names["receive"](body, signed(key, body))

    assert "<a>" in f"{shown}{capsys.readouterr().out}"
    with pytest.raises(Exception, match=r"No matching signature|not from the publisher"):
        names["receive"](body, signed(new_key(signature), body))


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node, which is not installed")
def test_shown_javascript_verifies_a_signature_of_ours(tmp_path: Path) -> None:
    secret, body = new_key(), b'{"type": "breaking.started"}'
    [code] = [fence.text for fence in fences("js")]
    script = tmp_path / "verify.mjs"
    call = "const [secret, headers, body] = JSON.parse(process.argv[2]); console.log(verify(secret, headers, body).type);"
    script.write_text(f"{code}\n{call}\n")

    def run(headers: dict[str, str]) -> subprocess.CompletedProcess[str]:
        given = json.dumps([secret, headers, body.decode()])
        return subprocess.run(["node", script, given], capture_output=True, text=True, check=False)

    assert run(signed(secret, body)).stdout == "breaking.started\n"
    assert "not from the publisher" in run(signed(new_key(), body)).stderr


def signed(secret: str, body: bytes) -> dict[str, str]:
    """The headers of a webhook sent now."""
    now = int(datetime.now(UTC).timestamp())
    return {
        "webhook-id": "evt_1-ptr_1",
        "webhook-timestamp": str(now),
        "webhook-signature": sign([secret], "evt_1-ptr_1", now, body),
    }
