"""One running system: lines in, lines out, within bounds of time and memory, and its end."""

from __future__ import annotations

import io
import json
import os
import secrets
import selectors
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast

from bench import systems
from bench.model import SystemSpec
from bench.run.answers import Failure

MAX_LINE = 8 * 2**20
"""Bytes of one line of output; a longer one is not read to its end."""

STDERR_TAIL = 2_048
"""Bytes of stderr that go into the record of a crash."""

GRACE = 0.5
"""Seconds that a process is given to go of its own accord, then again after SIGTERM."""

MIN_SECRET = 8
"""Characters from which a value taken from the environment is kept out of every record;
shorter ones would blot out ordinary words."""

TOKEN = "CLAIMBENCH_RUN"  # noqa: S105  (the name of a variable)

_CHUNK = 2**16
_TICK = 0.05  # seconds between looks at whether the process lives and the run is to be halted
_SWEEPS = 100
_PROC = Path("/proc")


class Halted(Exception):
    """The run is being stopped."""


@contextmanager
def unbroken() -> Iterator[None]:
    """Let Ctrl-C wait for the end of a clean-up: one that is broken off leaves processes behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)
        if came:
            signal.raise_signal(signal.SIGINT)


class Process:
    """A started system in a session of its own. Its owner must call ``kill``.

    ``halted`` is asked while waiting whether to give up. Raises Failure if the system cannot
    be executed.
    """

    def __init__(self, spec: SystemSpec, halted: Callable[[], bool]) -> None:
        self._halted = halted
        self._token = secrets.token_hex(16)
        self._hidden = _hidden(spec)
        self._room = STDERR_TAIL + max((len(value) for value, _ in self._hidden), default=1)
        self._selector = selectors.DefaultSelector()
        try:
            self._process = subprocess.Popen(
                spec.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                cwd=spec.folder,
                env={**os.environ, **systems.environment(spec), TOKEN: self._token},
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            self._selector.close()
            raise Failure("crash", f"cannot run: {error}") from None
        self._stdin = cast(io.FileIO, self._process.stdin)
        self._stdout = cast(io.FileIO, self._process.stdout)
        self._stderr = cast(io.FileIO, self._process.stderr)
        self._unsent: deque[memoryview] = deque()
        self._writing = False
        self._lines: deque[bytes] = deque()
        self._partial = bytearray()
        self._received = 0
        self._ended = False
        self._tail = b""
        for stream, action in ((self._stdout, self._read), (self._stderr, self._listen)):
            self._selector.register(stream, selectors.EVENT_READ, action)
        for stream in (self._stdin, self._stdout, self._stderr):
            os.set_blocking(stream.fileno(), False)

    def send(self, data: bytes) -> None:
        """Write ``data``, or as much as the pipe takes; the rest follows while waiting."""
        self._unsent.append(memoryview(data))
        if not self._writing:
            self._write()

    def line(self, deadline: float, expected: str) -> bytes:
        """The next line of output, without its newline.

        ``deadline`` is a time of ``time.monotonic``, ``expected`` says in words what is being
        waited for. Raises Failure (timeout, crash, or invalid for an over-long line) or Halted.
        """
        while not self._lines:
            if len(self._partial) > MAX_LINE:
                message = f"found a line longer than {MAX_LINE:,} bytes; expected {expected}"
                raise Failure("invalid", message)
            if self._ended:
                raise Failure("crash", f"{self._end()}; expected {expected}{self._last_words()}")
            now = time.monotonic()
            if now >= deadline:
                message = f"found no line in time; expected {expected}{self._last_words()}"
                raise Failure("timeout", message)
            if self._halted():
                raise Halted
            self._exchange(min(_TICK, deadline - now))
        return self._lines.popleft()

    def is_gone(self, deadline: float) -> bool:
        """Whether the process itself has ended at ``deadline``, a time of ``time.monotonic``."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, deadline - time.monotonic()))
        return self._process.poll() is not None

    def hang_up(self) -> None:
        """Close the system's stdin: nothing more will be asked."""
        self._unsent.clear()
        self._watch_stdin()
        self._stdin.close()

    def kill(self) -> None:
        """End the process and all its offspring, kindly at first; let go of the pipes."""
        with unbroken():
            self.hang_up()
            for sign in (signal.SIGTERM, signal.SIGKILL):
                if self._process.poll() is None:
                    self._signal(sign)
                    with suppress(subprocess.TimeoutExpired):
                        self._process.wait(GRACE)
            self._signal(signal.SIGKILL)  # what it left behind in its group
            _sweep(self._token)
            self._process.wait()
            self._selector.close()
            self._stdout.close()
            self._stderr.close()

    def _signal(self, sign: signal.Signals) -> None:
        # the group has the id of the process that leads it, and may be empty by now
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, sign)

    def _exchange(self, wait: float) -> None:
        """Move what can be moved on the three pipes within ``wait`` seconds."""
        dead = self._process.poll() is not None
        before = self._received
        for key, _ in self._selector.select(0 if dead else wait):
            key.data()
        if dead and self._received == before:
            self._ended = True  # a child may hold the pipe open for ever

    def _read(self) -> None:
        data = self._stdout.read(_CHUNK)
        if data is None:
            return
        self._received += len(data)
        if not data:
            self._selector.unregister(self._stdout)
            self._ended = True
            return
        first, *others = data.split(b"\n")
        self._partial += first
        for piece in others:
            self._lines.append(self._hide(bytes(self._partial)))
            self._partial = bytearray(piece)

    def _listen(self) -> None:
        data = self._stderr.read(_CHUNK)
        if data is None:
            return
        if not data:
            self._selector.unregister(self._stderr)
        # hidden before it is cut, and cut with room to spare, lest half a secret be left over
        self._tail = self._hide(self._tail + data)[-self._room :]

    def _write(self) -> None:
        try:
            while self._unsent and (sent := self._stdin.write(self._unsent[0])) is not None:
                rest = self._unsent.popleft()[sent:]
                if rest:
                    self._unsent.appendleft(rest)
        except BrokenPipeError:
            self._unsent.clear()  # what it has to say for itself comes on the other pipes
        self._watch_stdin()

    def _watch_stdin(self) -> None:
        if self._writing and not self._unsent:
            self._selector.unregister(self._stdin)
        elif self._unsent and not self._writing:
            self._selector.register(self._stdin, selectors.EVENT_WRITE, self._write)
        self._writing = bool(self._unsent)

    def _end(self) -> str:
        """How the process ended, in words, once its output has."""
        until = time.monotonic() + GRACE
        gone = False
        while not gone and time.monotonic() < until:
            gone = self._process.poll() is not None
            for key, _ in self._selector.select(0.005):
                key.data()
        code = self._process.poll()
        if code is None:
            return "closed its output but went on running"
        return f"exited with code {code}" if code >= 0 else f"killed by {_signal_name(-code)}"

    def last_words(self) -> str:
        """The end of what it has written to stderr so far; says so if there was more."""
        words = self._tail[-STDERR_TAIL:].decode("utf-8", "replace").strip()
        more = len(self._tail) > STDERR_TAIL
        return f"(the last {STDERR_TAIL:,} bytes) …{words}" if more else words

    def _last_words(self) -> str:
        words = self.last_words()
        return f"; stderr ends:\n{words}" if words else ""

    def _hide(self, data: bytes) -> bytes:
        for value, name in self._hidden:
            data = data.replace(value, name)
        return data


def _hidden(spec: SystemSpec) -> list[tuple[bytes, bytes]]:
    """Values from the environment, in every way JSON may write them, and what to show instead."""
    pairs: list[tuple[bytes, bytes]] = []
    for name in systems.references(spec.env):
        value = os.environ.get(name, "")
        if len(value) >= MIN_SECRET:
            written = {value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
            pairs += [(os.fsencode(form), f"${{{name}}}".encode()) for form in written]
    return sorted(pairs, key=lambda pair: -len(pair[0]))


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _sweep(token: str) -> None:
    """Kill what carries ``token`` in its environment, in whatever session it hides (Linux)."""
    mark = f"{TOKEN}={token}".encode()
    for _ in range(_SWEEPS):
        pids = [int(entry.name) for entry in _PROC.glob("[0-9]*")]
        found = [pid for pid in pids if mark in _environment(pid)]
        if not found:
            return
        for pid in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def _environment(pid: int) -> list[bytes]:
    """The variables that process ``pid`` was started with; none if they are not ours to read."""
    try:
        return (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return []
