"""Settings of the agents: the model and the artifact store."""

from functools import lru_cache
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class KitSettings(BaseSettings):
    """Read from the environment; .env.example explains each."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    model: str | None = None
    model_timeout_seconds: float = Field(default=60.0, gt=0)
    model_max_retries: int = Field(default=4, ge=0)
    artifacts_url: str = ""
    artifacts_max_bytes: int = Field(default=50_000_000, gt=0)

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
