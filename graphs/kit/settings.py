"""Settings of the agents: the model, the artifact store, tables on disk, and the database of analysts."""

from functools import lru_cache
from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class KitSettings(BaseSettings):
    """Read from the environment; .env.example explains each."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    model: str | None = None
    model_timeout_seconds: float = Field(default=60.0, gt=0)
    model_max_retries: int = Field(default=4, ge=0)
    artifacts_url: str = ""
    artifacts_max_bytes: int = Field(default=2_500_000_000, gt=0)
    table_folder: str = ""
    table_cache_max_bytes: int = Field(default=20_000_000_000, ge=0)
    analytics_database_uri: SecretStr | None = None
    analytics_database_timeout_seconds: float = Field(default=300.0, gt=0)

    @field_validator("artifacts_url")
    @classmethod
    def _default_folder(cls, url: str) -> str:
        return url or str(Path.cwd() / ".holdfast" / "files")


@lru_cache(maxsize=1)
def kit_settings() -> KitSettings:
    """Return the settings, read once for each process.

    Raises:
        pydantic.ValidationError: a variable has an unusable value; the message names it.
    """
    return KitSettings()
