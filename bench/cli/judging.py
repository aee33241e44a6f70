"""The command that has a language model judge: judge."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Annotated

import typer

from bench.cli import shared
from bench.model import DataError, IncompleteRun, TextAbsent


def judge(
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="Record of verdicts, begun or continued")
    ],
    systems: Annotated[
        list[str] | None,
        typer.Argument(metavar="SYSTEM", help="Systems (default: all with kept outputs)"),
    ] = None,
    corpus: Annotated[
        str, typer.Option(metavar="NAME", help="Corpus whose outputs are judged")
    ] = shared.EMBEDDED,
    split: Annotated[
        str, typer.Option(metavar="NAME", help="train, dev, test or all")
    ] = shared.KEPT_SPLIT,
    jobs: Annotated[int, typer.Option(min=1, metavar="N", help="Questions at a time")] = 4,
) -> None:
    """Record a language model's verdicts for the matcher judge."""
    from bench import gold
    from bench.judging import Endpoint, questions, record

    places = shared.places()
    found, labelled = gold.find_corpus(corpus, places), gold.load(corpus, places, split)
    if labelled.absent and not labelled.items:
        raise TextAbsent(
            f"{corpus}: not judged: {shared.absence(labelled.absent)}",
            hint=shared.how_to_fetch(corpus, places),
        )
    kept = shared.kept_outputs(corpus, systems, places)
    if not kept:
        raise DataError(
            f"{places.results / corpus}: found no outputs", hint=f"claimbench run --corpus {corpus}"
        )
    if found.text == "fetched":
        shared.note(f"{corpus}: {out} will quote a text that is not ours; keep it to yourself")
    wanted = questions(labelled, kept.values())
    with ExitStack() as stack:
        endpoint = stack.enter_context(closing(Endpoint.of_environment()))

        def start(number: int) -> Callable[[], None]:
            title = f"{endpoint.model} on {corpus}/{split}"
            return stack.enter_context(shared.item_progress(title, number))

        tally = record(out, wanted, endpoint, jobs=jobs, on_start=start)
    typer.echo(
        f"{out}: {shared.count(len(wanted), 'pair')}, {tally.before} judged before, "
        f"{tally.now} judged now, {len(tally.unclear)} without a verdict"
    )
    if tally.unclear:
        (claim, *_), prediction = tally.unclear[0]
        raise IncompleteRun(
            f"{endpoint.model} gave no verdict on {shared.count(len(tally.unclear), 'pair')}, such "
            f"as the prediction {prediction!r} for the claim {claim!r}",
            hint="the same command asks again; or have another model judge, into another file",
        )
    typer.echo(f"next: claimbench score --matcher \"judge(file='{out}')\"")
