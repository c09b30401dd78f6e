"""Settings, from the environment, in one frozen model. Every name begins with `HOMEWARD_`."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.values import EMAIL_FORM

LogLevel = Literal["debug", "info", "warning", "error"]


class Settings(BaseSettings):
    """What an operator may set. The defaults run everything in one process on files in `data`."""

    model_config = SettingsConfigDict(env_prefix="HOMEWARD_", frozen=True, extra="ignore", env_ignore_empty=True)

    data: Path = Path("homeward-data")
    """Folder of the embedded database, the key file and the lock."""
    db: str = ""
    """`postgresql://…`; empty is SQLite in `data`."""
    db_connections: Annotated[int, Field(ge=2, le=1000)] = 20
    """PostgreSQL connections of one process, beside the two that its work engine listens on."""
    redis: str = ""
    """`redis://…` for pace shared across machines and live updates; empty is in-process."""
    key_file: Path | None = None
    """Keys that seal credentials, one a line, newest first; default `data/keys`."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    public_url: str = ""
    """How the outside reaches us, for webhook addresses and label links; default http://host:port."""
    jobs_at_once: Annotated[int, Field(ge=4, le=1000)] = 64
    inbox: Path | None = None
    """A folder: invoice files dropped there are imported and moved to `done/` or `refused/` by the workers."""
    rates: Path | None = None
    """Exchange rates for views, a CSV that the operator keeps: Date, then units of each currency for one euro."""
    pdf_font: Path | None = None
    """A TrueType font with Chinese letters, embedded in papers; without one they rely on the reader's own."""
    body_limit: int = 2_000_000
    """Bytes of a request's body; documents have their own limit."""
    document_limit: int = 15_000_000
    calls_per_minute: Annotated[int, Field(ge=1, le=10_000_000)] = 12_000
    """What one API key may call in a minute; so many may come at once. Across machines where Redis is set, else a process."""
    refusals_per_minute: Annotated[int, Field(ge=1, le=10_000_000)] = 600
    """Requests without a good key or signature that one address is told 401 for, before it is told to wait."""
    hints_per_minute: Annotated[int, Field(ge=1, le=10_000_000)] = 600
    """Messages without a signature that one source or carrier account may bring in a minute: each asks the other side."""
    proxies: Annotated[int, Field(ge=0, le=10)] = 0
    """How many proxies of yours stand before the doors: so many last entries of X-Forwarded-For are believed."""
    private_endpoints: bool = False
    """Allow webhooks out to private addresses and plain http: for tests and the sandbox only."""
    smtp_url: SecretStr = SecretStr("")
    """The mail server: `smtp://user:password@host:587` (STARTTLS), `smtps://…:465`, `smtp+plain://…:25`; empty is no mail."""
    mail_from: Annotated[str, Field(pattern=rf"{EMAIL_FORM}|^$")] = ""
    """The address that mail comes from; needed with `smtp_url`."""
    log_level: LogLevel | None = None
    """`debug`, `info`, `warning` or `error`. Left out, what serves or works logs `info`, a command that ends `warning`."""
    carriers_paused: bool = False
    """Send nothing to carriers: the state a restored backup starts in."""
    test_clock: str = ""
    """A file with seconds by which every process's clock is ahead. For sandboxes and tests only."""

    @property
    def database_path(self) -> Path:
        """The embedded database's file."""
        return self.data / "homeward.db"

    @property
    def database_url(self) -> str:
        return self.db or f"sqlite:///{self.database_path.resolve()}"

    @property
    def keys(self) -> Path:
        return self.key_file or self.data / "keys"

    @property
    def address(self) -> str:
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")
