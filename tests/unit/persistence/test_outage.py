import logging
from itertools import islice
from time import monotonic

import psycopg
import pytest
from psycopg import errors
from psycopg_pool import PoolTimeout

from graphs.persistence.outage import (
    ConnectionLost,
    DatabaseUnavailable,
    Fault,
    NoAnswer,
    Outage,
    fault_of,
    pauses,
)


@pytest.mark.parametrize(
    "error",
    [
        errors.AdminShutdown("terminating connection due to administrator command"),
        errors.CrashShutdown("terminating connection because of crash of another server process"),
        errors.CannotConnectNow("the database system is starting up"),
        errors.ReadOnlySqlTransaction("cannot execute INSERT in a read-only transaction"),
        errors.TooManyConnections("sorry, too many clients already"),
        errors.ConnectionFailure(),
        errors.SqlclientUnableToEstablishSqlconnection(),
        errors.IdleInTransactionSessionTimeout(),
        errors.IdleSessionTimeout(),
        errors.TransactionTimeout(),
        errors.ConnectionTimeout("connection timeout expired"),
        psycopg.OperationalError("consuming input failed: server closed the connection unexpectedly"),
        PoolTimeout("couldn't get a connection after 5.00 sec"),
        ConnectionLost(),
        NoAnswer(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_outage_is_recognised(error):
    assert fault_of(error) is Fault.OUTAGE


@pytest.mark.parametrize("error", [errors.SerializationFailure(), errors.DeadlockDetected()])
def test_a_conflict_is_recognised(error):
    assert fault_of(error) is Fault.CONFLICT


@pytest.mark.parametrize(
    "error",
    [
        errors.InsufficientResources(),
        errors.DiskFull("could not extend file: No space left on device"),
        errors.OutOfMemory("out of shared memory"),
        errors.LockNotAvailable("canceling statement due to lock timeout"),
        errors.QueryCanceled("canceling statement due to statement timeout"),
        errors.IoError("could not read blocks: Input/output error"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_shortage_is_recognised(error):
    assert fault_of(error) is Fault.SHORTAGE


@pytest.mark.parametrize(
    "error",
    [
        errors.UndefinedColumn(),
        errors.UniqueViolation(),
        errors.InvalidTextRepresentation(),
        errors.InsufficientPrivilege(),
        errors.ConfigurationLimitExceeded("temporary file size exceeds temp_file_limit (1024kB)"),
        errors.UndefinedFile("could not open file"),
        errors.PipelineAborted(),
        psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes"),
        psycopg.ProgrammingError("can't adapt"),
        psycopg.InterfaceError("the cursor is closed"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_of_the_operation_itself_is_no_outage(error):
    assert fault_of(error) is None


def test_pauses_grow_to_a_cap():
    first, *_, last = islice(pauses(), 20)

    assert 0.025 <= first <= 0.05
    assert 0.5 <= last <= 1.0


def test_an_outage_is_two_lines_in_the_log(caplog):
    caplog.set_level(logging.INFO)
    outage = Outage("db:5432/sessions")

    for _ in range(1000):
        outage.begin(psycopg.OperationalError("connection refused\n\tIs the server running?"))
    for _ in range(1000):
        outage.end(monotonic())

    begun, ended = caplog.messages
    assert begun == "Lost PostgreSQL at db:5432/sessions (connection refused). Operations wait for it."
    assert ended.startswith("PostgreSQL at db:5432/sessions answers again after 0.0 s")


def test_an_answer_to_an_older_question_does_not_end_an_outage():
    outage = Outage("db:5432/sessions")
    asked_at = monotonic()
    outage.begin(psycopg.OperationalError("gone"))

    outage.end(asked_at)
    assert outage.since is not None

    outage.end(monotonic())
    assert outage.since is None


def test_a_failure_to_connect_is_forgotten_once_there_is_an_answer():
    outage = Outage("db:5432/sessions")
    outage.note_connect_failure(psycopg.OperationalError("connection refused"))

    outage.begin(psycopg.OperationalError("gone"))
    outage.end(monotonic())

    assert outage.connect_error is None


def test_unavailable_says_when_to_try_again():
    assert DatabaseUnavailable("no").retry_after > 0
    assert DatabaseUnavailable("no", retry_after=30).retry_after == 30
