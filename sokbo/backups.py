"""Backups of the embedded database: one tar file with the uploaded images, where the database was served, unless the settings
hold it the key that opens partners' secrets, and at last the database itself. Whoever has the file can sign in the publisher's
name, so that only its owner can read it."""

import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from sokbo.disk import sync
from sokbo.domain.picture import FILE_NAME
from sokbo.errors import StartupError
from sokbo.media.files import MediaFiles
from sokbo.net.secret_key import FILE_NAME as SECRET_KEY
from sokbo.net.secret_key import load_secret_key
from sokbo.settings import DATABASE_FILE, LOCK_FILE, MEDIA_FOLDER, PUBLIC_URL_FILE, UNFINISHED_RESTORE, Settings, sqlite_url
from sokbo.storage import Database, migrate
from sokbo.storage.copying import Progress, check_database, copy_database

ASIDE = "before-restore-"
#: After a restore so many numbers are left out: those that were given out since the backup belong to what is lost.
NUMBERS_LEFT_OUT = 100_000


def check_embedded(settings: Settings) -> None:
    """Raises StartupError when the database is another one than ours in the data folder."""
    if settings.database_url:
        raise StartupError("SOKBO_DATABASE_URL is set: use pg_dump and pg_restore, as docs/operating.md says")


def write_backup(settings: Settings, file: Path, progress: Progress, *, actor: str, request_id: str) -> None:
    """Writes the backup while everything runs; the file is there when all of it is on the disk, or not at all.

    Raises StartupError when it exists already or can't be written, or when the copy isn't sound.
    """
    _check_free(file)
    with _reported(), TemporaryDirectory(prefix=f".{file.name}-", dir=file.parent) as folder:
        copy, draft = Path(folder, DATABASE_FILE), Path(folder, "draft")
        _record(settings.resolved_database_url, "site.backup", file, actor, request_id)
        copy_database(settings.database_file, copy, progress)
        check_database(copy)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            with tarfile.open(fileobj=stream, mode="w") as archive:
                for path, name in _members(settings):
                    archive.add(path, name, filter=_without_owner)
                # Last, so that a file that was cut short is no backup; copied before, so that no image is missing that it names.
                archive.add(copy, DATABASE_FILE, filter=_without_owner)
            stream.flush()
            os.fsync(stream.fileno())
        _check_free(file)
        draft.rename(file)
        sync(file.parent)


def _members(settings: Settings) -> Iterator[tuple[Path, str]]:
    """What goes into a backup beside the database, and its name there. A media folder of the operator's own is not ours."""
    files = MediaFiles(settings.media_folder)
    if not settings.media:
        yield from ((files.path(name), f"{MEDIA_FOLDER}/{name}") for name in files.names())
    if not settings.secret_key:
        load_secret_key(settings)  # which makes it, if nobody has needed it yet
        yield settings.data / SECRET_KEY, SECRET_KEY
    if (settings.data / PUBLIC_URL_FILE).exists():
        yield settings.data / PUBLIC_URL_FILE, PUBLIC_URL_FILE


def restore_backup(settings: Settings, file: Path, *, replace: bool, actor: str, request_id: str) -> Path | None:
    """Puts the backup into the data folder, which the caller has claimed, with its schema brought up to date. With `replace`,
    the folder where it has put what was there, if anything was.

    Raises StartupError when something is there and `replace` isn't said, or when the backup isn't whole, isn't sound, has a
    schema newer than ours or needs a key that isn't there. Then nothing has changed.
    """
    data = settings.data.resolve()
    there = [path for path in data.iterdir() if path.name != LOCK_FILE and not path.name.startswith(ASIDE)]
    if there and not replace:
        raise StartupError(f"{data} isn't empty: --force puts what is in it aside")
    with _reported(), TemporaryDirectory(prefix=UNFINISHED_RESTORE, dir=data) as made:
        folder = Path(made)
        _unpack(file, folder)
        if not settings.secret_key and not (folder / SECRET_KEY).exists():
            raise StartupError(f"{file} holds no secret key: set SOKBO_SECRET_KEY as it was when the backup was made")
        check_database(folder / DATABASE_FILE)
        url = sqlite_url(folder / DATABASE_FILE)
        if migrate(url)[0] is None:
            raise StartupError(f"{file} is no backup of Sokbo")
        _make_anew(url, file, actor, request_id)
        aside = _put_aside(there, data)
        for path in sorted(folder.iterdir(), key=_is_database):  # the database last: with it there, all is
            sync(path)
            path.rename(data / path.name)
        sync(data)
    return aside


def _unpack(file: Path, folder: Path) -> None:
    """Only the members that belong there, whatever else the archive says. Of links and devices a backup has none, and to ask
    for what they point to is to follow them."""
    images = MediaFiles(folder / MEDIA_FOLDER)
    with tarfile.open(file, mode="r:") as archive:
        for member in archive:
            if not member.isreg() and not member.isdir():
                raise StartupError(f"the backup can't be read: {member.name!r} in it is neither a file nor a folder")
            content = archive.extractfile(member)
            name = member.name.removeprefix(f"{MEDIA_FOLDER}/")
            if content is not None and member.name in {DATABASE_FILE, SECRET_KEY, PUBLIC_URL_FILE}:
                _write(content, folder / member.name)
            elif content is not None and member.name != name and FILE_NAME.fullmatch(name):
                with images.staging() as drafts:
                    _write(content, drafts / name)
                    if not images.adopt(drafts / name):
                        raise StartupError(f"{file} is damaged: {name} isn't what its name says")
    if not (folder / DATABASE_FILE).exists():
        raise StartupError(f"{file} is no backup of Sokbo")


def _write(content: IO[bytes], path: Path) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        shutil.copyfileobj(content, target)


def _put_aside(there: list[Path], data: Path) -> Path | None:
    if not there:
        return None
    aside = data / f"{ASIDE}{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"
    aside.mkdir(mode=0o700)
    for path in there:
        path.rename(aside / path.name)
    return aside


def _is_database(path: Path) -> bool:
    return path.name == DATABASE_FILE


def _record(url: str, action: str, file: Path, actor: str, request_id: str) -> None:
    database = Database(url)
    try:
        with database.write() as uow:
            for site in uow.sites.all():
                uow.audit.record(site.id, actor, action, file.name, request_id, uow.now)
            uow.commit()
    finally:
        database.close()


def _make_anew(url: str, file: Path, actor: str, request_id: str) -> None:
    """So that nothing new bears a lost number, and nobody who follows the events takes what is lost for what never was; and that
    what waited for partners when the backup was made is tried again, however long ago that was."""
    _record(url, "site.restore", file, actor, request_id)
    database = Database(url)
    try:
        with database.write() as uow:
            uow.sites.skip_numbers(NUMBERS_LEFT_OUT)
            uow.deliveries.restart_expiry(uow.now)
            uow.commit()
    finally:
        database.close()


def _check_free(file: Path) -> None:
    if file.exists():
        raise StartupError(f"{file} exists already")


def _without_owner(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member


@contextmanager
def _reported() -> Iterator[None]:
    """Turns what goes wrong with files into one line."""
    try:
        yield
    except tarfile.TarError as error:
        raise StartupError(f"the backup can't be read: {error}") from error
    except OSError as error:
        raise StartupError(f"{error.filename or 'the backup'}: {error.strerror or error}") from error
