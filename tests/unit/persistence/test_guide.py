"""That the guide's table of errors says what the code does."""

import re
from pathlib import Path

import pytest
from psycopg import errors

from graphs.persistence import outage
from graphs.persistence.outage import Fault, fault_of

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "guide.md"
EVERYTHING_ELSE = "everything else"


def codes_of(kind: str) -> set[str]:
    """Return the SQLSTATEs that the guide's row of that kind names; a class has two characters."""
    [row] = re.findall(rf"^\| {kind} \| (.*?) \|", GUIDE.read_text(), re.MULTILINE)
    return set(re.findall(r"`([0-9A-Z]{2,5})`", row))


@pytest.mark.parametrize("fault", list(Fault))
def test_each_kind_has_the_states_of_the_code(fault: Fault) -> None:
    codes = codes_of(fault.name.lower())
    states = {code for code in codes if len(code) == 5}

    assert {fault_of(errors.lookup(state)()) for state in states} == {fault}
    assert states == getattr(outage, f"_{fault.name}_STATES")
    assert codes - states == ({outage._OUTAGE_CLASS} if fault is Fault.OUTAGE else set())


def test_what_fails_fast_is_no_fault() -> None:
    codes = codes_of(EVERYTHING_ELSE)

    assert codes
    assert {fault_of(errors.lookup(code)()) for code in codes} == {None}
