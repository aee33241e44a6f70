"""The command on gold that lacks claims: pool."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import shared
from bench.model import ClaimbenchError, DataError, TextAbsent

if TYPE_CHECKING:
    from bench.gold import Corpus
    from bench.pool import Candidate, Intake
    from bench.store import Places


def pool(
    systems: Annotated[
        list[str] | None,
        typer.Argument(metavar="SYSTEM", help="Systems (default: all with kept outputs)"),
    ] = None,
    corpus: Annotated[
        str | None, typer.Option(metavar="NAME", help="Corpus (default: core)")
    ] = None,
    split: Annotated[
        str | None, typer.Option(metavar="NAME", help="train, dev, test (default) or all")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Queue to write (default: pool-CORPUS.jsonl, here)"),
    ] = None,
    decided: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Take over what is decided in an older queue"),
    ] = None,
    judged: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Read a judged queue back into the gold")
    ] = None,
    version: Annotated[
        str,
        typer.Option(
            "--as", metavar="VERSION", help="--judged: the corpus's next (default: 1.2.3 to 1.3.0)"
        ),
    ] = "",
) -> None:
    """Gather what the gold may lack; read back what was judged."""
    places = shared.places()
    if judged is None:
        if version:
            raise ClaimbenchError("found --as without --judged FILE; they go together")
        name = corpus or shared.EMBEDDED
        out = out or Path(f"pool-{name}.jsonl")
        _gather(systems, name, split or shared.KEPT_SPLIT, out, decided, places)
    elif systems or corpus or split or out or decided:
        raise ClaimbenchError(
            "found --judged together with what makes a queue; expected it alone or with --as",
            hint=f"claimbench pool --judged {judged}",
        )
    else:
        _take_in(judged, version, places)


def _gather(
    systems: list[str] | None,
    name: str,
    split: str,
    out: Path,
    decided: Path | None,
    places: Places,
) -> None:
    from bench import gold
    from bench.matching import DEFAULT
    from bench.model import SCHEMA
    from bench.pool import QueueHeader, carried, gather, read_queue, write_queue

    corpus = gold.find_corpus(name, places)
    _require_outside(out, corpus, places)
    older = read_queue(decided) if decided else None
    _finish(corpus)
    labelled = gold.load(name, places, split)
    if labelled.absent:
        lack, command = shared.absence(labelled.absent), shared.how_to_fetch(name, places)
        if not labelled.items:
            raise TextAbsent(f"{name}: nothing to pool: {lack}", hint=command)
        shared.note(f"{name}: left out: {lack}; next: {command}")
    outputs = shared.kept_outputs(name, systems, places)
    if not outputs:
        raise DataError(
            f"{places.results / name}: found no outputs",
            hint=f"claimbench run --corpus {name} --split {split}",
        )
    known = {record.id for record in gold.read_pooled(corpus)}
    found = gather(labelled, outputs, known, DEFAULT)
    if older:
        found = carried(found, older, _left_open)
    header = QueueHeader(
        schema=SCHEMA,
        corpus=name,
        split=split,
        version=corpus.version,
        gold=gold.digest_unread(corpus, split),
        matcher=repr(DEFAULT),
        systems=tuple(outputs),
    )
    write_queue(out, header, found)
    typer.echo(_queued(out, found, len(outputs)))


def _finish(corpus: Corpus) -> None:
    from bench.gold.amending import finish

    if finish(corpus.folder.parent):
        shared.note(f"{corpus.folder.parent}: carried out a change that was broken off")


def _left_open(candidate: str) -> None:
    shared.note(f"{candidate}: its form is to be decided again, as claims may have other ids")


def _queued(out: Path, found: list[Candidate], systems: int) -> str:
    told = f"{out}: {shared.count(len(found), 'candidate')} of {shared.count(systems, 'system')}"
    decided = sum(bool(c.decision) for c in found)
    several = sum(len(c.systems) > 1 for c in found)
    told += f", {several} of more than one, {decided} decided"
    return f"{told}\n  next: fill in decisions, then claimbench pool --judged {out}"


def _require_outside(out: Path, corpus: Corpus, places: Places) -> None:
    """A queue quotes its articles: what is not ours to publish stays out of gold and results."""
    if corpus.text == "held":
        return
    for folder in (*places.gold, places.results):
        if out.resolve().is_relative_to(folder.resolve()):
            raise ClaimbenchError(
                f"{out} lies in {folder}; expected a file outside, as the queue quotes the texts "
                f"of {corpus.name}, which are not ours to publish",
                hint=f"claimbench pool --corpus {corpus.name} --out ELSEWHERE/{out.name}",
            )


def _take_in(judged: Path, version: str, places: Places) -> None:
    from bench.pool import take_in

    taken = take_in(judged, places, version, on_wait=lambda who: shared.note(f"waiting for {who}"))
    for warning in taken.warnings:
        shared.note(str(warning))
    for prediction, claim in taken.unmet:
        shared.note(f"still not accepted for {claim}: {prediction!r}; a form nearer to it would be")
    typer.echo("\n".join(_told(taken)))


def _told(taken: Intake) -> list[str]:
    lines = [
        f"{taken.corpus} {taken.version}: {shared.count(len(taken.claims), 'claim')} added, "
        f"{shared.count(len(taken.forms), 'claim')} with more forms, {taken.rejected} rejected, "
        f"{taken.open} left open, {taken.known} taken in before"
    ]
    if taken.claims or taken.forms:
        corpus = taken.corpus
        lines.append(
            f"  next: claimbench check {corpus} --release, then claimbench score --corpus {corpus}"
        )
    return lines
