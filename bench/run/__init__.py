"""Running a system over articles: what it answers is kept at once, and asked for only once.

Whatever a system does wrong becomes a record of the article concerned; the run goes on. No
process that a system started outlives the run.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path

from bench import store, systems
from bench.model import (
    SCHEMA,
    Article,
    DataError,
    Extraction,
    Frozen,
    Labelled,
    StorageError,
    SystemSpec,
    failures,
)
from bench.results import OUTPUTS as FILE
from bench.run.driver import Halt, Task, drive
from bench.run.outputs import asked, kept, read_log, read_outputs, rescue, tidy

__all__ = ["FILE", "RunSummary", "ask", "kept", "read_outputs", "run"]


class RunSummary(Frozen, frozen=True):
    """What came of a run: one extraction an article, in the order given.

    ``kept`` is how many of them were there already.
    """

    system: str
    corpus: str
    extractions: tuple[Extraction, ...]
    kept: int = 0

    @property
    def failures(self) -> dict[str, int]:
        """Number of articles per status other than ``ok``."""
        return failures(record.status for record in self.extractions)

    @property
    def not_started(self) -> tuple[Extraction, ...]:
        """The articles that were never asked because the system did not start."""
        return tuple(record for record in self.extractions if not asked(record))


def run(
    spec: SystemSpec,
    articles: Sequence[Article],
    train: Iterable[Labelled],
    folder: Path,
    *,
    corpus: str,
    jobs: int = 1,
    retry: bool = False,
    on_result: Callable[[Extraction], None] = lambda _: None,
    on_note: Callable[[str], None] = lambda _: None,
) -> RunSummary:
    """Have ``spec`` answer for ``articles`` and keep the answers in ``folder/outputs.jsonl``.

    An article whose answer is kept already is not asked again; ``retry`` asks those again that
    failed. ``articles`` are read one at a time, and again when they are asked.
    ``train`` is handed over only if the system trains. ``jobs`` processes work at once.
    ``on_result`` hears of every new record once it is on disk, ``on_note`` what else a user
    should know; both are called in the calling thread.

    Raises
    ------
    StorageError
        The disk would not take a record: what was answered meanwhile lies in a rescue file.
    DataError
        The kept outputs cannot be read or are those of another system.
    ClaimbenchError
        The system's requirements are not met.
    """
    training = _training(spec, train)
    train_digest = store.digest(training) if spec.train else ""
    tasks = [
        Task(article.id, systems.key(spec, systems.request(article), train_digest), read)
        for article, read in zip(articles, _readers(articles), strict=True)
    ]
    header = store.Header(schema=SCHEMA, system=spec.name, corpus=corpus)
    path = folder / FILE
    with store.exclusive(folder, lambda who: on_note(f"{folder}: in use by {who}; waiting")):
        log = _read_own(path, header)
        known = {record.key: record for record in log}
        current = {t.id: known.get(t.key) for t in tasks}
        todo = [t for t in tasks if _is_open(current[t.id], retry)]
        if todo:
            current |= _collect(spec, todo, training, jobs, store.Appender(path, header), on_result)
        done = {name: record for name, record in current.items() if record is not None}
        wanted = tidy(log, done)
        if todo or wanted != log:
            store.write_jsonl(path, header, wanted)
    return RunSummary(spec.name, corpus, tuple(done.values()), len(tasks) - len(todo))


def _readers(articles: Sequence[Article]) -> list[Callable[[], Article]]:
    return [lambda n=n: articles[n] for n in range(len(articles))]  # type: ignore[misc]


def ask(
    spec: SystemSpec, article: Article, train: Iterable[Labelled] = ()
) -> tuple[Extraction, str]:
    """What ``spec`` answers for one article, and the end of its stderr; kept nowhere.

    What the record's error tells of stderr is not told twice. Raises ClaimbenchError if the
    system's requirements are not met.
    """
    training, heard = _training(spec, train), [""]
    task = Task(article.id, "", lambda: article)
    *_, record = drive(spec, [task], training, 1, Halt(), heard.append)
    return record, "" if heard[-1] in (record.error or "") else heard[-1]


def _training(spec: SystemSpec, train: Iterable[Labelled]) -> bytes:
    """The lines to teach ``spec`` with, once it is clear that it can be run at all."""
    systems.require_ready(spec)
    return systems.training(train) if spec.train else b""


def _read_own(path: Path, header: store.Header) -> list[Extraction]:
    found, log = read_log(path)
    if found is not None and (found.system, found.corpus) != (header.system, header.corpus):
        raise DataError(
            f"{path}: found outputs of {found.system!r} on {found.corpus!r}; "
            f"expected those of {header.system!r} on {header.corpus!r}",
            hint=shlex.join(["mv", str(path), f"{path}.bak"]),
        )
    return log


def _is_open(record: Extraction | None, retry: bool) -> bool:
    return record is None or not asked(record) or (retry and record.status != "ok")


def _collect(
    spec: SystemSpec,
    tasks: list[Task],
    training: bytes,
    jobs: int,
    log: store.Appender,
    on_result: Callable[[Extraction], None],
) -> dict[str, Extraction]:
    """Answers by article id, each on disk before the next is looked at."""
    fresh: dict[str, Extraction] = {}
    unsaved: list[Extraction] = []
    trouble: StorageError | None = None
    halt = Halt()
    with closing(log), closing(drive(spec, tasks, training, jobs, halt)) as records:
        for record in records:
            fresh[record.article_id] = record
            if trouble is None:
                try:
                    log.append(record)
                except StorageError as error:
                    trouble, halt.drain = error, True
                else:
                    on_result(record)
                    continue
            unsaved.append(record)
    if trouble is not None:
        raise _rescued(trouble, unsaved, log.path)
    return fresh


def _rescued(trouble: StorageError, unsaved: list[Extraction], path: Path) -> StorageError:
    """The error that tells where answers went that ``path`` had no room for."""
    log = shlex.quote(str(path))
    saved = rescue(unsaved)
    where = f"in {saved}" if saved else "on stderr above"
    command = f"cat {shlex.quote(str(saved))} >> {log}" if saved else f"append it to {log}"
    return StorageError(
        f"{trouble.args[0]}; what was answered meanwhile is {where}",
        hint=f"free some space, then {command} and run the same command again",
    )
