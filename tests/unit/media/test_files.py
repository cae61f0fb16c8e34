import hashlib
import os
import time
from pathlib import Path

import pytest

from sokbo.media.files import ABANDONED_SECONDS, DRAFTS, MediaFiles


@pytest.fixture
def files(tmp_path: Path) -> MediaFiles:
    return MediaFiles(tmp_path / "media")


def keep(files: MediaFiles, content: bytes) -> tuple[str, int]:
    with files.staging() as folder:
        draft = folder / "draft"
        draft.write_bytes(content)
        return files.keep(draft, "image/png")


def test_file_is_named_by_what_is_in_it(files: MediaFiles, tmp_path: Path) -> None:
    digest, length = keep(files, b"content")

    assert (digest, length) == (hashlib.sha256(b"content").hexdigest(), 7)
    path = files.path(f"{digest}.png")
    assert path == tmp_path / "media" / digest[:2] / f"{digest}.png"
    assert path.read_bytes() == b"content"


def test_same_content_is_one_file_that_is_never_written_again(files: MediaFiles) -> None:
    digest, _ = keep(files, b"content")
    before = files.path(f"{digest}.png").stat()

    assert keep(files, b"content")[0] == digest
    after = files.path(f"{digest}.png").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_file_is_on_the_disk_before_it_has_its_name(files: MediaFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr("sokbo.media.files.sync", lambda path: done.append(f"sync {path.name[:5]}"))
    rename = Path.rename

    def noted_rename(self: Path, target: Path) -> Path:
        done.append(f"rename {self.name}")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", noted_rename)

    digest, _ = keep(files, b"content")

    assert done == ["sync media", "sync draft", "rename draft", f"sync {digest[:2]}"]


def test_nothing_is_left_of_what_was_not_kept(files: MediaFiles, tmp_path: Path) -> None:
    with files.staging() as folder:
        (folder / "draft").write_bytes(b"half")

    assert list((tmp_path / "media" / DRAFTS).iterdir()) == []


@pytest.mark.parametrize("name", ["", "..", "../sokbo.db", "a" * 64, f"{'a' * 64}.svg", f"{'A' * 64}.png", f"{'a' * 64}.png\n"])
def test_name_that_is_none_of_ours_leads_nowhere(files: MediaFiles, name: str) -> None:
    with pytest.raises(ValueError, match="no file of ours"):
        files.path(name)


def test_drafts_of_dead_processes_are_deleted_and_those_of_others_stay(files: MediaFiles, tmp_path: Path) -> None:
    files.forget_abandoned()  # there is no folder yet
    with files.staging() as fresh, files.staging() as old:
        (old / "draft").write_bytes(b"half")
        then = time.time() - ABANDONED_SECONDS - 1
        os.utime(old, (then, then))

        files.forget_abandoned()

        assert list((tmp_path / "media" / DRAFTS).iterdir()) == [fresh]
        old.mkdir()  # for the next one to take away
