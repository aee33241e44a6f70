"""The conversation with a system: who is asked, who is waited for, and whose fault it was."""

from __future__ import annotations

import queue
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from bench import systems
from bench.model import Article, Extraction, Status, SystemSpec
from bench.run.answers import (
    READY,
    Failure,
    decode,
    judge,
    printable,
    require_greeting,
    shorten,
)
from bench.run.outputs import NOT_STARTED
from bench.run.process import GRACE, Halted, Process, unbroken

_ANSWER = 'an answer whose "id" is that of an article asked for'


class Task(NamedTuple):
    """An article to be asked, by id, and the key of its answer.

    ``read`` gives the article itself: only those in flight are held in memory.
    """

    id: str
    key: str
    read: Callable[[], Article]


class Halt:
    """How to stop drivers: ``drain`` asks nothing more, ``now`` waits for nothing more."""

    def __init__(self) -> None:
        self.drain = False
        self.now = False


def drive(
    spec: SystemSpec,
    tasks: Iterable[Task],
    training: bytes,
    jobs: int,
    halt: Halt,
    on_stderr: Callable[[str], None] = lambda _: None,
) -> Generator[Extraction, None, None]:
    """Yield a record for every task as it comes, asking up to ``jobs`` processes at once.

    Of several records of an article the last counts. ``on_stderr`` is given the end of what each
    process that was ready wrote there. No process is left when the generator ends or is closed,
    however that comes about.
    """
    todo = deque(tasks)
    said: queue.SimpleQueue[Extraction | None] = queue.SimpleQueue()

    def work() -> Failure | None:
        try:
            return _Driver(spec, todo, training, said.put, halt, on_stderr).drive()
        finally:
            said.put(None)

    with ThreadPoolExecutor(jobs) as pool:
        drivers = [pool.submit(work) for _ in range(min(jobs, len(todo)))]
        try:
            for _ in drivers:
                yield from iter(said.get, None)
        finally:
            halt.now = True
            with unbroken():
                pool.shutdown()
    failures = [failure for driver in drivers if (failure := driver.result())]
    if failures and not halt.drain:
        status: Status = "timeout" if failures[0].status == "timeout" else "crash"
        for task in todo:
            yield _failed(task, status, f"{NOT_STARTED}{failures[0]}")


class _Asked(NamedTuple):
    task: Task
    length: int  # of the article's text, in code points
    at: float
    alone: bool


class _Driver:
    """Takes tasks, has one process at a time answer them, and records what comes of each.

    Blame is exact: a process that fails with one request in flight has failed that article;
    with several in flight nobody can tell, so each of them is asked again alone. So is the one
    in flight when a process ends that has answered before: it may have ended by itself, and
    the first request of a process is the only one that is surely to blame.
    """

    def __init__(
        self,
        spec: SystemSpec,
        tasks: deque[Task],
        training: bytes,
        record: Callable[[Extraction], None],
        halt: Halt,
        on_stderr: Callable[[str], None],
    ) -> None:
        self._spec = spec
        self._tasks = tasks
        self._training = training
        self._record = record
        self._halt = halt
        self._on_stderr = on_stderr
        self._suspects: deque[Task] = deque()
        self._waiting: dict[str, _Asked] = {}
        self._answered: dict[str, Task] = {}
        self._served = 0  # answers of the present process

    def drive(self) -> Failure | None:
        """Work until no task is left, or return why the system does not start."""
        try:
            while (self._tasks or self._suspects) and not self._halt.drain:
                process = self._start()
                try:
                    self._converse(process)
                except Failure as failure:
                    self._blame(failure)
                finally:
                    process.kill()
                    self._on_stderr(process.last_words())
        except Failure as failure:
            self._tasks.extendleft(self._suspects)
            return failure
        except Halted:
            return None
        return None

    def _start(self) -> Process:
        """A process that has said it is ready. Raises Failure if it does not come to that."""
        process = Process(self._spec, self._halted)
        self._served = 0
        try:
            process.send(self._training)
            limit = self._spec.startup
            line = process.line(time.monotonic() + limit, f"{READY} within {limit:g} s")
            require_greeting(decode(line))
        except BaseException:
            process.kill()
            raise
        return process

    def _halted(self) -> bool:
        return self._halt.now or (self._halt.drain and not self._waiting)

    def _converse(self, process: Process) -> None:
        """Ask and listen until there is nothing to ask. Always ends by Failure or Halted."""
        limit = self._spec.timeout
        self._answered.clear()
        # asking comes before reading on, so that whom a stray line hits is not left to chance
        self._ask(process)
        while self._waiting:
            oldest = next(iter(self._waiting.values()))
            self._take(process.line(oldest.at + limit, f"{_ANSWER} within {limit:g} s"))
            self._ask(process)
        process.hang_up()
        until = time.monotonic() + GRACE
        while True:  # its last words may show that it answered twice; its going harms nobody
            self._take(process.line(until, "its end"))

    def _ask(self, process: Process) -> None:
        """Send as many requests as the system may be given now."""
        if self._halt.drain or any(asked.alone for asked in self._waiting.values()):
            return
        if self._suspects:
            self._send(process, self._suspects.popleft(), alone=True)
            return
        while len(self._waiting) < self._spec.in_flight:
            try:
                task = self._tasks.popleft()
            except IndexError:
                return
            self._send(process, task, alone=False)

    def _send(self, process: Process, task: Task, *, alone: bool) -> None:
        article = task.read()
        self._waiting[task.id] = _Asked(task, len(article.text), time.monotonic(), alone)
        process.send(systems.request(article))

    def _take(self, line: bytes) -> None:
        """Record the answer on ``line``. Raises Failure if nobody waits for it."""
        raw = decode(line)
        name = raw.get("id")
        asked = self._waiting.pop(name, None) if isinstance(name, str) else None
        if asked is None:
            twice = isinstance(name, str) and name in self._answered
            expected = f"one answer for {name!r}" if twice else _ANSWER
            message = f"found {shorten(raw)}; expected {expected}"
            raise Failure("invalid", message, name if twice else None)
        self._answered[asked.task.id] = asked.task
        self._served += 1
        verdict = judge(raw, asked.length)
        self._record(
            Extraction(
                article_id=asked.task.id,
                key=asked.task.key,
                status=verdict.status,
                claims=verdict.claims,
                error=verdict.error,
                seconds=_since(asked.at),
                usage=verdict.usage,
            )
        )

    def _blame(self, failure: Failure) -> None:
        """Record a failure if it is clear whose it is; ask the others again, one by one."""
        asked = list(self._waiting.values())
        self._waiting.clear()
        if failure.article_id is not None:
            guilty = self._answered[failure.article_id]
            self._record(_failed(guilty, failure.status, str(failure)))
        elif len(asked) == 1 and not (failure.status == "crash" and self._served):
            (guilty, _, at, _), asked = asked[0], []
            self._record(_failed(guilty, failure.status, str(failure), _since(at)))
        self._suspects.extendleft(a.task for a in reversed(asked))


def _failed(task: Task, status: Status, error: str, seconds: float | None = None) -> Extraction:
    return Extraction(
        article_id=task.id,
        key=task.key,
        status=status,
        error=printable(error),
        seconds=seconds,
    )


def _since(start: float) -> float:
    return round(time.monotonic() - start, 6)
