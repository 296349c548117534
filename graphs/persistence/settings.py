"""Settings of the persistence, read from the environment."""

from pathlib import Path
from typing import Any

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_ROOT = Path(__file__).resolve().parents[2]

_DEFAULT_PORT = "5432"


class PersistenceSettings(BaseSettings):
    """Where PostgreSQL is and how patient to be with it.

    Make it with `load_settings()`, which words errors for people. An empty variable counts as unset.
    """

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, populate_by_name=True, hide_input_in_errors=True
    )

    uri: SecretStr | None = Field(None, validation_alias="CHECKPOINT_POSTGRES_URI")
    """Connection string of PostgreSQL; None starts the embedded server."""

    connection_budget: int = Field(20, ge=1, le=10_000, validation_alias="CHECKPOINT_CONNECTION_BUDGET")
    """Connections that this server process may hold, over all its event loops."""

    outage_budget: float = Field(120, gt=0, le=86_400, validation_alias="CHECKPOINT_OUTAGE_BUDGET_SECONDS")
    """Seconds for which an operation waits for a database that doesn't answer."""

    operation_timeout: float = Field(
        15, ge=0.1, le=3_600, validation_alias="CHECKPOINT_OPERATION_TIMEOUT_SECONDS"
    )
    """Seconds after which one attempt is abandoned together with its connection."""

    connect_timeout: int = Field(5, ge=2, le=600, validation_alias="CHECKPOINT_CONNECT_TIMEOUT_SECONDS")
    """Seconds to establish one connection; libpq takes less than 2 as 2."""

    embedded_folder: Path = Field(
        PROJECT_ROOT / ".holdfast" / "postgres", validation_alias="CHECKPOINT_EMBEDDED_FOLDER"
    )
    """Data folder of the embedded PostgreSQL, used when there is no URI."""

    isolated_loops: bool = Field(False, validation_alias="BG_JOB_ISOLATED_LOOPS")
    """LangGraph's own setting: each job of the worker has an event loop, and so a pool, of its own."""

    jobs_per_worker: int = Field(10, ge=0, validation_alias="N_JOBS_PER_WORKER")
    """LangGraph's own setting: jobs that run side by side in this process."""

    @field_validator("uri")
    @classmethod
    def _check_uri(cls, uri: SecretStr | None) -> SecretStr | None:
        if uri is not None:
            _parse(uri.get_secret_value())
        return uri

    @property
    def event_loops(self) -> int:
        """Event loops of this process that open a pool."""
        return 1 + self.jobs_per_worker if self.isolated_loops else 1

    @property
    def pool_size(self) -> int:
        """Connections of one event loop's pool; over all loops they stay inside the budget.

        Raises ValueError if the budget is too small for one connection a loop.
        """
        size = self.connection_budget // self.event_loops
        if size < 1:
            raise ValueError(
                f"CHECKPOINT_CONNECTION_BUDGET is {self.connection_budget}, but BG_JOB_ISOLATED_LOOPS with "
                f"N_JOBS_PER_WORKER={self.jobs_per_worker} makes {self.event_loops} event loops, and each "
                f"needs a connection of its own. Set the budget to {self.event_loops} or more, or unset "
                "BG_JOB_ISOLATED_LOOPS."
            )
        return size


def load_settings() -> PersistenceSettings:
    """Read the settings from the environment.

    Raises ValueError that names each bad variable, its value and the remedy. A connection string's value
    is never shown, since it may hold a password.
    """
    try:
        settings = PersistenceSettings()
    except ValidationError as error:
        raise ValueError("\n".join(map(_in_words, error.errors()))) from None
    _ = settings.pool_size
    return settings


def target(conninfo: str) -> str:
    """Name the server of a connection string as `host:port/database`, without user and password."""
    params = _parse(conninfo)
    hosts = str(params.get("host") or params.get("hostaddr") or "localhost").split(",")
    ports = str(params.get("port") or _DEFAULT_PORT).split(",")
    if len(ports) == 1:
        ports *= len(hosts)
    places = ",".join(
        host if host.startswith("/") else f"{host}:{port or _DEFAULT_PORT}"
        for host, port in zip(hosts, ports, strict=False)
    )
    return f"{places}/{params.get('dbname') or params.get('user') or ''}"


def _parse(conninfo: str) -> dict[str, Any]:
    scheme, separator, _ = conninfo.partition("://")
    if separator and scheme not in ("postgresql", "postgres"):
        raise ValueError(f"its scheme is {scheme!r}, and PostgreSQL's is 'postgresql'")
    try:
        params = conninfo_to_dict(conninfo)
    except ProgrammingError:
        # libpq's message quotes the string, password and all.
        raise ValueError("it can't be read as a PostgreSQL connection string") from None
    if part := _misplaced(params):
        raise ValueError(
            f"its {part} has a character that no {part} has, so the password may have run into it"
        )
    return params


def _misplaced(params: dict[str, Any]) -> str | None:
    """Name the part that can't be right, as when a password has an '@' or a '/' that isn't encoded."""
    hosts = str(params.get("host") or "").split(",")
    if any(set("@/") & set(host) for host in hosts if not host.startswith("/")):
        return "host"
    if any(port and not port.isdecimal() for port in str(params.get("port") or "").split(",")):
        return "port"
    if set("@/") & set(str(params.get("dbname") or "")):
        return "database"
    return None


def _in_words(error: ErrorDetails) -> str:
    variable = str(error["loc"][0])
    problem = error["msg"].removeprefix("Value error, ")
    if variable == "CHECKPOINT_POSTGRES_URI":
        return (
            f"{variable} is not usable: {problem}. Write it as postgresql://user:password@host:5432/database "
            "with special characters in the password percent-encoded, or unset it for an embedded PostgreSQL."
        )
    return f"{variable} is {error['input']!r}: {problem[:1].lower()}{problem[1:]}. Correct it or unset it."
