import getpass

import pytest

from graphs.persistence.settings import (
    PROJECT_ROOT,
    PersistenceSettings,
    load_settings,
    target,
    warn_of_unknown_variables,
)

_VARIABLES = (
    "CHECKPOINT_POSTGRES_URI",
    "CHECKPOINT_POSTGRES_PASSWORD_FILE",
    "CHECKPOINT_POSTGRES_CREDENTIALS",
    "CHECKPOINT_PREPARED_STATEMENTS",
    "CHECKPOINT_CONNECTION_BUDGET",
    "CHECKPOINT_OUTAGE_BUDGET_SECONDS",
    "CHECKPOINT_OPERATION_TIMEOUT_SECONDS",
    "CHECKPOINT_CONNECT_TIMEOUT_SECONDS",
    "CHECKPOINT_EMBEDDED_FOLDER",
    "BG_JOB_ISOLATED_LOOPS",
    "N_JOBS_PER_WORKER",
    "BG_JOB_MAX_RETRIES",
)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch):
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_defaults_ask_for_the_embedded_server():
    settings = load_settings()

    assert settings.uri is None
    assert settings.embedded_folder == PROJECT_ROOT / ".holdfast" / "postgres"
    assert (settings.connection_budget, settings.pool_size) == (20, 20)
    assert (settings.outage_budget, settings.operation_timeout, settings.connect_timeout) == (120, 15, 5)


def test_reads_the_environment(monkeypatch):
    monkeypatch.setenv("CHECKPOINT_POSTGRES_URI", "postgresql://app:pw@db.example:5433/sessions")
    monkeypatch.setenv("CHECKPOINT_OUTAGE_BUDGET_SECONDS", "7.5")

    settings = load_settings()

    assert settings.uri is not None
    assert settings.uri.get_secret_value() == "postgresql://app:pw@db.example:5433/sessions"
    assert settings.outage_budget == 7.5


def test_an_empty_variable_is_unset(monkeypatch):
    monkeypatch.setenv("CHECKPOINT_POSTGRES_URI", "")

    assert load_settings().uri is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CHECKPOINT_CONNECTION_BUDGET", "0"),
        ("CHECKPOINT_CONNECTION_BUDGET", "many"),
        ("CHECKPOINT_OUTAGE_BUDGET_SECONDS", "-1"),
        ("CHECKPOINT_OPERATION_TIMEOUT_SECONDS", "nan"),
        ("CHECKPOINT_CONNECT_TIMEOUT_SECONDS", "1"),
        ("BG_JOB_ISOLATED_LOOPS", "perhaps"),
        ("BG_JOB_MAX_RETRIES", "-1"),
        ("BG_JOB_MAX_RETRIES", "0"),
        ("BG_JOB_MAX_RETRIES", "abc"),
        ("CHECKPOINT_PREPARED_STATEMENTS", "sometimes"),
        ("CHECKPOINT_POSTGRES_CREDENTIALS", "getpass.getuser"),
        ("CHECKPOINT_POSTGRES_CREDENTIALS", "no_such_module:token"),
        ("CHECKPOINT_POSTGRES_CREDENTIALS", "getpass:no_such_function"),
    ],
)
def test_a_bad_value_is_named_with_its_variable(monkeypatch, name, value):
    monkeypatch.setenv(name, value)

    with pytest.raises(ValueError, match=rf"{name} is '{value}': .*Correct it"):
        load_settings()


@pytest.mark.parametrize("value", ["nan", "inf"])
@pytest.mark.parametrize("name", ["CHECKPOINT_OUTAGE_BUDGET_SECONDS", "CHECKPOINT_OPERATION_TIMEOUT_SECONDS"])
def test_what_is_no_number_of_seconds_is_called_that(monkeypatch, name, value):
    monkeypatch.setenv(name, value)

    with pytest.raises(ValueError, match=f"{name} is '{value}': input should be a finite number"):
        load_settings()


def test_a_misspelt_variable_is_named_with_the_one_that_was_meant(monkeypatch, caplog):
    monkeypatch.setenv("CHECKPOINT_CONECTION_BUDGET", "7")
    monkeypatch.setenv("CHECKPOINT_POSTGRES_URL", "postgresql://app:hunter2@db/sessions")
    monkeypatch.setenv("CHECKPOINT_OUTAGE_BUDGET_SECONDS", "7")

    warn_of_unknown_variables()

    assert caplog.messages == [
        "CHECKPOINT_CONECTION_BUDGET is no setting of Holdfast and has no effect. "
        "Is it CHECKPOINT_CONNECTION_BUDGET?",
        "CHECKPOINT_POSTGRES_URL is no setting of Holdfast and has no effect. Is it CHECKPOINT_POSTGRES_URI?",
    ]


@pytest.mark.parametrize(
    ("uri", "problem"),
    [
        ("postgresql://app:hunter2@db:bad port/sessions", "can't be read"),
        ("postgresql+asyncpg://app:hunter2@db/sessions", "scheme is 'postgresql\\+asyncpg'"),
        ("mysql://app:hunter2@db/sessions", "scheme is 'mysql'"),
        ("app:hunter2@db/sessions", "can't be read"),
        ("postgresql://app:hunter2/9@db:5432/sessions", "its port has"),
        ("postgresql://app:9@hunter2@db/sessions", "its host has"),
        ("postgresql://app:9/hunter2@db/sessions", "its database has"),
        ("postgresql://app:9/@hunter2@db/sessions", "its database has"),
        ("postgresql://app:hunter2@db/sessions?foo=1", "it has the parameter 'foo'"),
        ("postgresql://app:9/?hunter2=1@db/sessions", "can't be read"),
        ("postgresql://app@db/sessions?password=9&hunter2=1", "can't be read"),
    ],
)
def test_a_bad_uri_is_explained_without_its_password(monkeypatch, uri, problem):
    monkeypatch.setenv("CHECKPOINT_POSTGRES_URI", uri)

    with pytest.raises(ValueError, match=f"CHECKPOINT_POSTGRES_URI is not usable: .*{problem}") as caught:
        load_settings()

    assert "hunter2" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_target_shows_no_password_that_ran_into_another_part():
    with pytest.raises(ValueError, match="password may have run into it") as caught:
        target("postgresql://app:hunter2/9@db:5432/sessions")

    assert "hunter2" not in str(caught.value)


def test_a_password_is_not_shown_by_repr_or_by_pydantic():
    assert "hunter2" not in repr(PersistenceSettings(uri="postgresql://app:hunter2@db/x"))
    with pytest.raises(ValueError, match="uri") as caught:
        PersistenceSettings(uri="mysql://app:hunter2@db/x")
    assert "hunter2" not in str(caught.value)


def test_pools_of_all_event_loops_stay_inside_the_budget(monkeypatch):
    monkeypatch.setenv("BG_JOB_ISOLATED_LOOPS", "true")
    monkeypatch.setenv("N_JOBS_PER_WORKER", "4")
    monkeypatch.setenv("CHECKPOINT_CONNECTION_BUDGET", "12")

    settings = load_settings()

    assert settings.event_loops == 5
    assert settings.pool_size == 2
    assert settings.event_loops * settings.pool_size <= settings.connection_budget


def test_a_budget_below_one_connection_a_loop_is_refused(monkeypatch):
    monkeypatch.setenv("BG_JOB_ISOLATED_LOOPS", "true")
    monkeypatch.setenv("CHECKPOINT_CONNECTION_BUDGET", "10")

    with pytest.raises(
        ValueError, match=r"CHECKPOINT_CONNECTION_BUDGET is 10, .* Set the budget to 11 or more"
    ):
        load_settings()


@pytest.mark.parametrize(
    ("conninfo", "expected"),
    [
        ("postgresql://app:hunter2@db.example:5433/sessions", "db.example:5433/sessions"),
        ("postgresql://app:hunter2@a,b:5433/sessions", "a:5432,b:5433/sessions"),
        ("host=db password=hunter2 dbname=sessions", "db:5432/sessions"),
        ("postgresql://postgres@/postgres?host=/run/pg", "/run/pg/postgres"),
        ("postgresql://app:hunter2@db", "db:5432/app"),
        ("", "localhost:5432/"),
    ],
)
def test_target_names_the_server_and_no_secret(conninfo, expected):
    assert target(conninfo) == expected


def test_a_function_that_gives_credentials_is_imported(monkeypatch):
    monkeypatch.setenv("CHECKPOINT_POSTGRES_URI", "postgresql://app@db/sessions")
    monkeypatch.setenv("CHECKPOINT_POSTGRES_CREDENTIALS", "getpass:getuser")

    settings = load_settings()

    assert settings.credentials is getpass.getuser
    assert not settings.fixed_credentials


def test_a_module_that_fails_when_it_is_imported_is_named(monkeypatch, tmp_path):
    (tmp_path / "fails_at_once.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("CHECKPOINT_POSTGRES_URI", "postgresql://app@db/sessions")
    monkeypatch.setenv("CHECKPOINT_POSTGRES_CREDENTIALS", "fails_at_once:token")

    with pytest.raises(ValueError, match=r"it can't be imported \(ZeroDivisionError: division by zero\)"):
        load_settings()


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"PASSWORD_FILE": "hunter2"}, "PASSWORD_FILE is not usable: it isn't an absolute path"),
        ({"PASSWORD_FILE": "/run/secret", "URI": ""}, "it has no use without CHECKPOINT_POSTGRES_URI"),
        ({"CREDENTIALS": "getpass:getuser", "URI": ""}, "it has no use without CHECKPOINT_POSTGRES_URI"),
        ({"CREDENTIALS": "getpass:getuser", "PASSWORD_FILE": "/run/secret"}, "one of them has to go"),
        ({"CREDENTIALS": "sys:path"}, "input should be callable"),
    ],
)
def test_a_source_of_credentials_that_makes_no_sense_is_explained(monkeypatch, values, problem):
    for name, value in {"URI": "postgresql://app@db/sessions", **values}.items():
        monkeypatch.setenv(f"CHECKPOINT_POSTGRES_{name}", value)

    with pytest.raises(ValueError, match=problem) as caught:
        load_settings()

    assert "hunter2" not in str(caught.value)
