"""Settings of the agents: the model, the artifact store, tables on disk, and the database of analysts."""

from functools import lru_cache
from pathlib import Path

from fsspec import available_protocols
from fsspec.utils import get_protocol
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from graphs.environment import in_words


class KitSettings(BaseSettings):
    """Read from the environment; .env.example explains each."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    model: str | None = None
    model_timeout_seconds: float = Field(default=60.0, gt=0, allow_inf_nan=False)
    model_max_retries: int = Field(default=4, ge=0)
    artifacts_url: str = ""
    artifacts_max_bytes: int = Field(default=2_500_000_000, gt=0)
    table_folder: str = ""
    table_cache_max_bytes: int = Field(default=20_000_000_000, ge=0)
    analytics_database_uri: SecretStr | None = None
    analytics_database_timeout_seconds: float = Field(default=300.0, gt=0, allow_inf_nan=False)

    @field_validator("artifacts_url")
    @classmethod
    def _known_or_default(cls, url: str) -> str:
        if (protocol := get_protocol(url)) not in available_protocols():
            raise ValueError(
                f"fsspec knows no protocol {protocol!r}; write a folder, or a URL such as s3://bucket/prefix"
            )
        return url or str(Path.cwd() / ".holdfast" / "files")


@lru_cache(maxsize=1)
def kit_settings() -> KitSettings:
    """Return the settings, read once for each process.

    Raises:
        ValueError: variables have unusable values; the message names each with its value and the remedy.
    """
    try:
        return KitSettings()
    except ValidationError as error:
        raise ValueError("\n".join(map(in_words, error.errors()))) from None
