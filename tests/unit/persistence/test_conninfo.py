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
    assert (params["connect_timeout"], params["keepalives_idle"]) == ("5", "1")


async def test_what_the_uri_says_goes_first():
    source = conninfo_source(
        "postgresql://app@db/sessions?connect_timeout=20&target_session_attrs=any", _SETTINGS
    )

    params = conninfo_to_dict(await source())

    assert (params["connect_timeout"], params["target_session_attrs"]) == ("20", "any")
