import logging

from psycopg import errors

from graphs.persistence.shortage import Shortage, shortage_at

FULL = errors.DiskFull("No space left on device\nHINT:  Check free disk space.")


def test_a_shortage_is_two_lines_in_the_log_however_many_operations_wait(caplog):
    caplog.set_level(logging.INFO)
    shortage = Shortage("db:5432/sessions")

    for _ in range(3):
        for operation in range(10):
            shortage.begin(operation, FULL)
    for operation in range(10):
        shortage.end(operation)

    begun, over = caplog.messages
    assert begun == (
        "PostgreSQL at db:5432/sessions answers, but lacks something (No space left on device). "
        "Operations wait for it."
    )
    assert over == "No operation waits any more for what PostgreSQL at db:5432/sessions lacked, after 0.0 s."


def test_it_goes_on_while_any_operation_waits(caplog):
    caplog.set_level(logging.INFO)
    shortage = Shortage("db:5432/sessions")
    shortage.begin("large", FULL)

    shortage.begin("small", FULL)
    shortage.end("small")
    shortage.end("another that did not wait")

    assert len(caplog.messages) == 1


def test_all_event_loops_share_the_record_of_one_server():
    assert shortage_at("db:5432/sessions") is shortage_at("db:5432/sessions")
    assert shortage_at("db:5432/sessions") is not shortage_at("other:5432/sessions")
