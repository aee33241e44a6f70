"""Take a judged queue into the gold: claims and forms under a new version, rejections remembered.

Everything is tried on a copy of the corpus first; what passes is written, all of it or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from bench import gold, store
from bench.gold.amending import amend, finish
from bench.gold.fields import Finding
from bench.gold.pooled import FILE as POOLED
from bench.gold.pooled import Pooled
from bench.gold.reviewed import FILE as REVIEWED
from bench.gold.rules import copied, read_article
from bench.matching import DEFAULT, Matcher, Said
from bench.model import SCHEMA, Article, DataError, Frozen, Problem
from bench.pool.edits import Edited, edit
from bench.pool.history import CHANGELOG, changelog, description, raised, references
from bench.pool.queue import Candidate, Queue, read_queue
from bench.pool.trial import new_problems
from bench.store import Places

Decided = Mapping[int, Candidate]
"""Candidates that a decision is on, by their line of the queue."""


class Intake(Frozen, frozen=True):
    """What was taken into ``corpus``, which now has ``version``.

    ``claims`` are the ids of those added, ``forms`` of those that accept a form more.
    ``open`` candidates have no decision; ``known`` ones were taken in before. ``warnings`` are
    what the check of the gold has to say of the change. ``unmet`` are predictions, each with the
    claim, that the matcher still does not accept for it.
    """

    corpus: str
    version: str
    claims: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    rejected: int = 0
    open: int = 0
    known: int = 0
    warnings: tuple[Problem, ...] = ()
    unmet: tuple[tuple[str, str], ...] = ()


def take_in(
    path: Path,
    places: Places,
    version: str = "",
    matcher: Matcher = DEFAULT,
    on_wait: Callable[[str], None] = lambda _: None,
) -> Intake:
    """Read the judged queue ``path`` back into the gold, wholly or not at all.

    Without ``version`` the second part of the corpus's version is raised by one; the version stays
    where only rejections are taken in. Results are left alone: kept outputs can be scored again.

    Raises
    ------
    DataError
        Says everything that is wrong with the queue, a line each, or that the gold is not the one
        that the queue was made from.
    UnknownName
        No such corpus.
    StorageError
        The disk refused; see :mod:`bench.gold.amending`.
    """
    queue = read_queue(path)
    base = gold.find_corpus(queue.header.corpus, places).folder.parent
    with store.exclusive(base, on_wait):
        finish(base)
        return _take_in(
            queue, gold.find_corpus(queue.header.corpus, places), places, version, matcher
        )


def _take_in(
    queue: Queue, corpus: gold.Corpus, places: Places, version: str, matcher: Matcher
) -> Intake:
    before = gold.read_pooled(corpus)
    seen = {record.id for record in before}
    judged = {line: c for line, c in queue.candidates.items() if c.decision}
    decided = {line: c for line, c in judged.items() if c.id not in seen}
    done = Intake(
        corpus=corpus.name,
        version=corpus.version,
        open=len(queue.candidates) - len(judged),
        known=len(judged) - len(decided),
    )
    if not decided:
        return done
    _require_unmoved(queue, corpus)
    edited = _edited(queue, decided, corpus, places)
    new = raised(corpus.version, version) if edited else corpus.version
    files = _labels(corpus, edited, new) if edited else {}
    files[corpus.folder / POOLED] = _remembered(corpus, before, decided.values(), new)
    problems = new_problems(files, edited, queue.path, corpus, places, matcher)
    _refuse(p for p in problems if p.severity == "error")
    base = corpus.folder.parent
    amend(base, files | (_account(base / CHANGELOG, corpus, new, edited) if edited else {}))
    return replace(
        done,
        version=new,
        claims=_ids(edited, "claim"),
        forms=_ids(edited, "form"),
        rejected=sum(c.decision == "reject" for c in decided.values()),
        warnings=tuple(problems),
        unmet=tuple(pair for one in edited for pair in _unmet(one, matcher)),
    )


def _require_unmoved(queue: Queue, corpus: gold.Corpus) -> None:
    made, now = queue.header, gold.digest_unread(corpus, queue.header.split)
    if now == made.gold:
        return
    raise DataError(
        f"{queue.path}: found a queue made from {corpus.name} {made.version} ({made.gold[:12]}); "
        f"the gold is now {corpus.version} ({now[:12]}), where claims may have other ids",
        hint=f"claimbench pool --corpus {corpus.name} --split {made.split} --decided {queue.path} "
        "--out NEW makes it anew with the decisions in it; read NEW back then",
    )


def _refuse(problems: Iterable[Problem]) -> None:
    lines = sorted(problems, key=lambda p: (p.file, p.line or 0))
    if lines:
        raise DataError("\n".join(map(str, lines)), hint="nothing was changed; mend these first")


def _edited(queue: Queue, decided: Decided, corpus: gold.Corpus, places: Places) -> list[Edited]:
    """The labels of every article that gets a claim or a form. Raises DataError."""
    articles = {item.article.id: item.article for item in gold.load(corpus.name, places).items}
    here = {n: c for n, c in decided.items() if c.article in articles}
    wanted = f"an article of {corpus.name} whose text is here"
    problems = [
        Finding("article", repr(c.article), wanted).at(queue.path, n)
        for n, c in decided.items()
        if n not in here
    ]
    edited = []
    for name in dict.fromkeys(c.article for c in here.values()):
        of_article = {n: c for n, c in here.items() if c.article == name}
        problems += _copied(of_article, queue.path, corpus, articles[name])
        adding = {n: c for n, c in of_article.items() if c.decision != "reject"}
        if adding:
            one, wrong = edit(adding, queue.path, corpus, articles[name])
            edited.append(one)
            problems += wrong
    _refuse(problems)
    return edited


def _copied(
    decided: Decided, queue: Path, corpus: gold.Corpus, article: Article
) -> Iterator[Problem]:
    """Yield the reasons that quote too much of a text that is not ours: they are kept."""
    reading = read_article(article.text, may_copy=corpus.text == "held")
    for line, candidate in decided.items():
        yield from (f.at(queue, line) for f in copied("reason", candidate.reason, reading))


def _labels(corpus: gold.Corpus, edited: Sequence[Edited], version: str) -> dict[Path, bytes]:
    """Every file that the check of the gold reads and that changes with the labels."""
    return {
        **{one.path: one.data for one in edited},
        **references(edited, (corpus.folder / REVIEWED, gold.pairs_path(corpus))),
        corpus.folder / "corpus.toml": description(corpus, version),
    }


def _account(
    log: Path, corpus: gold.Corpus, version: str, edited: Sequence[Edited]
) -> dict[Path, bytes]:
    before = log.read_text(encoding="utf-8") if log.exists() else ""
    return {log: changelog(before, corpus.name, version, edited).encode()}


def _remembered(
    corpus: gold.Corpus, before: Iterable[Pooled], decided: Iterable[Candidate], version: str
) -> bytes:
    """The file of decisions with these behind the older ones."""
    records = {record.id: record for record in before}
    for c in decided:
        for name in c.ids:
            new = Pooled(name, c.article, c.decision, version, c.reason)  # type: ignore[arg-type]
            records.setdefault(name, new)
    header = store.Header(schema=SCHEMA, corpus=corpus.name)
    return b"".join(store.encode(line) + b"\n" for line in (header, *records.values()))


def _ids(edited: Iterable[Edited], decision: str) -> tuple[str, ...]:
    return tuple(
        claim
        for one in edited
        for claim, candidates in sorted(one.origin.items())
        if any(c.decision == decision for c in candidates.values())
    )


def _unmet(edited: Edited, matcher: Matcher) -> Iterator[tuple[str, str]]:
    by_id = {claim.id: claim for claim in edited.claims}
    for name, candidates in edited.origin.items():
        for candidate in candidates.values():
            said = Said((candidate.prediction,))
            if not matcher.judge(by_id[name], said, edited.claims).accepted:
                yield candidate.prediction, name
