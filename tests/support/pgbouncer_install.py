"""Puts Debian's PgBouncer, with all libraries that it needs, into a folder of this checkout.

    python -m tests.support.pgbouncer_install [--lock]

It needs no root, no apt and no Debian: the programs of a Debian package run anywhere with the loader and the
libraries of their own release. The packages are pinned in requirements/pgbouncer.lock; `--lock` pins the
newest ones. They come from the mirror that this machine's apt uses, or that DEBIAN_MIRROR names.
"""

import argparse
import hashlib
import io
import lzma
import os
import platform
import re
import shutil
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple

_ROOT = Path(__file__).resolve().parents[2]
_LOCK = _ROOT / "requirements" / "pgbouncer.lock"
FOLDER = _ROOT / ".venv-tools" / "pgbouncer"
LAUNCHER = FOLDER / "pgbouncer"

_APT = Path("/etc/apt")
# The first release whose PgBouncer knows prepared statements in transaction mode.
_RELEASE = "trixie"
_PACKAGES = (
    "pgbouncer",
    *("libaudit1", "libc6", "libcap-ng0", "libcap2", "libcares2", "libevent-2.1-7t64", "libpam0g"),
    *("libssl3t64", "libsystemd0", "libzstd1", "zlib1g"),
)
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_PAUSES = (1, 3)
_SECONDS = 60.0

_LAUNCH = """\
#!/bin/sh
here=$(dirname "$0")
exec "$here"/lib/ld-linux-*.so.* --library-path "$here/lib" "$here/lib/pgbouncer" "$@"
"""


class Package(NamedTuple):
    """A package file of the mirror."""

    path: str
    sha256: str

    @property
    def name(self) -> str:
        return PurePosixPath(self.path).name.partition("_")[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--lock", action="store_true", help="pin the newest packages")
    if parser.parse_args().lock:
        _lock()
        return
    architecture = _ARCHITECTURES.get(platform.machine()) if sys.platform == "linux" else None
    if architecture is not None and _mirror():
        try:
            _install(architecture)
        except OSError as error:
            sys.exit(f"PgBouncer can't be had from {_mirror()}: {error}. DEBIAN_MIRROR names another mirror.")
    elif not shutil.which("pgbouncer"):
        sys.exit(
            f"This machine ({sys.platform}, {platform.machine()}) knows no Debian mirror with a PgBouncer "
            "for it. Set DEBIAN_MIRROR to the address of one, or install PgBouncer 1.21 or newer so that "
            "`pgbouncer` is on the PATH (macOS: brew install pgbouncer)."
        )


@cache
def _mirror() -> str | None:
    """Return the address of the Debian mirror, or None on a machine that isn't Debian's and names none."""
    if given := os.environ.get("DEBIAN_MIRROR"):
        return given.rstrip("/")
    for file in [_APT / "sources.list", *sorted((_APT / "sources.list.d").glob("*"))]:
        words = file.read_text().split() if file.is_file() else []
        for word in words:
            if re.fullmatch(r"https?://\S+/debian/?", word):
                return word.rstrip("/")
    return None


def _lock() -> None:
    pinned = [package for name in sorted(_ARCHITECTURES.values()) for package in _newest(name).values()]
    lines = "".join(f"{package.path} {package.sha256}\n" for package in sorted(pinned))
    _LOCK.write_text("# Made by `make lock`: Debian packages for the tests' PgBouncer\n" + lines)


def _install(architecture: str) -> None:
    lines = (line for line in _LOCK.read_text().splitlines() if not line.startswith("#"))
    pinned = [Package(*line.split()) for line in lines]
    ours = [package for package in pinned if package.path.endswith(f"_{architecture}.deb")]
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER.parent) as temporary, ThreadPoolExecutor() as downloads:
        draft = Path(temporary) / "pgbouncer"
        (draft / "lib").mkdir(parents=True)
        for content in downloads.map(lambda package: _content(package, architecture), ours):
            _unpack(content, draft / "lib")
        launcher = draft / LAUNCHER.name
        launcher.write_text(_LAUNCH)
        for file in (draft, draft / "lib", launcher):  # whoever runs it isn't root
            file.chmod(0o755)
        shutil.rmtree(FOLDER, ignore_errors=True)
        draft.rename(FOLDER)


def _content(package: Package, architecture: str) -> bytes:
    """Return the package file, or its successor's once the mirror has only that."""
    try:
        return _download(package)
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
    newest = _newest(architecture)[package.name]
    sys.stderr.write(f"{package.path} is gone from the mirror, so here is {newest.path}. Run `make lock`.\n")
    return _download(newest)


def _newest(architecture: str) -> dict[str, Package]:
    """Return our packages by name, as the mirror's index has them now."""
    index = lzma.decompress(_get(f"dists/{_RELEASE}/main/binary-{architecture}/Packages.xz")).decode()
    fields = (
        dict(line.split(": ", 1) for line in entry.splitlines() if ": " in line)
        for entry in index.split("\n\n")
    )
    return {
        entry["Package"]: Package(entry["Filename"], entry["SHA256"])
        for entry in fields
        if entry.get("Package") in _PACKAGES
    }


def _download(package: Package) -> bytes:
    content = _get(package.path)
    found = hashlib.sha256(content).hexdigest()
    if found != package.sha256:
        raise ValueError(f"{_mirror()}/{package.path} has SHA-256 {found} instead of {package.sha256}.")
    return content


def _get(path: str) -> bytes:
    pauses = iter(_PAUSES)
    while True:
        try:
            with urllib.request.urlopen(f"{_mirror()}/{path}", timeout=_SECONDS) as response:
                return response.read()
        except OSError as error:
            gone = isinstance(error, urllib.error.HTTPError) and error.code == 404
            pause = None if gone else next(pauses, None)
            if pause is None:
                raise
            time.sleep(pause)
    raise AssertionError("unreachable")


def _unpack(package: bytes, folder: Path) -> None:
    """Put the program and the libraries of a package into one flat folder."""
    [data] = (content for name, content in _members(package) if name == "data.tar.xz")
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:xz") as archive:
        for member in archive:
            path = PurePosixPath(member.name)
            place, name = path.parts[:-1], path.name
            library = place[:2] == ("usr", "lib") and len(place) == 3 and ".so" in name
            if library or (place, name) == (("usr", "sbin"), "pgbouncer"):
                member.name = name
                archive.extract(member, folder, filter="data")


def _members(package: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a .deb, an `ar` archive: each has a header of 60 bytes and an even length."""
    place = len(b"!<arch>\n")
    while place < len(package):
        header = package[place : place + 60]
        size = int(header[48:58])
        place += 60
        yield header[:16].decode().rstrip(" /"), package[place : place + size]
        place += size + size % 2


if __name__ == "__main__":
    main()
