import pytest
from psycopg.conninfo import conninfo_to_dict

from graphs.persistence.pool import conninfo_source
from graphs.persistence.settings import PersistenceSettings

_SETTINGS = PersistenceSettings(uri="postgresql://app@db/sessions", operation_timeout=15, connect_timeout=5)


async def test_adds_what_a_connection_needs_to_notice_a_dead_server():
    params = conninfo_to_dict(await conninfo_source("postgresql://app@db/sessions", _SETTINGS)())

    assert params["host"] == "db"
    assert params["application_name"] == "holdfast"
    assert params["target_session_attrs"] == "read-write"
    assert params["tcp_user_timeout"] == "15000"
    assert (params["connect_timeout"], params["keepalives_idle"]) == ("5", "30")


async def test_what_the_uri_says_goes_first():
    source = conninfo_source(
        "postgresql://app@db/sessions?connect_timeout=20&target_session_attrs=any", _SETTINGS
    )

    params = conninfo_to_dict(await source())

    assert (params["connect_timeout"], params["target_session_attrs"]) == ("20", "any")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", "-c client_connection_check_interval=500ms"),
        ("?options=-c%20jit%3Doff", "-c jit=off -c client_connection_check_interval=500ms"),
        ("?options=-cclient_connection_check_interval%3D0", "-cclient_connection_check_interval=0"),
    ],
)
async def test_the_server_is_asked_to_notice_a_client_that_is_gone(given, expected):
    params = conninfo_to_dict(await conninfo_source(f"postgresql://app@db/sessions{given}", _SETTINGS)())

    assert params["options"] == expected


async def test_a_callable_is_asked_for_each_connection():
    passwords = iter(["first", "second"])

    def plain() -> str:
        return f"postgresql://app:{next(passwords)}@db/sessions"

    async def awaited() -> str:
        return plain()

    assert conninfo_to_dict(await conninfo_source(plain, _SETTINGS)())["password"] == "first"
    assert conninfo_to_dict(await conninfo_source(awaited, _SETTINGS)())["password"] == "second"
