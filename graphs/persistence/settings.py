"""Settings of the persistence, read from the environment."""

import logging
import os
import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, Literal, TypeVar

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from graphs.environment import in_words, problem_of
from graphs.persistence.encryption_keys import KEYS_VARIABLE, parse_keys

logger = logging.getLogger(__name__)

PROJECT_ROOT = Path(__file__).resolve().parents[2]

T = TypeVar("T")

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

    password_file: Path | None = Field(None, validation_alias="CHECKPOINT_POSTGRES_PASSWORD_FILE")
    """File with the password alone, read for each new connection."""

    credentials: Callable[[Mapping[str, Any]], Any] | None = Field(
        None, validation_alias="CHECKPOINT_POSTGRES_CREDENTIALS"
    )
    """Function, written as `module:function`, that gives the credentials of each new connection.

    It gets the URI's parameters (host, port, user, dbname …) without a password. It returns the password,
    or a mapping of parameters that go over the URI's (`{"user": …, "password": …}`). A plain function runs
    in a thread; an `async` one on the event loop.
    """

    prepared_statements: Literal["auto", "on", "off"] = Field(
        "auto", validation_alias="CHECKPOINT_PREPARED_STATEMENTS"
    )
    """Whether statements are prepared; "auto": on connections without a pooler between."""

    connection_budget: int = Field(20, ge=1, le=10_000, validation_alias="CHECKPOINT_CONNECTION_BUDGET")
    """Connections that this server process may hold, over all its event loops."""

    outage_budget: float = Field(
        120, gt=0, le=86_400, allow_inf_nan=False, validation_alias="CHECKPOINT_OUTAGE_BUDGET_SECONDS"
    )
    """Seconds for which an operation waits for a database that doesn't answer."""

    operation_timeout: float = Field(
        15, ge=0.1, le=3_600, allow_inf_nan=False, validation_alias="CHECKPOINT_OPERATION_TIMEOUT_SECONDS"
    )
    """Seconds after which one attempt is abandoned together with its connection."""

    connect_timeout: int = Field(5, ge=2, le=600, validation_alias="CHECKPOINT_CONNECT_TIMEOUT_SECONDS")
    """Seconds to establish one connection; libpq takes less than 2 as 2."""

    embedded_folder: Path = Field(
        PROJECT_ROOT / ".holdfast" / "postgres", validation_alias="CHECKPOINT_EMBEDDED_FOLDER"
    )
    """Data folder of the embedded PostgreSQL, used when there is no URI."""

    encryption_keys: SecretStr | None = Field(None, validation_alias=KEYS_VARIABLE)
    """AES keys for what is stored, newest first, with commas between them; None stores it in the clear."""

    isolated_loops: bool = Field(False, validation_alias="BG_JOB_ISOLATED_LOOPS")
    """LangGraph's own setting: each job of the worker has an event loop, and so a pool, of its own."""

    jobs_per_worker: int = Field(10, ge=0, validation_alias="N_JOBS_PER_WORKER")
    """LangGraph's own setting: jobs that run side by side in this process."""

    attempts: int = Field(3, ge=1, validation_alias="BG_JOB_MAX_RETRIES")
    """LangGraph's own setting: attempts of a run in all. It takes 0 as well, and then no run starts."""

    @field_validator("uri")
    @classmethod
    def _check_uri(cls, uri: SecretStr | None) -> SecretStr | None:
        if uri is not None:
            _parse(uri.get_secret_value())
        return uri

    @field_validator("encryption_keys")
    @classmethod
    def _check_encryption_keys(cls, keys: SecretStr | None) -> SecretStr | None:
        if keys is not None:
            parse_keys(keys.get_secret_value())
        return keys

    @property
    def aes_keys(self) -> tuple[bytes, ...]:
        """The encryption keys, newest first."""
        return parse_keys(self.encryption_keys.get_secret_value()) if self.encryption_keys else ()

    @field_validator("password_file")
    @classmethod
    def _check_password_file(cls, file: Path | None, info: ValidationInfo) -> Path | None:
        if file is not None and not file.is_absolute():
            raise ValueError("it isn't an absolute path")
        return _with_uri(file, info)

    @field_validator("credentials", mode="before")
    @classmethod
    def _import_credentials(cls, function: object, info: ValidationInfo) -> object:
        if function is not None and info.data.get("password_file") is not None:
            raise ValueError("CHECKPOINT_POSTGRES_PASSWORD_FILE is set, too, and one of them has to go")
        return _with_uri(_imported(function) if isinstance(function, str) else function, info)

    @property
    def fixed_credentials(self) -> bool:
        """Whether the URI's user and password are all there is."""
        return self.password_file is None and self.credentials is None

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

    Raises ValueError that names each bad variable, its value and the remedy. The value of a connection
    string, which may hold a password, or of a key is never shown.
    """
    try:
        settings = PersistenceSettings()
    except ValidationError as error:
        raise ValueError("\n".join(map(_explain, error.errors()))) from None
    _ = settings.pool_size
    return settings


def warn_of_unknown_variables() -> None:
    """Log each CHECKPOINT_ variable that is none of ours, with the one that was probably meant."""
    ours = [
        field.validation_alias
        for field in PersistenceSettings.model_fields.values()
        if isinstance(field.validation_alias, str)
    ]
    for variable in sorted(name for name in os.environ if name.startswith("CHECKPOINT_")):
        if variable not in ours:
            [closest] = get_close_matches(variable, ours, n=1, cutoff=0)
            logger.warning("%s is no setting of Holdfast and has no effect. Is it %s?", variable, closest)


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


def _with_uri(value: T, info: ValidationInfo) -> T:
    if value is not None and info.data.get("uri", "refused") is None:
        raise ValueError("it has no use without CHECKPOINT_POSTGRES_URI")
    return value


def _imported(path: str) -> object:
    if ":" not in path:
        raise ValueError("it isn't written as module:function")
    try:
        return resolve_name(path)
    except Exception as error:  # whatever the module does when it is imported
        raise ValueError(f"it can't be imported ({type(error).__name__}: {error})") from error


def _parse(conninfo: str) -> dict[str, Any]:
    scheme, separator, _ = conninfo.partition("://")
    if separator and scheme not in ("postgresql", "postgres"):
        raise ValueError(f"its scheme is {scheme!r}, and PostgreSQL's is 'postgresql'")
    try:
        params = conninfo_to_dict(conninfo)
    except ProgrammingError as error:
        # libpq's message quotes the string, password and all.
        problem = (
            _unknown_parameter(conninfo, str(error)) or "it can't be read as a PostgreSQL connection string"
        )
        raise ValueError(problem) from None
    if part := _misplaced(params):
        raise ValueError(
            f"its {part} has a character that no {part} has, so the password may have run into it"
        )
    return params


def _unknown_parameter(conninfo: str, message: str) -> str | None:
    """Say which parameter of a URI libpq doesn't know; None where a password may have run into it."""
    _, _, query = conninfo.partition("?")
    unknown = re.search(r'invalid URI query parameter: "(\w+)"', message)
    if unknown is None or "@" in query or "password" in query:
        return None
    return f"it has the parameter {unknown[1]!r} behind its '?', and PostgreSQL knows no such one"


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


def _explain(error: ErrorDetails) -> str:
    """Return one sentence on the setting, without its value where that may be a secret."""
    variable = str(error["loc"][0])
    problem = problem_of(error)
    if variable == "CHECKPOINT_POSTGRES_URI":
        return (
            f"{variable} is not usable: {problem}. Write it as postgresql://user:password@host:5432/database "
            "with special characters in the password percent-encoded, or unset it for an embedded PostgreSQL."
        )
    if variable == KEYS_VARIABLE:
        return (
            f"{variable} is not usable: {problem}. Write each key as 64 hexadecimal digits (or 32 or 48), or "
            "in base64, with commas between them, the newest first; `openssl rand -hex 32` makes one."
        )
    if variable == "CHECKPOINT_POSTGRES_PASSWORD_FILE":
        # Its value may be the password itself, by mistake.
        return f"{variable} is not usable: {problem}. Set it to the path of a file that holds the password."
    return in_words(error)
