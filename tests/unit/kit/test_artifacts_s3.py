"""The artifact store in a bucket, through the real S3 client."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from graphs.kit.artifacts import SessionArtifacts, session_artifacts
from graphs.kit.errors import MissingFileError
from tests.support.kit_environment import THREAD_ID, forget_settings
from tests.support.object_server import ObjectServer, object_server

KEY = f"holdfast/files/{THREAD_ID}"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectServer]:
    with object_server() as server:
        for name, value in {**server.environment, "ARTIFACTS_URL": "s3://bucket/holdfast/files/"}.items():
            monkeypatch.setenv(name, value)
        forget_settings()
        session_artifacts(THREAD_ID).file_system.clear_instance_cache()
        yield server
        session_artifacts(THREAD_ID).file_system.clear_instance_cache()


@pytest.fixture
def artifacts(bucket: ObjectServer) -> SessionArtifacts:
    return session_artifacts(THREAD_ID)


def test_files_are_objects_below_the_prefix(bucket: ObjectServer, artifacts: SessionArtifacts) -> None:
    assert artifacts.sizes() == {}
    artifact = artifacts.save("sales figures.csv", b"x,y\n1,2\n")

    assert bucket.objects == {f"{KEY}/sales figures.csv": b"x,y\n1,2\n"}
    assert artifacts.sizes() == {"sales figures.csv": 8}
    assert artifacts.read("sales figures.csv") == b"x,y\n1,2\n"
    assert artifacts.reference("sales figures.csv") == artifact
    with artifacts.open("sales figures.csv") as file:
        assert file.read(3) == b"x,y"
    with artifacts.local_path("sales figures.csv") as path:
        assert path.read_bytes() == b"x,y\n1,2\n"


def test_names_and_deletion(bucket: ObjectServer, artifacts: SessionArtifacts) -> None:
    names = [artifacts.save("a.csv", content)["name"] for content in (b"1", b"2", b"1", b"2")]
    assert names == ["a.csv", "a-2.csv", "a.csv", "a-2.csv"]

    artifacts.delete("a.csv")
    assert list(bucket.objects) == [f"{KEY}/a-2.csv"]
    with pytest.raises(MissingFileError, match=r"Its files: a-2\.csv"):
        artifacts.read("a.csv")

    artifacts.save("a.csv", b"1")
    session_artifacts("0cc175b9-c0f1-4b6a-831c-399e26977266").save("kept.csv", b"1")
    artifacts.delete_all()
    artifacts.delete_all()
    assert [key.rpartition("/")[2] for key in bucket.objects] == ["kept.csv"]


def test_files_of_another_server_are_seen_at_once(bucket: ObjectServer, artifacts: SessionArtifacts) -> None:
    artifacts.save("a.csv", b"1")
    assert artifacts.sizes() == {"a.csv": 1}

    bucket.objects[f"{KEY}/b.csv"] = b"22"
    assert artifacts.read("b.csv") == b"22"
    assert artifacts.save("b.csv", b"333")["name"] == "b-2.csv"
    assert artifacts.sizes() == {"a.csv": 1, "b-2.csv": 3, "b.csv": 2}

    del bucket.objects[f"{KEY}/b.csv"]
    assert artifacts.sizes() == {"a.csv": 1, "b-2.csv": 3}


def test_threads_side_by_side(artifacts: SessionArtifacts) -> None:
    contents = [f"content {number}".encode() for number in range(8)]
    start = threading.Barrier(4)

    def save(content: bytes) -> str:
        start.wait()
        return artifacts.save("chart.txt", content)["name"]

    with ThreadPoolExecutor(4) as threads:
        names = list(threads.map(save, contents))

    assert [artifacts.read(name) for name in names] == contents
