import io
import os
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from sokbo.backups import NUMBERS_LEFT_OUT
from sokbo.cli.first_start import prepare
from sokbo.cli.startup_checks import check_restored, claimed
from sokbo.errors import StartupError
from sokbo.media.files import MediaFiles
from sokbo.net.sealing import Sealer
from sokbo.net.secret_key import load_secret_key
from sokbo.settings import Settings
from sokbo.storage import Database
from tests.pictures import png

from .conftest import Terminal


@pytest.fixture
def file(terminal: Terminal, tmp_path: Path) -> Path:
    """A backup of a folder with one site and a partner."""
    terminal.lines("site", "create", "news", "--title", "신문")
    terminal.lines("partner", "add", "--site", "news", "--name", "Partner", "--url", "https://partner.example/hook")
    written = tmp_path / "sokbo.backup"
    terminal.lines("backup", str(written))
    return written


def elsewhere(terminal: Terminal) -> Terminal:
    return Terminal(terminal.data.parent / "elsewhere", terminal.database)


def pack(file: Path, **members: bytes) -> None:
    with tarfile.open(file, "w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name.replace("_", "."))
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def unpacked(file: Path, name: str) -> bytes:
    with tarfile.open(file) as archive:
        content = archive.extractfile(name)
        assert content is not None
        return content.read()


def test_backup_restores_everything_that_matters(terminal: Terminal, file: Path) -> None:
    other = elsewhere(terminal)

    assert other.lines("restore", str(file)) == [f"{other.data} is as {file} has it."]

    assert other.lines("site", "list") == terminal.lines("site", "list")
    assert other.lines("partner", "list", "--site", "news") == terminal.lines("partner", "list", "--site", "news")
    with terminal.database.read() as uow:
        [partner] = uow.partners.page(uow.sites.all()[0].id, "", 10)
        [sealed] = uow.partners.addressees([partner.id], uow.now)[partner.id].sealed_secrets
    assert Sealer(load_secret_key(Settings(data=other.data))).open(sealed, partner.id).startswith("whsec_")
    assert {path.name for path in other.data.iterdir()} == {"sokbo.db", "secret.key", "lock"}


def test_backup_knows_where_it_was_served_so_that_its_sites_move_along(terminal: Terminal, tmp_path: Path) -> None:
    prepare(Settings(data=terminal.data, port=8181))
    terminal.lines("backup", str(tmp_path / "file"))
    other = elsewhere(terminal)
    other.lines("restore", str(tmp_path / "file"))

    assert prepare(Settings(data=other.data, public_url="https://news.example")).moved == ("news",)


def test_backup_can_be_read_by_its_owner_alone_and_leaves_nothing_else(terminal: Terminal, file: Path) -> None:
    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in file.parent.iterdir()) == ["data", "sokbo.backup"]
    with tarfile.open(file) as archive:
        assert [(member.name, member.mode) for member in archive] == [("secret.key", 0o600), ("sokbo.db", 0o600)]


def test_backup_and_restore_are_recorded(terminal: Terminal, file: Path) -> None:
    assert terminal.audit()[-1] == ("cli", "site.backup", "sokbo.backup")
    other = elsewhere(terminal)
    other.lines("restore", str(file))
    assert other.audit()[-2:] == [("cli", "site.backup", "sokbo.backup"), ("cli", "site.restore", "sokbo.backup")]


def test_file_that_exists_is_never_overwritten(terminal: Terminal, file: Path) -> None:
    before = file.read_bytes()
    assert terminal.run("backup", str(file)).stderr.splitlines()[-1] == f"Error: {file} exists already"
    assert file.read_bytes() == before


def test_folder_that_is_not_there_is_one_line(terminal: Terminal, file: Path) -> None:
    said = terminal.run("backup", str(file.parent / "none" / "file"))
    assert said.exit_code == 1
    assert said.stderr.splitlines()[-1].startswith(f"Error: {file.parent}/none/")


def test_backup_without_any_partner_has_a_key_too(terminal: Terminal, tmp_path: Path) -> None:
    terminal.lines("site", "create", "news")
    terminal.lines("backup", str(tmp_path / "file"))
    elsewhere(terminal).lines("restore", str(tmp_path / "file"))


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_postgresql_has_tools_of_its_own(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("SOKBO_DATABASE_URL", "postgresql://127.0.0.1:1/sokbo")
    line = terminal.refusal(command, str(tmp_path / "file"))
    assert line == "Error: SOKBO_DATABASE_URL is set: use pg_dump and pg_restore, as docs/operating.md says"


def test_folder_in_use_or_not_empty_is_refused(terminal: Terminal, file: Path) -> None:
    assert terminal.refusal("restore", str(file)) == f"Error: {terminal.data} isn't empty: --force puts what is in it aside"
    with claimed(terminal.data, "sokbo restore"):
        line = terminal.refusal("restore", "--force", str(file))
    assert line == f"Error: {terminal.data} is in use by `sokbo restore` (pid {os.getpid()})"


def test_force_puts_aside_what_was_there(terminal: Terminal, file: Path) -> None:
    terminal.lines("site", "create", "later")

    said, _ = terminal.lines("restore", "--force", str(file))

    assert [line.partition("\t")[0] for line in terminal.lines("site", "list")] == ["news"]
    aside = Path(said.removeprefix("What was there is in "))
    with closing(sqlite3.connect(aside / "sokbo.db")) as connection:
        assert connection.execute("SELECT name FROM sites ORDER BY id").fetchall() == [("news",), ("later",)]


def test_backup_of_a_newer_sokbo_is_refused_and_changes_nothing(terminal: Terminal, file: Path) -> None:
    database = file.parent / "newer.db"
    database.write_bytes(unpacked(file, "sokbo.db"))
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    newer = file.parent / "newer.backup"
    pack(newer, sokbo_db=database.read_bytes(), secret_key=unpacked(file, "secret.key"))

    other = elsewhere(terminal)

    assert "schema, 9999, is newer than this Sokbo" in other.refusal("restore", str(newer))
    assert [path.name for path in other.data.iterdir()] == ["lock"]


def test_damaged_backup_is_refused(terminal: Terminal, file: Path) -> None:
    database, key = unpacked(file, "sokbo.db"), unpacked(file, "secret.key")
    other, damaged = elsewhere(terminal), file.parent / "damaged.backup"

    def refusal() -> str:
        return other.refusal("restore", str(damaged))

    damaged.write_bytes(file.read_bytes()[:-60_000])
    assert "can't be read" in refusal()
    damaged.write_bytes(b"no tar at all")
    assert "can't be read" in refusal()
    pack(damaged, secret_key=key)
    assert refusal() == f"Error: {damaged} is no backup of Sokbo"
    pack(damaged, sokbo_db=database)
    assert "holds no secret key" in refusal()
    pack(damaged, secret_key=key, sokbo_db=database[:20_000] + bytes(80_000) + database[100_000:])
    assert "is no sound database" in refusal()
    assert [path.name for path in other.data.iterdir()] == ["lock"]


def test_key_from_the_settings_stays_there(terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOKBO_SECRET_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
    terminal.lines("site", "create", "news")
    terminal.lines("backup", str(tmp_path / "file"))
    with tarfile.open(tmp_path / "file") as archive:
        assert archive.getnames() == ["sokbo.db"]
    elsewhere(terminal).lines("restore", str(tmp_path / "file"))


def keep_image(data: Path) -> str:
    """Puts an image into the data folder; its name there."""
    files = MediaFiles(Settings(data=data).media_folder)
    with files.staging() as folder:
        (folder / "draft").write_bytes(png())
        digest, _ = files.keep(folder / "draft", "image/png")
    return f"{digest}.png"


def test_images_are_in_the_backup_and_come_back(terminal: Terminal, tmp_path: Path) -> None:
    name = keep_image(terminal.data)
    terminal.lines("site", "create", "news")
    (terminal.data / "media" / "drafts" / "left").mkdir(parents=True)
    terminal.lines("backup", str(tmp_path / "file"))
    with tarfile.open(tmp_path / "file") as archive:
        assert archive.getnames() == [f"media/{name}", "secret.key", "sokbo.db"]

    other = elsewhere(terminal)
    other.lines("restore", str(tmp_path / "file"))

    assert MediaFiles(other.data / "media").path(name).read_bytes() == png()


def test_images_in_a_folder_of_the_operators_own_are_not_in_the_backup(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOKBO_MEDIA", str(tmp_path / "shared"))
    keep_image(terminal.data)
    terminal.lines("site", "create", "news")
    terminal.lines("backup", str(tmp_path / "file"))
    with tarfile.open(tmp_path / "file") as archive:
        assert archive.getnames() == ["secret.key", "sokbo.db"]


def test_backup_whose_image_is_damaged_or_that_holds_other_files_is_refused_or_they_are_left(
    terminal: Terminal, file: Path
) -> None:
    database, key = unpacked(file, "sokbo.db"), unpacked(file, "secret.key")
    other, damaged = elsewhere(terminal), file.parent / "damaged.backup"
    name = "0" * 64

    pack(damaged, **{f"media/{name}_png": png(), "secret_key": key, "sokbo_db": database})
    assert "isn't what its name says" in other.refusal("restore", str(damaged))
    assert [path.name for path in other.data.iterdir()] == ["lock"]
    others = {f"media/../../{name}_png": png(), "media/index_html": b"<p>", f"{name}_png": png(), "logs/x": b"x"}
    pack(damaged, **others, secret_key=key, sokbo_db=database)
    other.lines("restore", str(damaged))
    assert {path.name for path in other.data.iterdir()} == {"lock", "secret.key", "sokbo.db"}


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
@pytest.mark.parametrize("name", ["media/x", f"media/{'0' * 64}.png", "sokbo.db", "secret.key", "/etc/x", "../x"])
def test_backup_with_links_or_devices_is_refused_in_a_line(terminal: Terminal, file: Path, kind: bytes, name: str) -> None:
    other, spoilt = elsewhere(terminal), file.parent / "spoilt.backup"
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, "/etc/passwd"
    with tarfile.open(file) as whole, tarfile.open(spoilt, "w") as archive:
        archive.addfile(member)
        for kept in whole:
            archive.addfile(kept, whole.extractfile(kept))

    assert (
        other.refusal("restore", str(spoilt)) == f"Error: the backup can't be read: {name!r} in it is neither a file nor a folder"
    )
    assert [path.name for path in other.data.iterdir()] == ["lock"]


def test_files_that_a_backup_would_put_elsewhere_are_left(terminal: Terminal, file: Path) -> None:
    other, odd = elsewhere(terminal), file.parent / "odd.backup"
    names = ("/tmp/sokbo-odd", "../sokbo-odd", "media/../../sokbo-odd", "./sokbo-odd", f"media/{'0' * 64}.png/x")
    with tarfile.open(file) as whole, tarfile.open(odd, "w") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())
        folder = tarfile.TarInfo("media")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for kept in whole:
            archive.addfile(kept, whole.extractfile(kept))

    other.lines("restore", str(odd))
    assert {path.name for path in other.data.iterdir()} == {"lock", "secret.key", "sokbo.db"}
    assert not list(file.parent.rglob("sokbo-odd"))
    assert not Path("/tmp/sokbo-odd").exists()


def test_after_a_restore_no_number_is_given_out_again_and_who_follows_the_events_sees_that_some_are_lost(
    terminal: Terminal, file: Path
) -> None:
    other = elsewhere(terminal)
    other.lines("restore", str(file))

    with Database(Settings(data=other.data).resolved_database_url).read() as uow:
        [site] = uow.sites.all()
        assert uow.sites.last_number(site.id) == NUMBERS_LEFT_OUT
        assert uow.events.last_sequence(site.id) == NUMBERS_LEFT_OUT


def test_restore_that_was_cut_short_is_not_started_on(tmp_path: Path) -> None:
    (tmp_path / ".restore-x").mkdir()

    with pytest.raises(StartupError, match="cut short: run `sokbo restore FILE --force` again"):
        check_restored(tmp_path)
