"""Waiting for a process to do something, with generous deadlines."""

import time
from collections.abc import Callable
from pathlib import Path

START_SECONDS = 120.0
"""A server with cold imports on a busy machine."""


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Return once the condition holds; AssertionError, saying what was waited for, if it takes longer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError(f"{what} did not happen within {seconds:g} s")


def wait_for_text(file: Path, text: str, seconds: float = 60) -> None:
    """Return once the file has the text; AssertionError, with the file's end, if it takes longer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if file.exists() and text in file.read_text(errors="replace"):
            return
        time.sleep(0.1)
    raise AssertionError(f"{text!r} is not in {file.name} within {seconds:g} s:\n{file.read_text()[-3000:]}")
