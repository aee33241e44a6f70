"""The queue of pooled predictions: what a reader is shown of each, and what the reader decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import msgspec

from bench.gold.fields import Finding, bytes_of, mismatches, shown, suggest
from bench.gold.lines import Line, parse
from bench.gold.pooled import Decision, PooledId, pooled_id
from bench.model import DataError, Frozen, Problem, Span
from bench.store import check_schema, encode, write_atomic

DECISIONS: tuple[Decision, ...] = get_args(Decision)


class QueueHeader(Frozen, frozen=True):
    """First line of a queue: from what it was made. ``gold`` is the digest of ``split``."""

    schema: int
    corpus: str
    split: str
    version: str
    gold: str
    matcher: str
    systems: tuple[str, ...]


class Nearest(Frozen, frozen=True, omit_defaults=False):
    """The gold claim that came closest, and why the prediction does not count as stating it."""

    claim: str
    text: str
    similarity: float
    reason: str


class Candidate(Frozen, frozen=True, omit_defaults=False):
    """A prediction to be judged, and the place for the decision.

    ``also`` are other wordings that the decision is on as well: what is not the same is to be
    struck out and comes up again. ``sentences`` are half-open code-point offsets of the article's
    best support, ``support`` its words. ``decision`` is empty while it is open, else

    - ``claim``: a claim the gold lacks, which ``claim`` holds as in a draft of labels: every key
      that a gold claim needs but the id, spans as quotations;
    - ``form``: gold claim ``of`` in words it does not accept so far; ``form`` is a wording, the
      reader's own, to be added to its forms;
    - ``reject``: neither, and ``reason`` says why in the reader's own words.
    """

    id: PooledId
    article: str
    prediction: str
    also: tuple[str, ...]
    systems: tuple[str, ...]
    nearest: Nearest | None
    sentences: tuple[Span, ...]
    support: str
    decision: str = ""
    claim: dict[str, Any] | None = None
    of: str = ""
    form: str = ""
    reason: str = ""

    @property
    def wordings(self) -> tuple[str, ...]:
        """All that the decision is on."""
        return (self.prediction, *self.also)

    @property
    def ids(self) -> tuple[str, ...]:
        """The identities of ``wordings``."""
        return tuple(dict.fromkeys(pooled_id(self.article, w) for w in self.wordings))


class Queue(Frozen, frozen=True):
    """A queue as it was read; its candidates by line, counted from 1."""

    path: Path
    header: QueueHeader
    candidates: Mapping[int, Candidate]


def write_queue(path: Path, header: QueueHeader, candidates: Iterable[Candidate]) -> None:
    """Write a queue, whole or not at all. Raises StorageError, DataError if there is a file."""
    if path.exists():
        raise DataError(
            f"{path}: found a file there already; decisions in it are not to be lost",
            hint="name another with --out; --decided FILE takes over what is decided in it",
        )
    write_atomic(path, b"".join(encode(record) + b"\n" for record in (header, *candidates)))


def read_queue(path: Path) -> Queue:
    """Read a queue, judged or not.

    Raises DataError with everything that is wrong in itself, a line each; SchemaVersionError.
    """
    data = bytes_of(path, "a queue written by `claimbench pool`")
    if isinstance(data, Problem):
        raise DataError(str(data), hint="claimbench pool")
    lines, problems = parse(path, data)
    if lines.header is None:
        raise DataError(f"{path}:1: found no header; expected a queue written by `claimbench pool`")
    check_schema(lines.header.value["schema"], f"{path}:{lines.header.number}")
    problems += _at(path, lines.header, mismatches(lines.header.value, QueueHeader))
    candidates: dict[int, Candidate] = {}
    seen: dict[str, int] = {}
    for line in lines.claims:
        wrong = _at(path, line, mismatches(line.value, Candidate))
        if not wrong:
            candidate = msgspec.convert(line.value, Candidate)
            wrong = _at(path, line, _findings(candidate, seen))
            candidates[line.number] = candidate
            seen.setdefault(candidate.id, line.number)
        problems += wrong
    if problems:
        raise DataError("\n".join(map(str, problems)), hint="mend these lines, then again")
    return Queue(path, msgspec.convert(lines.header.value, QueueHeader), candidates)


def _at(path: Path, line: Line, findings: Iterable[Finding]) -> list[Problem]:
    return [finding.at(path, line.number) for finding in findings]


def _findings(candidate: Candidate, seen: Mapping[str, int]) -> Iterator[Finding]:
    """What is wrong with a record that has every field."""
    if candidate.id in seen:
        yield Finding("id", f"{candidate.id}, as in line {seen[candidate.id]}", "each once")
    own = pooled_id(candidate.article, candidate.prediction)
    if candidate.id != own:
        wanted = f"{own}, which stands for article and prediction: leave all three as they were"
        yield Finding("id", candidate.id, wanted)
    if candidate.decision not in ("", *DECISIONS):
        wanted = f"one of {', '.join(DECISIONS)}" + suggest(candidate.decision, DECISIONS)
        yield Finding("decision", shown(candidate.decision), wanted)
        return
    needed = _NEEDED.get(candidate.decision, ())
    for field, wanted in needed:
        if not _filled(candidate, field):
            yield Finding(field, "nothing", f"{wanted}, for decision {candidate.decision}")
    names = [field for field, _ in needed]
    for field in ("claim", "of", "form", "reason"):
        if field not in names and _filled(candidate, field):
            found = f"{shown(getattr(candidate, field))} beside decision {candidate.decision!r}"
            yield Finding(field, found, "nothing, or the decision that it goes with")


_NEEDED: dict[str, tuple[tuple[str, str], ...]] = {
    "claim": (("claim", "the claim as in a draft of labels"),),
    "form": (("of", "the id of a gold claim"), ("form", "a wording of it")),
    "reject": (("reason", "why it is no claim of the article"),),
}


def _filled(candidate: Candidate, field: str) -> bool:
    value = getattr(candidate, field)
    return bool(value.strip()) if isinstance(value, str) else value is not None


def carried(
    fresh: Iterable[Candidate], old: Queue, on_left: Callable[[str], None]
) -> list[Candidate]:
    """``fresh`` candidates with the decisions on them in an ``old`` queue.

    A form is taken over only where the gold claim that it is of is the nearest in both queues, by
    id and by text: another change may have numbered the claims anew. ``on_left`` is told the ids
    of those that are not.
    """
    decided = {c.id: c for c in old.candidates.values() if c.decision}
    return [_carried(c, decided[c.id], on_left) if c.id in decided else c for c in fresh]


def _carried(fresh: Candidate, old: Candidate, on_left: Callable[[str], None]) -> Candidate:
    was, now = old.nearest, fresh.nearest
    same = was and now and was.claim == now.claim == old.of and was.text == now.text
    if old.decision == "form" and not same:
        on_left(fresh.id)
        return fresh
    also = tuple(w for w in fresh.also if w in old.also)
    fields = {name: getattr(old, name) for name in ("decision", "claim", "of", "form", "reason")}
    return msgspec.structs.replace(fresh, also=also, **fields)
