"""The program's own MongoDB: started when someone needs it, stopped when the last one leaves.

Whoever needs the database takes the lock `owner.lock` for itself while it adopts or starts the
server, and holds `users.lock` together with others while it works. Locks are `flock`s: they end
with their process, so one that was killed leaves nothing behind but a running server, which the
next one adopts.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from app.domain.errors import Unavailable
from app.settings import Settings

SET_NAME = "life"
_ALREADY_INITIALIZED = 23  # the code of that error
SOCKET_NAME = "mongodb-27017.sock"
LONGEST_SOCKET_PATH = 100  # bytes; the system's limit is 107
START_LIMIT = 60.0  # seconds
SOCKET_LIMIT = 10.0  # seconds for a running server to make its socket
PAUSE = 0.02  # seconds between two looks
LEAST_FREE = 20_000_000  # bytes without which the server does not start

# Per cent of the cache that may wait to be written: with the usual 5 and 20 an import writes the
# same pages of the indexes again and again (100,000 entries: half of the server's work).
EVICTION = "eviction_dirty_target=40,eviction_dirty_trigger=70"
NOT_YET_INITIATED = 94
DOES_NOT_ANSWER_YET = 11600  # InterruptedAtShutdown: on its way out

NO_BINARY = (
    "MongoDB's server (mongod) was not found on PATH nor in this Python's packages, and "
    "MONGODB_URI is not set. Run scripts/setup (Linux on x86-64), install MongoDB 6 or later, "
    "or run everything in containers: docker compose up"
)


def cache_mb(settings: Settings) -> int:
    """How much memory the server's cache takes, in MiB: as set, else a sixteenth of the machine's.

    With less than 256 MiB large imports spend their time in making room.
    """
    if settings.cache_mb:
        return max(256, settings.cache_mb)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    return min(1024, max(256, memory // 16))


@contextmanager
def hold(settings: Settings, find_binary: Callable[[], Path] | None = None) -> Iterator[str]:
    """Gives the URI of a MongoDB that answers for as long as the block runs.

    With `MONGODB_URI` set that is the one. Otherwise the program's own server is adopted or
    started, and stopped at the end where no other process holds it.

    Args:
        settings: where the data lies.
        find_binary: gives the server's program; `find_mongod` where left out.

    Raises:
        Unavailable: there is no server program, or it does not start; the message says why.
    """
    if settings.mongodb_uri:
        yield settings.mongodb_uri
        return
    settings.make_folders()
    server = _Server(settings, find_binary or find_mongod)
    with (settings.run / "users.lock").open("a") as users:
        with _alone(settings):
            server.ensure()
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield server.uri
        finally:
            with _alone(settings):
                fcntl.flock(users, fcntl.LOCK_UN)
                if _is_last(users):
                    server.stop()


def revive(settings: Settings) -> bool:
    """Starts the program's own server again if it has died under those who hold it.

    Returns:
        Whether it had died. False as well where `MONGODB_URI` names a server.

    Raises:
        Unavailable: it does not start again.
    """
    if settings.mongodb_uri:
        return False
    server = _Server(settings, find_mongod)
    with _alone(settings):
        if server.is_running():
            return False
        server.ensure()
    return True


def find_mongod(search_path: str | None = None, packages: Sequence[Path] | None = None) -> Path:
    """The server's program: on PATH, else in the wheel that brings one.

    Args:
        search_path: folders like those in PATH; PATH where left out.
        packages: folders of the package `fiftyone`; looked up, not imported, where left out.

    Raises:
        Unavailable: there is none; the message names the ways to get one.
    """
    found = shutil.which("mongod", path=search_path)
    if found:
        return Path(found)
    for folder in _wheel_folders() if packages is None else packages:
        binary = folder / "db" / "bin" / "mongod"
        if binary.is_file():
            return binary
    raise Unavailable(NO_BINARY)


def socket_path(settings: Settings, name: str = SOCKET_NAME) -> Path:
    """Where a server listens: in the data folder, or in a short place if that path is long."""
    usual = settings.run.resolve() / name
    if len(os.fsencode(usual)) <= LONGEST_SOCKET_PATH:
        return usual
    digest = hashlib.sha256(os.fsencode(settings.data.resolve())).hexdigest()[:16]
    short = _runtime_folder() / f"life-{os.getuid()}-{digest}"
    return short / name


def socket_uri(socket: Path) -> str:
    """The URI of a server that listens on a Unix socket."""
    return f"mongodb://{quote(str(socket), safe='')}/?directConnection=true"


class _Server:
    """The one-node replica set of a data folder."""

    def __init__(self, settings: Settings, find_binary: Callable[[], Path]) -> None:
        self.settings = settings
        self.find_binary = find_binary
        self.socket = socket_path(settings)
        self.uri = socket_uri(self.socket)
        self.log = settings.log / "mongod.log"

    def ensure(self) -> None:
        """Adopts the server that answers or starts one, and waits until it takes writes."""
        make_private(self.socket.parent)
        begun = time.monotonic()
        while not self._is_ready():
            waited = time.monotonic() - begun
            if waited > START_LIMIT:
                raise Unavailable(self._no_answer())
            if not self.is_running():
                self._start()
            elif waited > SOCKET_LIMIT and not self.socket.exists():
                self._end_deaf()
            time.sleep(PAUSE)

    def stop(self) -> None:
        """Shuts the server down cleanly and waits until it has let go of its files."""
        try:
            with self._client() as client:
                client.admin.command("shutdown", force=True, timeoutSecs=0)
        except PyMongoError:
            pass  # it breaks the connection by going, or is gone already
        deadline = time.monotonic() + START_LIMIT
        while self.is_running():
            if time.monotonic() > deadline:
                raise Unavailable(self._no_answer())
            time.sleep(PAUSE)

    def _is_ready(self) -> bool:
        if not self.socket.exists():
            return False
        try:
            with self._client() as client:
                return self._is_ours(client) and self._has_primary(client)
        except OperationFailure as error:
            if error.code == DOES_NOT_ANSWER_YET:
                return False
            raise Unavailable(
                f"MongoDB at {self.socket} refused: {error}; see {self.log}"
            ) from error
        except PyMongoError:
            return False

    def _is_ours(self, client: MongoClient[dict[str, Any]]) -> bool:
        """Whether the server writes to our folder; one whose folder was moved away is ended."""
        options = client.admin.command("getCmdLineOpts")["parsed"]
        if Path(options["storage"]["dbPath"]) == self.settings.db.resolve():
            return True
        self.stop()
        return False

    def _has_primary(self, client: MongoClient[dict[str, Any]]) -> bool:
        """Whether the server takes writes; sets up the replica set or repairs its address."""
        hello = client.admin.command("hello")
        if hello.get("isWritablePrimary") and hello.get("me") == str(self.socket):
            return True
        config = _replica_set(client)
        member = {"_id": 0, "host": str(self.socket)}
        if config is None:
            self._initiate(client, member)
        elif config["members"][0]["host"] != member["host"]:
            config["members"] = [{**config["members"][0], "host": member["host"]}]
            config["version"] += 1
            client.admin.command("replSetReconfig", config, force=True)
        return False

    def _initiate(self, client: MongoClient[dict[str, Any]], member: dict[str, Any]) -> None:
        """Makes the replica set; one that a server had and reads only now is there already."""
        try:
            client.admin.command("replSetInitiate", {"_id": SET_NAME, "members": [member]})
        except OperationFailure as error:
            if error.code != _ALREADY_INITIALIZED:
                raise

    def is_running(self) -> bool:
        """Whether some server has the data files open, answering or not."""
        try:
            lock = (self.settings.db / "mongod.lock").open("r+")
        except FileNotFoundError:
            return False
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return True
        return False

    def _end_deaf(self) -> None:
        """Ends a server whose socket somebody removed, so that nobody can reach it any more."""
        pid = self._pid()
        if pid:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

    def _pid(self) -> int | None:
        """The process that has the data files open; the server writes it into the locked file."""
        said = (self.settings.db / "mongod.lock").read_text().strip()
        return int(said) if said.isdigit() and self.is_running() else None

    def _start(self) -> None:
        command = [str(self.find_binary()), *self._arguments()]
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            check=False,
        )
        if done.returncode and not self.is_running():
            free = shutil.disk_usage(self.settings.db).free
            if free < LEAST_FREE:
                raise Unavailable(
                    f"MongoDB did not start because the disk with {self.settings.db} is full: "
                    f"{free // 10**6} MB are left; make room"
                )
            said = _last_error(self.log) or done.stdout.decode(errors="replace").strip()
            raise Unavailable(
                f"MongoDB did not start with the data in {self.settings.db}: {said}; see {self.log}"
            )

    def _arguments(self) -> list[str]:
        return [
            "--fork",
            *("--dbpath", str(self.settings.db.resolve())),
            *("--bind_ip", str(self.socket)),
            *("--unixSocketPrefix", str(self.socket.parent)),
            *("--port", "27017"),  # names the socket; no port is opened
            *("--replSet", SET_NAME),
            *("--wiredTigerCacheSizeGB", f"{cache_mb(self.settings) / 1024:.2f}"),
            *("--oplogSize", "1024"),
            *("--wiredTigerEngineConfigString", EVICTION),
            *("--logpath", str(self.log)),
            *("--logRotate", "reopen", "--logappend"),
            *("--setParameter", "diagnosticDataCollectionEnabled=false"),
            *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=0"),
        ]

    def _client(self) -> MongoClient[dict[str, Any]]:
        return MongoClient(
            self.uri, serverSelectionTimeoutMS=2000, connectTimeoutMS=2000, socketTimeoutMS=30000
        )

    def _no_answer(self) -> str:
        pid = self._pid()
        said = _last_error(self.log)
        return (
            f"MongoDB (process {pid or 'unknown'}) holds {self.settings.db} but does not answer at "
            f"{self.socket} within {START_LIMIT:.0f} s{': ' + said if said else ''}; "
            f"see {self.log}, end that process and start again"
        )


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    with (settings.run / "owner.lock").open("a") as owner:
        fcntl.flock(owner, fcntl.LOCK_EX)
        yield


def _is_last(users: IO[str]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _replica_set(client: MongoClient[dict[str, Any]]) -> dict[str, Any] | None:
    try:
        config: dict[str, Any] = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as error:
        if error.code == NOT_YET_INITIATED:
            return None
        raise
    return config


def _wheel_folders() -> list[Path]:
    spec = importlib.util.find_spec("fiftyone")
    return [Path(folder) for folder in (spec and spec.submodule_search_locations) or ()]


def _runtime_folder() -> Path:
    for folder in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir()):
        # 40 characters of the folder's own name, and the socket's
        if folder and Path(folder).is_dir() and len(os.fsencode(folder)) <= 40:
            return Path(folder)
    return Path("/tmp")  # noqa: S108  the folder made in it is private and checked


def make_private(folder: Path) -> None:
    """Makes a folder for sockets that nobody else may enter.

    Raises:
        Unavailable: it is somebody else's.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise Unavailable(
            f"{folder} belongs to someone else, so the program's sockets cannot be put there; "
            "remove it or set LIFE_DATA to a shorter path"
        )
    folder.chmod(0o700)


def _last_error(log: Path) -> str:
    """The last error that the server logged, with its reason; empty where there is none."""
    if not log.exists():
        return ""
    for line in reversed(log.read_text(errors="replace").splitlines()[-200:]):
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and entry.get("s") in {"E", "F"}:
            reason = entry.get("attr", {}).get("error", "")
            return f"{entry.get('msg', '')} {reason}".strip()
    return ""
