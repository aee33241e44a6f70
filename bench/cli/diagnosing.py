"""The command that tells why: diagnose."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import shared
from bench.model import DataError, Gold, IncompleteRun, TextAbsent

if TYPE_CHECKING:
    from bench.model import Extraction


def diagnose(
    systems: Annotated[
        list[str] | None,
        typer.Argument(metavar="SYSTEM", help="Systems (default: all with kept outputs)"),
    ] = None,
    corpus: Annotated[str, typer.Option(metavar="NAME", help="Corpus")] = shared.EMBEDDED,
    split: Annotated[
        str, typer.Option(metavar="NAME", help="train, dev, test or all")
    ] = shared.KEPT_SPLIT,
    matcher: shared.MatcherName = "keyed",
    json: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write every cause as JSON")
    ] = None,
    examples: Annotated[
        int, typer.Option(min=0, metavar="N", help="Also show N errors of each cause and system")
    ] = 0,
) -> None:
    """Say why claims were missed or made up, cause by cause."""
    from bench import diagnosis
    from bench.matching import matcher_named
    from bench.report import cause_tables, example_table, terminal
    from bench.store import encode, write_atomic

    chosen = matcher_named(matcher)
    gold, found = _answered(corpus, split, systems)
    made = {
        name: diagnosis.diagnose(gold, outputs, system=name, matcher=chosen)
        for name, outputs in found.items()
    }
    ranked = sorted(made.values(), key=lambda d: -(d.claims.f1 or 0))
    shown = [e for d in ranked for e in diagnosis.examples(d, gold, found[d.system], examples)]
    shown.sort(key=lambda example: diagnosis.CAUSES.index(example.cause))
    terminal([*cause_tables(ranked), *([example_table(shown)] if shown else [])])
    if json:
        write_atomic(json, encode(diagnosis.document(ranked)) + b"\n")
        shared.note(str(json))
    articles = [article.id for article in gold.articles]
    if short := [name for name, of in found.items() if not of.keys() >= {*articles}]:
        raise IncompleteRun(
            f"{shared.some(short)}: not asked about every article; what was not asked counts as "
            "missed",
            hint=f"claimbench run {short[0]} --corpus {corpus} --split {split}",
        )


def _answered(
    corpus: str, split: str, systems: Sequence[str] | None
) -> tuple[Gold, dict[str, dict[str, Extraction]]]:
    """The gold, and what each system answered, by article. Raises ClaimbenchError if nothing."""
    from bench.gold import load

    places = shared.places()
    gold = load(corpus, places, split)
    if gold.absent:
        lack, command = shared.absence(gold.absent), shared.how_to_fetch(corpus, places)
        if not gold.items:
            raise TextAbsent(f"{corpus}: nothing to diagnose: {lack}", hint=command)
        shared.note(f"{corpus}: left out: {lack}; next: {command}")
    if not gold.items:
        raise DataError(f"{corpus}: found no articles in split {split}", hint="claimbench list")
    kept = shared.kept_outputs(corpus, systems, places)
    articles = {article.id for article in gold.articles}
    found = {name: of for name, of in kept.items() if articles & of.keys()}
    if kept and not found:
        raise DataError(
            f"{corpus}: found no outputs of {shared.some([*kept])} on split {split}",
            hint=f"claimbench run {next(iter(kept))} --corpus {corpus} --split {split}",
        )
    if not found:
        raise DataError(
            f"{places.results / corpus}: found no outputs",
            hint=f"claimbench run --corpus {corpus}",
        )
    return gold, found
