"""Why systems lost what they lost: causes by system, what mending each would give, examples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bench.report.scores import place
from bench.report.table import UNDEFINED, Table, ratio

if TYPE_CHECKING:
    from bench.diagnosis import Diagnosis, Example, Fixed

_COUNTED = (
    "spurious predictions / missed gold claims; of matched pairs, which cost claim F1 nothing, "
    "the number",
    "each error has one cause, the first that is true of it; a missed claim shares the cause of "
    "the prediction that went for it",
    "an article without an answer is empty, as in the score: all its claims are missed",
)
_GAINED = (
    "if a cause alone were fixed: its missed claims found, its spurious predictions gone; after "
    "TIDE (Bolya et al. 2020). The gains do not add up, as F1 is no sum"
)


def cause_tables(diagnoses: Sequence[Diagnosis]) -> list[Table]:
    """How often each cause occurred in each system, and the F1 that fixing it alone would add.

    The gain is of claim F1, and then of typed F1. No tables for no diagnoses.
    """
    if not diagnoses:
        return []
    columns = ("cause", *(diagnosis.system for diagnosis in diagnoses))
    rows = [*zip(*(diagnosis.fixes() for diagnosis in diagnoses), strict=True)]
    return [
        Table(f"Causes of errors on {place(diagnoses[0])}", columns, (*_counts(rows),), _COUNTED),
        Table(
            "F1 gained by fixing one cause",
            columns,
            (
                ("F1 as it is", *(ratio(diagnosis.claims.f1) for diagnosis in diagnoses)),
                *((row[0].cause, *(_gain(f.delta) for f in row)) for row in rows),
            ),
            (_GAINED,),
        ),
        Table(
            "Typed F1 gained by fixing one cause",
            columns,
            (
                ("typed F1 as it is", *(ratio(diagnosis.typed.f1) for diagnosis in diagnoses)),
                *((row[0].cause, *(_gain(f.typed_delta) for f in row)) for row in rows),
            ),
        ),
    ]


def _counts(rows: Sequence[Sequence[Fixed]]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        errors = [f.errors for f in row]
        if row[0].cause != "wrong type":
            yield row[0].cause, *(f"{e.spurious} / {e.missed}" for e in errors)
        if any(e.matched for e in errors):
            yield f"{row[0].cause} (matched)", *(str(e.matched) for e in errors)


def _gain(delta: float | None) -> str:
    return UNDEFINED if delta is None else f"{delta:+.3f}" if delta else "0"


def example_table(examples: Sequence[Example]) -> Table:
    """Errors in words, by cause."""
    return Table(
        title="Examples",
        columns=("cause", "system", "article", "predicted", "gold"),
        rows=tuple((e.cause, e.system, e.article_id, e.predicted, e.gold) for e in examples),
        words=5,
    )
