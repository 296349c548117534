"""Names of artifacts: one part of a path, of a known type, whatever was sent."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphs.kit.artifacts import (
    MEDIA_TYPES,
    SessionArtifacts,
    media_type_of,
    safe_name,
    suffix_of_media_type,
)
from graphs.kit.errors import InputError
from tests.support.kit_environment import THREAD_ID


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("/etc/cron.d/job.csv", "job.csv"),
        ("C:\\Users\\me\\data.csv", "data.csv"),
        ("..\\..\\data.csv", "data.csv"),
        ("a\x00b.csv", "a_b.csv"),
        ("a\nb\r\n.csv", "a_b__.csv"),
        (".hidden.csv", "hidden.csv"),
        ("  spaced name (1).csv ", "spaced name (1).csv"),
        ("data.csv. .", "data.csv"),
        ("DATA.CSV", "DATA.csv"),
        ("ratio;rm -rf $HOME.csv", "ratio_rm -rf _HOME.csv"),
        ("re\u0301sume\u0301.csv", "résumé.csv"),  # as macOS sends it
        ("*.csv", "_.csv"),
    ],
)
def test_names_lose_their_folders_and_controls(
    artifacts: SessionArtifacts, store: Path, given_name: str, kept: str
) -> None:
    assert artifacts.save(given_name, b"content")["name"] == kept
    assert [path.relative_to(store).as_posix() for path in store.rglob("*") if path.is_file()] == [
        f"{THREAD_ID}/{kept}"
    ]
    assert artifacts.read(given_name) == b"content"


@pytest.mark.parametrize(
    "name",
    ["", " ", ".", "..", "/", "a/", "..csv", ".csv", "csv", "run.exe", "page.htm", "a.csv\x00", "x.svg"],
)
def test_names_that_can_not_be_used(artifacts: SessionArtifacts, name: str) -> None:
    with pytest.raises(InputError, match=r"can't be used: it must end in one of .*\.csv, "):
        artifacts.save(name, b"content")
    with pytest.raises(InputError, match="can't be used"):
        artifacts.read(name)
    assert artifacts.sizes() == {}


@given(st.text(max_size=300), st.sampled_from(sorted(MEDIA_TYPES)))
def test_safe_names_are_one_path_part_and_stable(text: str, suffix: str) -> None:
    try:
        name = safe_name(text + suffix)
    except InputError:
        return
    assert "/" not in name
    assert "\\" not in name
    assert "\x00" not in name
    assert not name.startswith(".")
    assert len(name.encode()) <= 200
    assert safe_name(name) == name
    assert media_type_of(name) == MEDIA_TYPES[suffix]


@pytest.mark.parametrize(
    ("media_type", "suffix"),
    [
        ("text/csv", ".csv"),
        ("Text/CSV; charset=utf-8", ".csv"),
        ("image/jpeg", ".jpg"),
        ("application/pdf", ".pdf"),
        ("text/html", ".html"),
        ("image/svg+xml", ""),
        ("application/octet-stream", ""),
        ("", ""),
    ],
)
def test_suffix_of_media_type(media_type: str, suffix: str) -> None:
    assert suffix_of_media_type(media_type) == suffix


def test_every_kept_type_has_its_suffix_back() -> None:
    for suffix, media_type in MEDIA_TYPES.items():
        assert MEDIA_TYPES[suffix_of_media_type(media_type)] == MEDIA_TYPES[suffix]
