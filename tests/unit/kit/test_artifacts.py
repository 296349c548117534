"""The artifact store: limits, types, and that a stored file is never changed."""

import hashlib
import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from graphs.kit.artifacts import (
    SessionArtifacts,
    session_artifacts,
)
from graphs.kit.errors import InputError, MissingFileError
from tests.support.kit_environment import THREAD_ID, forget_settings

PNG = b"\x89PNG\r\n\x1a\n" + b"picture"


@pytest.fixture
def remote() -> Iterator[SessionArtifacts]:
    """A session on a file system that has no paths of this machine."""
    MemoryFileSystem.store.clear()
    yield SessionArtifacts(MemoryFileSystem(), f"/bucket/{THREAD_ID}")
    MemoryFileSystem.store.clear()


def test_saved_file_is_read_back(artifacts: SessionArtifacts) -> None:
    artifact = artifacts.save("sales.csv", b"x,y\n1,2\n")

    assert artifact == {
        "name": "sales.csv",
        "media_type": "text/csv",
        "size": 8,
        "sha256": hashlib.sha256(b"x,y\n1,2\n").hexdigest(),
    }
    assert artifacts.read("sales.csv") == b"x,y\n1,2\n"
    assert artifacts.reference("sales.csv") == artifact
    assert artifacts.sizes() == {"sales.csv": 8}


def test_same_content_is_the_same_artifact(artifacts: SessionArtifacts, store: Path) -> None:
    first = artifacts.save("plan.csv", b"a,b\n")
    again = artifacts.save("plan.csv", io.BytesIO(b"a,b\n"))

    assert again == first
    assert [path.name for path in (store / THREAD_ID).iterdir()] == ["plan.csv"]


def test_other_content_takes_the_next_free_name(artifacts: SessionArtifacts) -> None:
    names = [artifacts.save("plan.csv", content)["name"] for content in (b"1", b"2", b"33", b"2")]

    assert names == ["plan.csv", "plan-2.csv", "plan-3.csv", "plan-2.csv"]
    assert [artifacts.read(name) for name in names[:3]] == [b"1", b"2", b"33"]


def test_next_name_of_a_name_of_the_greatest_length(artifacts: SessionArtifacts) -> None:
    long = "x" * 400 + ".csv"
    contents = [str(number).encode() for number in range(12)]
    names = [artifacts.save(long, content)["name"] for content in contents]

    assert len(set(names)) == 12
    assert [artifacts.read(name) for name in names] == contents


@pytest.mark.parametrize("character", ["x", "é", "計", "\U00020000"])
def test_long_names_fit_the_file_system(artifacts: SessionArtifacts, character: str) -> None:
    artifact = artifacts.save(character * 300 + ".parquet", b"PAR1")

    assert artifact["name"].endswith(".parquet")
    assert artifacts.read(artifact["name"]) == b"PAR1"


def test_tools_side_by_side_never_overwrite(artifacts: SessionArtifacts) -> None:
    contents = [f"content {number}".encode() for number in range(24)]
    start = threading.Barrier(8)

    def save(content: bytes) -> str:
        start.wait()
        return artifacts.save("chart.txt", content)["name"]

    with ThreadPoolExecutor(8) as threads:
        names = list(threads.map(save, contents))

    assert len(set(names)) == 24
    assert [artifacts.read(name) for name in names] == contents


def test_empty_content_is_refused(artifacts: SessionArtifacts) -> None:
    with pytest.raises(InputError, match=r"'empty\.csv' is empty"):
        artifacts.save("empty.csv", b"")
    assert artifacts.sizes() == {}


def test_limit_is_inclusive(monkeypatch: pytest.MonkeyPatch, artifacts: SessionArtifacts) -> None:
    monkeypatch.setenv("ARTIFACTS_MAX_BYTES", "1000")
    forget_settings()

    assert artifacts.save("full.txt", b"x" * 1000)["size"] == 1000
    with pytest.raises(InputError, match=r"limit of 1,000 bytes.*ARTIFACTS_MAX_BYTES"):
        artifacts.save("over.txt", b"x" * 1001)
    assert artifacts.sizes() == {"full.txt": 1000}


class Endless(io.BytesIO):
    """A stream without an end, which counts what was taken from it."""

    taken = 0

    def read(self, size: int | None = -1) -> bytes:
        assert size, "a stream must be read in parts"
        assert size > 0, "a stream must be read in parts"
        self.taken += size
        return b"x" * size


def test_reading_stops_at_the_limit(monkeypatch: pytest.MonkeyPatch, artifacts: SessionArtifacts) -> None:
    monkeypatch.setenv("ARTIFACTS_MAX_BYTES", "3000000")
    forget_settings()
    stream = Endless()

    with pytest.raises(InputError, match="larger than the limit"):
        artifacts.save("endless.txt", stream)
    assert stream.taken < 3_000_000 + (1 << 20) + 1


def test_large_stream_is_kept_whole(artifacts: SessionArtifacts, tmp_path: Path) -> None:
    source = tmp_path / "large.bin"
    with source.open("wb") as file:
        for number in range(24):
            file.write(bytes([number]) * (1 << 20))
    with source.open("rb") as stream:
        artifact = artifacts.save("large.txt", stream)

    assert artifact["size"] == 24 << 20
    assert artifact == artifacts.reference("large.txt")
    with artifacts.open("large.txt") as file:
        assert file.read(4) == b"\x00\x00\x00\x00"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.png", b"\xff\xd8\xff\xe0 a JPEG"),
        ("a.jpg", PNG),
        ("a.jpeg", PNG),
        ("a.pdf", b"<html>"),
        ("a.parquet", b"a,b\n1,2\n"),
        ("a.xlsx", b"a,b\n1,2\n"),
        ("a.3mf", b"solid cube"),
        ("a.glb", b"{}"),
        ("a.PNG", b"GIF89a"),
        ("a.png", b"\x89PN"),
    ],
)
def test_content_of_another_type_is_refused(artifacts: SessionArtifacts, name: str, content: bytes) -> None:
    with pytest.raises(InputError, match="is not what its name says"):
        artifacts.save(name, content)
    assert artifacts.sizes() == {}


def test_content_of_its_type_is_taken(artifacts: SessionArtifacts) -> None:
    assert artifacts.save("a.png", PNG)["media_type"] == "image/png"


def test_missing_file_names_those_that_exist(artifacts: SessionArtifacts) -> None:
    with pytest.raises(MissingFileError, match=r"no file 'b\.csv'.*none yet"):
        artifacts.read("b.csv")
    artifacts.save("a.csv", b"1")
    for use in (artifacts.read, artifacts.open, artifacts.reference, artifacts.delete):
        with pytest.raises(MissingFileError, match=r"no file 'b\.csv'.*Its files: a\.csv"):
            use("b.csv")
    with pytest.raises(MissingFileError), artifacts.local_path("b.csv"):
        pytest.fail("there is no path to give")


def test_deleted_file_is_gone_and_its_name_free(artifacts: SessionArtifacts) -> None:
    artifacts.save("a.csv", b"1")
    artifacts.delete("a.csv")

    assert artifacts.sizes() == {}
    assert artifacts.save("a.csv", b"2")["name"] == "a.csv"


def test_all_files_of_one_session_are_deleted(artifacts: SessionArtifacts) -> None:
    other = session_artifacts("0cc175b9-c0f1-4b6a-831c-399e26977266")
    for name in ("a.csv", "b.csv"):
        artifacts.save(name, b"1")
        other.save(name, b"1")

    artifacts.delete_all()
    artifacts.delete_all()

    assert artifacts.sizes() == {}
    assert other.sizes() == {"a.csv": 1, "b.csv": 1}


def test_sessions_do_not_see_each_other(artifacts: SessionArtifacts) -> None:
    artifacts.save("a.csv", b"1")
    other = session_artifacts("0cc175b9-c0f1-4b6a-831c-399e26977266")

    assert other.sizes() == {}
    with pytest.raises(MissingFileError):
        other.read(f"../{THREAD_ID}/a.csv")


@pytest.mark.parametrize("thread_id", ["", "..", "../x", "1", "-" * 36, f"{THREAD_ID}/.."])
def test_thread_ids_that_are_none(thread_id: str) -> None:
    with pytest.raises(InputError, match="is not a UUID"):
        session_artifacts(thread_id)


def test_spellings_of_a_thread_id_are_one_session(artifacts: SessionArtifacts) -> None:
    assert session_artifacts(THREAD_ID.upper().replace("-", "")) == artifacts


def test_nothing_is_left_of_a_write_that_failed(
    artifacts: SessionArtifacts, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(artifacts.file_system), "mv", full)
    with pytest.raises(OSError, match="No space left"):
        artifacts.save("a.csv", b"1,2")

    assert list((store / THREAD_ID).iterdir()) == []
    monkeypatch.undo()
    assert artifacts.save("a.csv", b"1,2")["name"] == "a.csv"


def test_half_written_file_is_not_seen(artifacts: SessionArtifacts) -> None:
    seen: list[dict[str, int]] = []
    artifacts.save("first.csv", b"1")

    class Watched(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            seen.append(artifacts.sizes())
            return super().read(size)

    artifacts._write_whole(f"{artifacts.folder}/second.csv", Watched(b"2"))

    assert seen == [{"first.csv": 1}] * 2
    assert artifacts.sizes() == {"first.csv": 1, "second.csv": 1}


def test_remote_file_system(remote: SessionArtifacts) -> None:
    assert remote.sizes() == {}
    names = [remote.save("data.csv", content)["name"] for content in (b"1,2", b"3,4", b"1,2")]

    assert names == ["data.csv", "data-2.csv", "data.csv"]
    assert remote.sizes() == {"data-2.csv": 3, "data.csv": 3}
    assert remote.read("data-2.csv") == b"3,4"
    remote.delete("data.csv")
    assert remote.sizes() == {"data-2.csv": 3}
    with pytest.raises(MissingFileError, match=r"data-2\.csv"):
        remote.read("data.csv")


def test_remote_file_is_copied_for_a_local_path(remote: SessionArtifacts) -> None:
    remote.save("part.stl", b"solid part")

    with remote.local_path("part.stl") as path:
        assert path.name == "part.stl"
        assert path.read_bytes() == b"solid part"
        path.write_bytes(b"changed by a tool")
    assert not path.exists()
    assert remote.read("part.stl") == b"solid part"


def test_local_file_is_used_in_place(artifacts: SessionArtifacts, store: Path) -> None:
    artifacts.save("part.stl", b"solid part")

    with artifacts.local_path("part.stl") as path:
        assert path == store / THREAD_ID / "part.stl"


def test_store_in_a_bucket_by_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARTIFACTS_URL", "s3://bucket/prefix/")
    forget_settings()
    artifacts = session_artifacts(THREAD_ID)

    assert artifacts.folder == f"bucket/prefix/{THREAD_ID}"
    assert artifacts.file_system.protocol == ("s3", "s3a")
    # another server's upload must be seen at once
    assert not artifacts.file_system.dircache.use_listings_cache


def test_default_store_is_a_folder_of_the_working_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARTIFACTS_URL", "")
    forget_settings()

    assert session_artifacts(THREAD_ID).folder == f"{tmp_path}/.holdfast/files/{THREAD_ID}"
