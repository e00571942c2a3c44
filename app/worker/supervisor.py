"""Runs everything on one machine: database, web server, worker, follower; restarts what dies."""

from __future__ import annotations

import errno
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from app.domain.errors import Unavailable
from app.processes.child import wrapped
from app.processes.stop import Stop, until_signal
from app.settings import REPOSITORY, Settings
from app.store.mongod import hold, revive

APPLICATION = "app.web.wsgi:make_app()"
LOOK_EVERY = 0.1  # seconds
REVIVE_EVERY = 2.0  # seconds
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before a child that died is started again
LONG_LIFE = 60.0  # seconds after which a death counts as the first one
FIRST_ANSWER_TRIES = 3  # starts of a program that dies before the server has ever answered
GRACE = 10.0  # seconds that children have to end by themselves

ERROR_LINE = re.compile(r"\w[\w.]*(Error|Exception|Unavailable|Invalid)\b.*: ")

Say = Callable[[str], None]


@dataclass(frozen=True)
class Program:
    """A program that is kept running.

    Attributes:
        name: what people read when it is mentioned.
        command: the program and its arguments.
    """

    name: str
    command: tuple[str, ...]


def web(settings: Settings, listener: socket.socket, application: str = APPLICATION) -> Program:
    """The web server, on a socket that is listening already."""
    command = (
        *(sys.executable, "-m", "gunicorn", application),
        *("--bind", f"fd://{listener.fileno()}"),
        *("--worker-class", "gthread"),
        *("--workers", str(settings.workers)),
        *("--threads", str(settings.threads)),
        *("--worker-tmp-dir", str(_memory_folder(settings))),
        *("--timeout", "120", "--graceful-timeout", "3"),
        *("--forwarded-allow-ips", ""),  # the application does it: LIFE_PROXIES
        *("--log-level", settings.log_level.lower()),
        "--no-control-socket",
    )
    return Program("web server", command)


def worker() -> Program:
    """The worker, which runs the jobs of the queue."""
    return Program("worker", (sys.executable, "-m", "app", "worker"))


def follow() -> Program:
    """What keeps derived collections up to date."""
    return Program("follower", (sys.executable, "-m", "app", "follow"))


def mirror() -> Program:
    """What keeps the linked data up to date, and answers queries."""
    return Program("mirror", (sys.executable, "-m", "app", "mirror"))


def predict() -> Program:
    """What runs models while people work."""
    return Program("models", (sys.executable, "-m", "app", "predict"))


def serve(
    settings: Settings,
    *,
    sample: bool = False,
    application: str = APPLICATION,
    prepare: Sequence[str] = (sys.executable, "-m", "app", "prepare"),
    beside: Sequence[Program] | None = None,
    say: Say | None = None,
) -> None:
    """Runs everything until the process is interrupted or terminated.

    Args:
        settings: where the data lies and where to listen.
        sample: load the sample project before the start.
        application: gunicorn's name of the web application.
        prepare: command that brings the database up to date before the start; none if empty.
        beside: programs beside the web server; worker, follower, mirror and models where left out.
        say: tells the person at the terminal one line.

    Raises:
        Unavailable: the database, the address or a program cannot be had.
    """
    tell = say or _print
    with until_signal() as stop, _listen(settings, tell) as listener, hold(settings) as uri:
        running = replace(settings.with_secret(), mongodb_uri=uri, port=_port_of(listener))
        running.make_folders()
        if prepare:
            _prepare(running, [*prepare, *(["--sample"] if sample else [])], stop)
        programs = [
            web(running, listener, application),
            *([worker(), follow(), mirror(), predict()] if beside is None else beside),
        ]
        children = [_Child(program, running, listener.fileno()) for program in programs]
        _Watch(settings, running, children, stop, tell).run()


@dataclass
class _Child:
    """One program and the process that runs it now."""

    program: Program
    settings: Settings
    descriptor: int
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    began: float = 0.0
    start_at: float = 0.0
    logged: int = 0

    @property
    def log(self) -> Path:
        """Where the program's output goes."""
        return self.settings.log / f"{self.program.name.replace(' ', '-')}.log"

    def start(self) -> None:
        """Starts the process, in a session of its own so that Ctrl-C reaches only us."""
        with self.log.open("ab") as log:
            self.logged = log.tell()
            self.process = subprocess.Popen(
                wrapped(self.program.command),
                cwd=REPOSITORY,
                env={**os.environ, **self.settings.environ()},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=(self.descriptor,),
            )
        self.began = time.monotonic()

    def has_died(self) -> bool:
        """Whether a process ran and has ended; notes when to start the next one."""
        if self.process is None or self.process.poll() is None:
            return False
        now = time.monotonic()
        self.deaths = 1 if now - self.began > LONG_LIFE else self.deaths + 1
        self.start_at = now + self.pause
        return True

    @property
    def pause(self) -> float:
        """Seconds before the next start, doubled with each death in a row."""
        return min(FIRST_PAUSE * 2.0 ** max(self.deaths - 1, 0), LONGEST_PAUSE)

    def last_words(self) -> str:
        """The last error that the process wrote, else its last line."""
        with self.log.open("rb") as log:
            log.seek(self.logged)
            lines = log.read().decode(errors="replace").strip().splitlines()
        errors = [line for line in lines if ERROR_LINE.match(line)]
        return (errors or lines or [""])[-1]

    def send(self, number: signal.Signals) -> None:
        """Sends a signal to the process and, to kill, to all that it started."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                os.killpg(self.process.pid, number)
            else:
                self.process.send_signal(number)


@dataclass
class _Watch:
    """Keeps children running until told to stop."""

    given: Settings
    running: Settings
    children: list[_Child]
    stop: Stop
    say: Say
    answered: bool = False
    trouble: str = ""
    looked: float = field(default_factory=time.monotonic)

    def run(self) -> None:
        """Starts, watches and in the end stops every child."""
        try:
            while not self.stop.is_set():
                for child in self.children:
                    self._look(child)
                self._revive_database()
                self.answered = self.answered or self._greets()
                self.stop.wait(LOOK_EVERY)
        finally:
            self._end()

    def _look(self, child: _Child) -> None:
        if child.process is not None and child.has_died():
            code = child.process.returncode
            child.process = None
            said = f"The {child.program.name} ended ({_ending(code)}): {child.last_words()}"
            if not self.answered and child.deaths >= FIRST_ANSWER_TRIES:
                raise Unavailable(f"{said}; it does not start, see {child.log}")
            self.say(f"{said}; starting it again in {child.pause:g} s, see {child.log}")
        if child.process is None and time.monotonic() >= child.start_at:
            child.start()

    def _revive_database(self) -> None:
        """Starts a database that has died again, as often as it takes: the disk may be full."""
        if time.monotonic() - self.looked <= REVIVE_EVERY:
            return
        try:
            if revive(self.given):
                self.say(f"MongoDB had ended and was started again, see {self.given.log}")
            self.trouble = ""
        except Unavailable as error:
            if self.trouble != str(error):
                self.trouble = str(error)
                self.say(f"{self.trouble}; trying again every {REVIVE_EVERY:g} s")
        self.looked = time.monotonic()

    def _greets(self) -> bool:
        """Whether the web server answers; says its address the first time."""
        local = urlsplit(replace(self.running, public_url="").base_url)
        connection = HTTPConnection(local.hostname or "", local.port, timeout=2)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status != HTTPStatus.OK:
                return False
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()
        self.say(f"LiFE is running at {self.running.base_url} (Ctrl-C stops it)")
        return True

    def _end(self) -> None:
        for child in self.children:
            child.send(signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        for child in self.children:
            if child.process is None:
                continue
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(max(deadline - time.monotonic(), 0.0))
            child.send(signal.SIGKILL)
            child.process.wait()


@contextmanager
def _listen(settings: Settings, say: Say) -> Iterator[socket.socket]:
    """A socket that listens at the usual address, or on a free port if that one is taken."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise Unavailable(
                    f"cannot listen at {settings.host} port {settings.port} ({error.strerror}); "
                    "set LIFE_HOST and LIFE_PORT to an address of this machine"
                ) from error
            listener.bind((settings.host, 0))
            say(f"Port {settings.port} is taken; using {_port_of(listener)}")
        listener.listen(512)
        yield listener


def _port_of(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port


def _prepare(settings: Settings, command: Sequence[str], stop: Stop) -> None:
    """Brings the database up to date in a process of its own, so that this one stays small."""
    process = subprocess.Popen(
        wrapped(command),
        cwd=REPOSITORY,
        env={**os.environ, **settings.environ()},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    while process.poll() is None and not stop.wait(LOOK_EVERY):
        pass
    if stop.is_set():
        process.terminate()
        process.wait()
    elif process.returncode:
        raise Unavailable("the database could not be brought up to date; see the lines above")


def _memory_folder(settings: Settings) -> Path:
    """Where gunicorn's heartbeat files go: memory where there is some, else our own folder."""
    memory = Path("/dev/shm")  # noqa: S108  gunicorn makes private files in it
    return memory if os.access(memory, os.W_OK) else settings.tmp


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
