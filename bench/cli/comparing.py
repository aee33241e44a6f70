"""The command that judges: compare."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bench.cli import shared
from bench.model import ClaimbenchError, DataError, GateFailed, IncompleteRun, Scorecard

if TYPE_CHECKING:
    from bench.compare import Suite
    from bench.results import Cards
    from bench.store import Places


def compare(
    base: Annotated[
        str,
        typer.Argument(
            metavar="BASE", help="Scorecard, results folder, system or git revision to start from"
        ),
    ],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The same, to be judged against BASE")],
    tolerance: Annotated[
        float, typer.Option(min=0, metavar="X", help="Smallest drop of F1 that fails")
    ] = 0.005,
    headline: Annotated[
        Literal["claims", "typed"], typer.Option(help="F1 that gates: types ignored, or counted")
    ] = "claims",
    rescore: Annotated[
        bool, typer.Option("--rescore", help="Score both sides' outputs under today's gold first")
    ] = False,
    markdown: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the comparison as Markdown")
    ] = None,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the verdicts as JUnit XML")
    ] = None,
    github: Annotated[
        bool, typer.Option("--github", help="Add the comparison to the GitHub step summary")
    ] = False,
) -> None:
    """Say what changed between two sets of results; CI's gate."""
    from bench import report as rendering
    from bench.compare import compare_all

    places = shared.places()
    summary = _step_summary() if github else None
    old, fresh = (_cards(where, places, rescore=rescore) for where in (base, new))
    old, fresh = _paired(base, old, new, fresh, places)
    if not old and not fresh:
        raise DataError(f"found no scorecards in {base} or {new}", hint="claimbench run")
    if rescore:
        _set_aside(old, fresh)
    _tell_stale(fresh, places)
    suites = {
        corpus: compare_all(
            old.get(corpus, {}), fresh.get(corpus, {}), tolerance=tolerance, headline=headline
        )
        for corpus in dict.fromkeys((*old, *fresh))
    }
    texts = _claim_texts(suites, places)
    parts = [part for name, suite in suites.items() for part in rendering.suite(name, suite, texts)]
    rendering.terminal(parts)
    _write(rendering.markdown(parts), markdown)
    _write(rendering.junit(suites), junit)
    if summary:
        _append(rendering.markdown(parts), summary)
    if any(suite.failed for suite in suites.values()):
        raise GateFailed("the comparison fails", hint="the lines that begin with FAIL say why")
    _tell_unfinished(new, fresh, places)


def _tell_unfinished(new: str, fresh: Cards, places: Places) -> None:
    """Say what was not asked about every article; of a system asked for by name, as an error."""
    from bench.results import names_one_system

    for corpus, cards in fresh.items():
        for name, card in cards.items():
            if lacking := card.failures.get("missing"):
                asked = f"{len(card.by_article) - lacking} of {len(card.by_article)} articles"
                told = f"{name} on {corpus}: outputs of {asked}"
                if names_one_system(new, places.results):
                    raise IncompleteRun(told, hint="claimbench run")
                shared.note(told)


def _step_summary() -> Path:
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if not summary:
        raise ClaimbenchError(
            "--github found no GITHUB_STEP_SUMMARY in the environment",
            hint="outside GitHub Actions use --markdown FILE",
        )
    return Path(summary)


def _cards(where: str, places: Places, *, rescore: bool) -> Cards:
    """Scorecards by corpus and system; none only for a git revision that has no results yet."""
    from bench import results

    kept = results.cards(where, places.results)
    again = _rescored(where, places) if rescore else {}
    if not kept and not again:
        if Path(where).exists() or results.names_one_system(where, places.results):
            raise DataError(f"{where}: found no scorecards", hint="claimbench run")
        shared.note(f"{where}: found no scorecards")
    corpora = dict.fromkeys((*kept, *again))
    return {corpus: {**kept.get(corpus, {}), **again.get(corpus, {})} for corpus in corpora}


def _rescored(where: str, places: Places) -> Cards:
    """Scorecards under today's gold, of whatever has its outputs and its texts here."""
    from bench import results
    from bench.gold import load
    from bench.run import read_outputs
    from bench.score import evaluate

    cards: Cards = {}
    with tempfile.TemporaryDirectory() as folder:
        for label, data in results.files(where, places.results, results.OUTPUTS).items():
            header = results.header(data, label)
            gold = load(header.corpus, places, shared.KEPT_SPLIT)
            if gold.absent:
                shared.note(f"{label}: not scored again: {shared.absence(gold.absent)}")
                continue
            path = Path(label)
            if not path.is_file():  # of a git revision
                path = Path(folder, f"{header.corpus}-{header.system}.jsonl")
                path.write_bytes(data)
            card = evaluate(gold, read_outputs(path), system=header.system)
            results.file_under(cards, card, label)
    return cards


def _paired(base: str, old: Cards, new: str, fresh: Cards, places: Places) -> tuple[Cards, Cards]:
    """Two single systems are compared whatever their names, one with its like on the other side."""
    from bench.results import names_one_system

    match [names_one_system(where, places.results) for where in (base, new)]:
        case [True, True]:
            return _of_shared_corpora(base, old, new, fresh)
        case [True, False]:
            return old, _named_in(old, fresh)
        case [False, True]:
            return _named_in(fresh, old), fresh
    return old, fresh


def _of_shared_corpora(base: str, old: Cards, new: str, fresh: Cards) -> tuple[Cards, Cards]:
    """Two systems by the name of the new one; one system's vanishing from a corpus stays seen."""
    same = {n for cards in old.values() for n in cards} == {n for c in fresh.values() for n in c}
    if not same:
        for corpus in old.keys() ^ fresh.keys():
            shared.note(
                f"{corpus}: only {base if corpus in old else new} has results; not compared"
            )
        old, fresh = ({c: s[c] for c in s if c in old and c in fresh} for s in (old, fresh))
    return {c: _named_as(fresh.get(c, {}), cards) for c, cards in old.items()}, fresh


def _named_as(ours: Mapping[str, Scorecard], theirs: dict[str, Scorecard]) -> dict[str, Scorecard]:
    if len(ours) == len(theirs) == 1:
        return dict(zip(ours, theirs.values(), strict=True))
    return theirs


def _named_in(few: Cards, many: Cards) -> Cards:
    names = {name for cards in few.values() for name in cards}
    return {c: {n: card for n, card in cards.items() if n in names} for c, cards in many.items()}


def _set_aside(old: Cards, fresh: Cards) -> None:
    """Leave out, and say so, what could not be scored again and was not measured alike."""
    for corpus in old.keys() & fresh.keys():
        for name in old[corpus].keys() & fresh[corpus].keys():
            if old[corpus][name].signature != fresh[corpus][name].signature:
                del old[corpus][name], fresh[corpus][name]
                shared.note(
                    f"{name} on {corpus}: not compared: the gold or the matcher changed and the "
                    "outputs are not here to be scored again"
                )


def _tell_stale(fresh: Cards, places: Places) -> None:
    """Say which scorecards are of another version of their system: their PASS proves little."""
    from bench.systems import discover

    specs = discover(places)
    for corpus, cards in fresh.items():
        for name, card in cards.items():
            scored = card.provenance.fingerprint
            if scored and card.system in specs and specs[card.system].fingerprint != scored:
                shared.note(
                    f"{name or card.system} on {corpus}: STALE, scored with another version of the "
                    f"system than is here; next: claimbench run {card.system} --corpus {corpus}"
                )


def _claim_texts(suites: Mapping[str, Suite], places: Places) -> dict[str, str]:
    """Texts of all gold claims that moved; labels are at hand even where article texts are not."""
    from bench import gold

    known = gold.corpora(places)
    return {
        claim.id: claim.text
        for name in suites
        if name in known
        for entry in known[name].article
        for claim in gold.read_claims(known[name].labels(entry.id))
    }


def _write(text: str, path: Path | None) -> None:
    from bench.store import write_atomic

    if path:
        write_atomic(path, text.encode())


def _append(text: str, path: Path) -> None:
    from bench.store import storage_error

    try:
        with path.open("a", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise storage_error(path, error) from None
