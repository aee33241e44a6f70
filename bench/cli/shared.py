"""What several commands need: the places to work in, progress, and words for what went wrong."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from bench.model import EMBEDDED as EMBEDDED
from bench.model import ClaimbenchError, DataError, UnknownName
from bench.model import count as count

if TYPE_CHECKING:
    from bench.model import Extraction, Gold, Scorecard, SystemSpec
    from bench.report import Board, Properties
    from bench.store import Places

KEPT_SPLIT = "test"
"""The split whose scorecards are kept; scores on other splits are only printed."""

MatcherName = Annotated[
    str, typer.Option(metavar="NAME", help="keyed, exact, token_f1, containment, chrf, tfidf …")
]


def places() -> Places:
    """Where gold, systems, results and fetched texts lie for this call."""
    from bench.store import find_places

    return find_places()


def note(message: str) -> None:
    """Tell something beside the result: on stderr, so that results can be piped."""
    typer.echo(message, err=True)


def some(names: Sequence[str], most: int = 5) -> str:
    """The first of ``names``, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def corpus_names(names: Iterable[str] | None, where: Places) -> list[str]:
    """``names`` without repeats, or those of all corpora. Raises DataError if there are none."""
    from bench.gold import corpora

    found = list(dict.fromkeys(names or corpora(where)))
    if not found:
        raise DataError(f"{where.gold[0]}: found no corpus; expected NAME/corpus.toml")
    return found


def absence(articles: Sequence[str]) -> str:
    """Say that labelled ``articles`` cannot be used, and why."""
    return f"the text of {count(len(articles), 'labelled article')} is not here"


def how_to_fetch(corpus: str, where: Places) -> str:
    """The command that brings in the texts of ``corpus``."""
    from bench.gold import find_corpus

    own = "" if find_corpus(corpus, where).file else " --from DIR"
    return f"claimbench fetch {corpus}{own}"


def need(spec: SystemSpec) -> str:
    """What a system that cannot run lacks, and the command that installs it."""
    if spec.broken:
        return f"broken: {spec.missing[0]}"
    return f"lacks {', '.join(spec.missing)}" + (f": {spec.install}" if spec.install else "")


def require_name(name: str, command: str) -> None:
    """Raise ClaimbenchError unless ``name`` is fit for a folder; ``command`` takes a better one."""
    if not re.fullmatch("[a-z0-9][a-z0-9_-]*", name):
        better = re.sub("[^a-z0-9_-]+", "-", name.lower()).strip("-_") or "mine"
        raise ClaimbenchError(
            f"found the name {name!r}; expected small letters, digits, - and _",
            hint=f"{command} {better}",
        )


def reason(record: Extraction) -> str:
    """Why an extraction failed, fit for a terminal however hostile the system; may be lines."""
    from bench.report.table import clean

    told = (record.error or "").splitlines()
    return f"{record.status}: " + "\n    ".join(clean(line) for line in told)


def failures(records: Iterable[Extraction]) -> Iterator[str]:
    """Lines that tell each reason for failing once, with the articles that it befell."""
    articles: dict[str, list[str]] = {}
    for record in records:
        if record.status != "ok":
            articles.setdefault(reason(record), []).append(record.article_id)
    return (f"  {some(names)}: {why}" for why, names in articles.items())


def kept_outputs(
    corpus: str, systems: Sequence[str] | None, where: Places
) -> dict[str, dict[str, Extraction]]:
    """What ``systems``, or all, answered on ``corpus``: by system, then by article.

    Raises UnknownName for a system that is nowhere, DataError for one without outputs.
    """
    from bench.results import OUTPUTS
    from bench.run import read_outputs

    paths = {p.parent.name: p for p in sorted(where.results.glob(f"{corpus}/*/{OUTPUTS}"))}
    for name in systems or ():
        _require_outputs(name, corpus, paths, where)
    return {
        name: read_outputs(path) for name, path in paths.items() if not systems or name in systems
    }


def _require_outputs(name: str, corpus: str, kept: Mapping[str, object], where: Places) -> None:
    if name in kept:
        return
    from bench.systems import discover

    known = discover(where)
    if name not in known:
        raise UnknownName("system", name, {*known, *kept})
    raise DataError(
        f"{where.results / corpus / name}: found no outputs",
        hint=f"claimbench run {name} --corpus {corpus}",
    )


@contextmanager
def item_progress(title: str, total: int) -> Iterator[Callable[[], None]]:
    """A bar over ``total`` items on a terminal, nothing elsewhere; call the result per item."""
    if not total or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Left

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Left())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda: bar.advance(task)


@contextmanager
def step_progress(title: str, total: int) -> Iterator[Callable[[str], None]]:
    """A bar over ``total`` steps on a terminal, a line a step elsewhere; call it with the line."""
    with item_progress(title, total) as advance:
        yield (lambda _: advance()) if sys.stderr.isatty() else note


@contextmanager
def byte_progress() -> Iterator[Callable[[str, int, int], None]]:
    """Progress of downloads as (name, bytes done, bytes in all): bars, or a line at each end."""
    if not sys.stderr.isatty():
        finished: set[str] = set()

        def line(name: str, done: int, size: int) -> None:
            if done >= size and name not in finished:
                finished.add(name)
                note(f"{name}: {size} bytes")

        yield line
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn
    from rich.progress import TransferSpeedColumn as Speed

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), Speed())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, TaskID] = {}

        def move(name: str, done: int, size: int) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=size)
            bars.update(tasks[name], completed=done)

        yield move


def board(
    cards: Sequence[Scorecard],
    where: Places,
    *,
    skipped: tuple[tuple[str, str], ...] = (),
) -> Board:
    """The cards of one corpus with all that a leaderboard tells beside them."""
    from bench.compare import standing
    from bench.report import Board

    return Board(
        cards=tuple(cards),
        standing=standing([card for card in cards if "missing" not in card.failures]),
        ceilings=_ceilings(cards, where),
        skipped=skipped,
    )


def properties(
    outputs: Mapping[str, Mapping[str, Extraction]], gold: Gold, where: Places
) -> Properties:
    """The properties of what systems, by name, answered on the articles of ``gold``."""
    from bench.audit import judged, measure
    from bench.properties import tally
    from bench.report import Measure, Properties
    from bench.score import claims_of

    worth = {
        name: found.proxy.kappa
        for (name, part), found in measure(judged(where)).items()
        if part == "test" and found.proxy
    }
    return Properties(
        tallies={
            system: tuple(
                tally([claim.text for claim in claims_of(item.article.id, of.get(item.article.id))])
                for item in gold.items
            )
            for system, of in outputs.items()
        },
        kappa={name: Measure(k.value, k.low, k.high) for name, k in worth.items()},
    )


def _ceilings(cards: Sequence[Scorecard], places: Places) -> tuple[Scorecard, ...]:
    """The annotators' cards beside ``cards``; none where those were not made from this gold."""
    from bench import audit, gold
    from bench.matching import DEFAULT

    here = {corpus.name: corpus for corpus in gold.readable(places)}
    at = cards[0].signature if cards else None
    if at is None or at.corpus not in here or at.matcher != repr(DEFAULT):
        return ()
    try:
        best = audit.ceilings(here[at.corpus], at.split, places)
    except DataError as error:
        note(f"{at.corpus}: no ceiling, as the annotators' labels cannot be read: {error}")
        return ()
    return tuple(card for card in best if card.signature == at)
