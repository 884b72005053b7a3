"""Settings from the environment: each typed, documented and checked when the service starts.

The field's name in capitals, with ``TIDEGATE_`` before it, is the variable; ``DATABASE_URL`` alone has no prefix. A
value that cannot be used stops the start with the variable's name, the value (never of a secret) and what was expected.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from tidegate.server import memory
from tidegate.tables.errors import InputError, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX: Final = "TIDEGATE_"
_BARE: Final = {"database_url": "DATABASE_URL"}


class Environment(BaseModel):
    """What the environment says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path = Field(Path("tidegate-data"), description="folder of the embedded PostgreSQL, keys and backups")
    database_url: SecretStr | None = Field(
        None,
        description="postgresql://user:password@host:port/name; missing: the embedded one in the data folder",
    )
    secret_key: SecretStr | None = Field(
        None,
        min_length=32,
        description="signs sessions and encrypts secrets, 32 characters or more; missing: made once in the data folder",
    )
    secret_key_fallbacks: SecretStr = Field(
        SecretStr(""), description="older secret keys, by commas, that still open what they sealed"
    )
    host: str = Field("127.0.0.1", description="address that the web listens on")
    port: Annotated[int, Field(ge=1, le=65535)] = Field(8000, description="port that the web listens on")
    allowed_hosts: str = Field("127.0.0.1,localhost,[::1]", description="host names that are answered, by commas")
    model: Path | None = Field(
        None, description="folder that tidegate train wrote, to read tickets with; missing: the packaged model"
    )
    web_processes: Annotated[int, Field(ge=1, le=64)] = Field(
        1, description="web processes; each holds the open tickets in memory"
    )
    web_threads: Annotated[int, Field(ge=1, le=256)] = Field(8, description="requests at a time in each web process")
    https: bool = Field(
        default=False,
        description="true behind a proxy that speaks HTTPS: cookies are for HTTPS only, HSTS is sent",
    )
    trusted_proxies: Annotated[int, Field(ge=0, le=10)] = Field(
        0, description="proxies in front; the client's address is read so many places from the end of X-Forwarded-For"
    )
    session_idle_minutes: Annotated[int, Field(ge=5, le=1440)] = Field(
        120, description="minutes without use after which a person has to sign in again"
    )
    session_hours: Annotated[int, Field(ge=1, le=168)] = Field(
        12, description="hours after which a person has to sign in again in any case"
    )
    second_factor_from: str = Field(
        "",
        pattern="^(viewer|agent|lead|admin)?$",
        description="role from which a second factor is asked: viewer, agent, lead or admin; missing: from nobody",
    )
    mail_url: SecretStr | None = Field(
        None,
        description="smtp://user:password@host:587, or smtps:// for TLS from the start; missing: no mail is sent",
    )
    mail_from: str = Field("tidegate@localhost", description="address that mail is sent from")
    oidc_url: str = Field(
        "",
        pattern="^(https://.*|http://(127.0.0.1|localhost)[:/].*)?$",
        description="the OpenID Connect provider's issuer, https://...; missing: people sign in by password alone",
    )
    oidc_name: str = Field("single sign-on", description="what the sign-in page calls the provider")
    oidc_client_id: str = Field("", description="the client id that the provider gave")
    oidc_client_secret: SecretStr | None = Field(None, description="the client secret that the provider gave")
    oidc_trust_email: bool = Field(
        default=False,
        description="true for a provider that sends no email_verified and gives nobody an address that is not theirs",
    )
    metrics_token: SecretStr | None = Field(
        None,
        description="bearer token that may read /metrics; missing: only this machine may, and not through a proxy",
    )
    outgoing_allow: str = Field(
        "", description="inner addresses or networks that actions may be sent to, by commas: 10.1.2.3, 10.1.0.0/16"
    )
    outbox_attempts: Annotated[int, Field(ge=1, le=50)] = Field(
        10, description="attempts at an action, with growing pauses, before it is put aside for a person"
    )
    outbox_lease_seconds: Annotated[int, Field(ge=20, le=3600)] = Field(
        180, description="seconds after which an attempt at an action whose worker was killed is made again"
    )
    public_url: str = Field(
        "", pattern="^(https?://.*)?$", description="where people open the service; messages link to it"
    )
    api_requests_a_minute: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        6_000,
        description="requests a minute that a token may make of a machine's web processes; more are answered with 429",
    )
    log_format: str = Field("text", pattern="^(text|json)$", description="text or json")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="DEBUG, INFO, WARNING or ERROR")

    @property
    def hosts(self) -> list[str]:
        """The host names that are answered."""
        return [name.strip() for name in self.allowed_hosts.split(",") if name.strip()]

    @property
    def older_secrets(self) -> list[str]:
        """The secret keys of before."""
        return [key.strip() for key in self.secret_key_fallbacks.get_secret_value().split(",") if key.strip()]

    def secret(self) -> str:
        """Return the secret key; one is made in the data folder where none is given."""
        if self.secret_key is not None:
            return self.secret_key.get_secret_value()
        return kept_secret(self.data_dir / "secret-key")


def variable(field: str) -> str:
    """Name the environment variable of a field."""
    return _BARE.get(field, PREFIX + field.upper())


def read(environ: Mapping[str, str] | None = None) -> Environment:
    """Read the settings.

    Raises
    ------
    InputError
        If a value cannot be used.
    """
    environ = os.environ if environ is None else environ
    given = {
        field: environ[variable(field)] for field in Environment.model_fields if environ.get(variable(field), "") != ""
    }
    try:
        return Environment.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = str(first["loc"][0])
        secret = "SecretStr" in str(Environment.model_fields[field].annotation)
        raise InputError(
            f"the environment variable {variable(field)} cannot be used: {first['msg'].lower()}",
            value=None if secret else shorten(given.get(field)),
            expected=Environment.model_fields[field].description,
        ) from None


def hand_on(**values: str) -> None:
    """Set variables by their fields' names, for this process and those that it starts."""
    for field, value in values.items():
        os.environ[variable(field)] = value


def for_children(**extra: str) -> dict[str, str]:
    """Return the environment for a program that this process starts, with some more in it."""
    return {**os.environ, **extra}


def spare_memory() -> None:
    """Let the processes that this one starts keep little memory that is free."""
    memory.spare(os.environ)


def share_metrics(folder: Path) -> None:
    """Name the folder in which the web processes that this one starts keep their counts."""
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def shared_metrics() -> Path | None:
    """Return the folder in which web processes share their counts; None in a process on its own."""
    named = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    return Path(named) if named else None


def name_settings() -> None:
    """Say where Django finds its settings, unless that is said already."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tidegate.server.settings")


def make_data_dir(settings: Environment) -> Path:
    """Make the data folder, for its owner alone, and see that it can be written to.

    Raises
    ------
    InputError
        If it cannot.
    """
    folder = settings.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / "static").mkdir(exist_ok=True)
        (folder / "writable").touch()
        (folder / "writable").unlink()
    except OSError as error:
        raise unusable(folder, error) from None
    return folder


def unusable(folder: Path, error: OSError) -> InputError:
    """Say why a data folder cannot be used."""
    return InputError(
        f"the data folder cannot be used: {(error.strerror or 'unknown').lower()}",
        file=str(folder),
        mend="Name a folder that you may write to in TIDEGATE_DATA_DIR.",
    )


def kept_secret(path: Path) -> str:
    """Read a secret kept in a file that only its owner may read; made when it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="utf-8").strip()
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        made = secrets.token_urlsafe(64)
        file.write(made)
    return made
