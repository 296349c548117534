"""The artifact store: files that people hand to an agent and files that agents make.

One folder for each session (thread) below one root, on any file system that `fsspec` knows: a local
folder by default, `s3://bucket/prefix` by setting. A stored file is never overwritten, so a reference in
an old checkpoint stays true: other content under a taken name gets the next free name, and the same
content again is the same artifact, which makes a step that runs twice harmless.

The functions block on file or network access: call them from a worker thread.
"""

import hashlib
import io
import mimetypes
import re
import tempfile
import threading
import unicodedata
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import IO

from fsspec import AbstractFileSystem
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from graphs.kit.errors import InputError, MissingFileError
from graphs.kit.settings import kit_settings
from graphs.kit.state import Artifact
from graphs.kit.tables.cache import LARGE_BYTES, forget_table
from graphs.kit.tables.workspace import private_folder

MEDIA_TYPES = {
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".html": "text/html",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".ndjson": "application/x-ndjson",
    ".parquet": "application/vnd.apache.parquet",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".pdf": "application/pdf",
    ".stl": "model/stl",
    ".obj": "model/obj",
    ".ply": "model/ply",
    ".off": "model/off",
    ".3mf": "model/3mf",
    ".glb": "model/gltf-binary",
}
"""The types that are taken, by the ending of the file's name."""

_SIGNATURES = {
    ".png": b"\x89PNG\r\n\x1a\n",
    ".jpg": b"\xff\xd8\xff",
    ".jpeg": b"\xff\xd8\xff",
    ".pdf": b"%PDF-",
    ".parquet": b"PAR1",
    ".xlsx": b"PK\x03\x04",
    ".3mf": b"PK\x03\x04",
    ".glb": b"glTF",
}
"""How a file of a type begins; content that begins otherwise is refused."""

TABLE_SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".xlsx")
"""The types that hold a table."""

_CHUNK_BYTES = 1 << 20
_MAX_NAME_BYTES = 180
"""Of UTF-8; file systems take 255, and a number may still be added."""
_MAX_COPIES = 1000
_NAME_LOCKS = tuple(threading.Lock() for _ in range(64))
"""One for each group of sessions: tools that run side by side must not choose the same free name."""


def is_table(name: str) -> bool:
    """Return whether the file's name says that it holds a table."""
    return PurePosixPath(name).suffix.lower() in TABLE_SUFFIXES


def has_known_suffix(name: str) -> bool:
    """Return whether the file's name ends as one of the types that are taken."""
    return PurePosixPath(name).suffix.lower() in MEDIA_TYPES


def suffix_of_media_type(media_type: str) -> str:
    """Return the ending for a media type ('.csv' for 'text/csv'), or '' for one that is not taken."""
    bare = media_type.split(";")[0].strip().lower()
    for suffix, known in MEDIA_TYPES.items():
        if known == bare:
            return suffix
    guess = mimetypes.guess_extension(bare) or ""
    return guess if guess in MEDIA_TYPES else ""


def safe_name(name: str) -> str:
    """Return a name that is safe as the last part of a path; folders in it are dropped.

    Raises:
        InputError: nothing usable is left, or the type of the file is not taken.
    """
    base = re.split(r"[/\\]", unicodedata.normalize("NFC", name).strip())[-1]
    cleaned = re.sub(r"[^\w.\- ()]", "_", base).strip(". ")
    suffix = PurePosixPath(cleaned).suffix.lower()
    if not cleaned or suffix not in MEDIA_TYPES:
        raise InputError(
            f"The file name {name!r} can't be used: it must end in one of {', '.join(sorted(MEDIA_TYPES))}."
        )
    return _clipped(PurePosixPath(cleaned).stem, suffix)


@dataclass(frozen=True)
class SessionArtifacts:
    """The files of one session."""

    file_system: AbstractFileSystem
    folder: str

    def save(self, name: str, content: bytes | IO[bytes]) -> Artifact:
        """Store the content and return its reference; a taken name becomes the next free one ('plan-2.csv').

        Raises:
            InputError: the name's type is not taken, or the content is empty, larger than the limit or
                not of the type that the name says.
        """
        name = safe_name(name)
        with _rewindable(content) as file:
            sha256, size = _measure(name, file)
            _check_signature(name, file)
            with _NAME_LOCKS[hash(self.folder) % len(_NAME_LOCKS)]:
                free_name = self._name_for(name, size, sha256)
                if not self.file_system.exists(self._path(free_name)):
                    self._write_whole(self._path(free_name), file)
        return _reference(free_name, size, sha256)

    def read(self, name: str) -> bytes:
        """Return the file's bytes.

        Raises:
            MissingFileError: there is no such file; the message names those that exist.
        """
        return self.file_system.cat_file(self._existing(name))

    def open(self, name: str) -> IO[bytes]:
        """Return the file, opened for reading; raises as `read` does."""
        return self.file_system.open(self._existing(name), "rb")

    @contextmanager
    def local_path(self, name: str) -> Generator[Path]:
        """Yield a path of this machine that holds the file; raises as `read` does.

        A remote file is copied to a temporary folder that is gone afterwards.
        """
        path = self._existing(name)
        if isinstance(self.file_system, LocalFileSystem):
            yield Path(path)
            return
        with private_folder() as folder:
            local = folder / PurePosixPath(path).name
            self.file_system.get_file(path, str(local))
            yield local

    def sizes(self) -> dict[str, int]:
        """Return the size in bytes of each file of the session, by name, in the order of their names."""
        if not self.file_system.exists(self.folder):
            return {}
        entries = self.file_system.ls(self.folder, detail=True)
        files = {
            PurePosixPath(entry["name"]).name: entry["size"] for entry in entries if entry["type"] == "file"
        }
        return {name: files[name] for name in sorted(files) if not name.startswith(".")}

    def size(self, name: str) -> int:
        """Return the file's size in bytes; raises as `read` does."""
        return self.file_system.size(self._existing(name))

    def reference(self, name: str) -> Artifact:
        """Return the reference of a stored file, measured anew; raises as `read` does."""
        digest = hashlib.sha256()
        size = 0
        with self.open(name) as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
                size += len(chunk)
        return _reference(name, size, digest.hexdigest())

    def delete(self, name: str) -> None:
        """Remove the file for good; raises as `read` does."""
        path = self._existing(name)
        self._forget_table(name)
        self.file_system.rm_file(path)

    def delete_all(self) -> None:
        """Remove all files of the session for good; without any it does nothing."""
        for name in self.sizes():
            self._forget_table(name)
        if self.file_system.exists(self.folder):
            self.file_system.rm(self.folder, recursive=True)

    def _forget_table(self, name: str) -> None:
        """A large table may have been kept on disk, in a form that is quicker to read."""
        if is_table(name) and self.size(name) >= LARGE_BYTES:
            forget_table(self.reference(name)["sha256"])

    def _path(self, name: str) -> str:
        return f"{self.folder}/{name}"

    def _existing(self, name: str) -> str:
        path = self._path(safe_name(name))
        if not self.file_system.exists(path):
            names = ", ".join(self.sizes()) or "none yet"
            raise MissingFileError(f"There is no file {name!r} in this session. Its files: {names}.")
        return path

    def _name_for(self, name: str, size: int, sha256: str) -> str:
        """Return the first name of the row name, name-2, name-3 … that is free or has this content."""
        pure = PurePosixPath(name)
        numbered = (_clipped(pure.stem, f"-{number}{pure.suffix}") for number in range(2, _MAX_COPIES + 1))
        for candidate in chain([name], numbered):
            path = self._path(candidate)
            if not self.file_system.exists(path):
                return candidate
            if self.file_system.size(path) == size and self.reference(candidate)["sha256"] == sha256:
                return candidate
        raise InputError(f"There are {_MAX_COPIES} files named like {name!r} already: choose another name.")

    def _write_whole(self, path: str, content: IO[bytes]) -> None:
        """Write beside the path and move into place: a reader never sees half a file."""
        self.file_system.makedirs(self.folder, exist_ok=True)
        draft = f"{self.folder}/.{uuid.uuid4().hex}"
        content.seek(0)
        try:
            with self.file_system.open(draft, "wb") as file:
                while chunk := content.read(_CHUNK_BYTES):
                    file.write(chunk)
            self.file_system.mv(draft, path)
        except OSError:
            if self.file_system.exists(draft):
                self.file_system.rm_file(draft)
            raise


def session_artifacts(thread_id: str) -> SessionArtifacts:
    """Return the artifacts of a thread, in the store that the ARTIFACTS_URL setting names.

    Raises:
        InputError: the thread id is not a UUID.
    """
    try:
        folder = str(uuid.UUID(thread_id))
    except ValueError:
        raise InputError(f"The thread id {thread_id!r} is not a UUID.") from None
    # another server may add files to the same store, so a listing is never taken from memory
    file_system, root = url_to_fs(kit_settings().artifacts_url, use_listings_cache=False)
    return SessionArtifacts(file_system, f"{root.rstrip('/')}/{folder}")


def _clipped(stem: str, ending: str) -> str:
    room = _MAX_NAME_BYTES - len(ending)
    return stem.encode()[:room].decode(errors="ignore") + ending


@contextmanager
def _rewindable(content: bytes | IO[bytes]) -> Generator[IO[bytes]]:
    """Yield the content as a file that can be read several times; one that can be already is not copied."""
    if isinstance(content, bytes):
        yield io.BytesIO(content)
    elif content.seekable():
        yield content
    else:
        with tempfile.SpooledTemporaryFile(max_size=8 * _CHUNK_BYTES) as spool:
            limit = kit_settings().artifacts_max_bytes
            while spool.tell() <= limit and (chunk := content.read(_CHUNK_BYTES)):
                spool.write(chunk)
            yield spool


def _measure(name: str, content: IO[bytes]) -> tuple[str, int]:
    limit = kit_settings().artifacts_max_bytes
    digest = hashlib.sha256()
    size = 0
    content.seek(0)
    while chunk := content.read(_CHUNK_BYTES):
        size += len(chunk)
        if size > limit:
            raise InputError(
                f"The file {name!r} is larger than the limit of {limit:,} bytes: "
                "send a smaller one, or raise ARTIFACTS_MAX_BYTES on the server."
            )
        digest.update(chunk)
    if not size:
        raise InputError(f"The file {name!r} is empty: send one with content.")
    return digest.hexdigest(), size


def _check_signature(name: str, content: IO[bytes]) -> None:
    signature = _SIGNATURES.get(PurePosixPath(name).suffix, b"")
    content.seek(0)
    if content.read(len(signature)) != signature:
        raise InputError(f"The content of {name!r} is not what its name says: give it its true ending.")


def media_type_of(name: str) -> str:
    """Return the media type for the file's name; raises InputError as `safe_name` does."""
    return MEDIA_TYPES[PurePosixPath(safe_name(name)).suffix]


def _reference(name: str, size: int, sha256: str) -> Artifact:
    return Artifact(name=name, media_type=media_type_of(name), size=size, sha256=sha256)
