"""Meta-evaluation as tables: matchers against people, and what hangs on the matcher."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from bench.report.table import UNDEFINED, Cell, Measure, Table, ratio

if TYPE_CHECKING:
    from bench.audit import Dependence, Estimate, Fit, MetaEvaluation, Point, Ranking

_FIT = ("kappa", "accuracy", "precision", "recall")


def meta_tables(measured: MetaEvaluation, title: str) -> list[Table]:
    """Matchers and readers; the first matcher by type and attribute; kappas so; the curves."""
    tables = [_matcher_table(measured, title)]
    if measured.rated:
        tables += [_slice_table(measured), _kappa_table(measured)]
    if any(rated.curve for rated in measured.rated):
        tables.append(_curve_table(measured))
    return tables


def _matcher_table(measured: MetaEvaluation, title: str) -> Table:
    first = measured.rated[0].matcher if measured.rated else "the first"
    return Table(
        title=title,
        columns=("matcher", *_FIT, "contradicting rejected", "kappa behind the first"),
        rows=(
            *((r.matcher, *_cells(r.whole), _measure(r.behind)) for r in measured.rated),
            *((f"reader {who}", *_cells(fit), "") for who, fit in measured.readers.items()),
        ),
        notes=(
            f"{measured.pairs} pairs of {measured.articles} articles: "
            + ", ".join(f"{n} {verdict}" for verdict, n in measured.verdicts.items()),
            "readers: the ceiling; each against final is flattered, as the final verdict departs "
            "from what both said only after a third look; A's kappa with B over all five verdicts: "
            f"{_measure(measured.verdict_kappa)}",
            f"kappa behind the first: that of {first} less this one's, on the same articles",
            "in brackets 95 % intervals that resample articles",
            *(f"skipped: {name}: {_line(why)}" for name, why in measured.skipped.items()),
        ),
    )


def _slice_table(measured: MetaEvaluation) -> Table:
    first = measured.rated[0]
    return Table(
        title=f"{first.matcher} by type and attribute of the gold claim",
        columns=("gold claim", "pairs", "stated", *_FIT, "contradicting rejected"),
        rows=tuple(
            (name, str(fit.pairs), str(fit.stated), *_cells(fit))
            for name, fit in first.slices.items()
        ),
    )


def _kappa_table(measured: MetaEvaluation) -> Table:
    return Table(
        title="Kappa of every matcher by type and attribute of the gold claim",
        columns=("gold claim", *(rated.matcher for rated in measured.rated)),
        rows=tuple(
            (name, *(_measure(rated.slices[name].kappa) for rated in measured.rated))
            for name in measured.rated[0].slices
        ),
    )


def _curve_table(measured: MetaEvaluation) -> Table:
    curved = [rated for rated in measured.rated if rated.curve]
    return Table(
        title="Threshold curves: kappa, precision and recall",
        columns=("threshold", *(rated.matcher for rated in curved)),
        rows=tuple(
            (f"{points[0].threshold:.2f}", *map(_point, points))
            for points in zip(*(rated.curve for rated in curved), strict=True)
        ),
        notes=(
            "a threshold is chosen on the dev part alone: what looks best on test is no reason "
            "to move it",
        ),
    )


def stability_table(
    ranked: Sequence[Ranking], kappas: Mapping[str, float | None], place: str
) -> Table:
    """Rank and claim F1 of every system under every matcher, systems best first by the first."""
    systems = sorted(ranked[0].f1, key=lambda system: (ranked[0].ranks[system], system))
    return Table(
        title=f"Order of systems on {place} by matcher",
        columns=("matcher", "kappa", "tau", *systems),
        rows=tuple(
            (
                r.matcher,
                ratio(kappas.get(r.matcher)),
                ratio(r.tau),
                *(f"{r.ranks[system]}: {ratio(r.f1[system])}" for system in systems),
            )
            for r in ranked
        ),
        notes=(
            "of each system rank and claim F1; tau: Kendall's, with the first matcher's order; "
            "kappa: with people, on judged pairs",
        ),
    )


def dependence_notes(found: Dependence | str | None) -> Iterator[str]:
    """Whether the first place depends on the matcher, in plain sentences; a warning if it does."""
    if found is None:
        return
    if isinstance(found, str):
        yield f"whether the first place depends on the matcher is not known here: {found}"
        return
    if found.others:
        under: dict[tuple[str, ...], list[str]] = {}
        for matcher, winners in found.others.items():
            under.setdefault(winners, []).append(matcher)
        told = "; ".join(f"{' and '.join(w)} under {', '.join(m)}" for w, m in under.items())
        yield (
            f"warning: the first place depends on how claims are matched: {found.winner} is first "
            f"under the default matcher, but {told}"
        )
    elif found.tried:
        yield f"{found.winner} stays first under {', '.join(found.tried)}"
    yield (
        "tried were matchers whose kappa with people on judged pairs is at most 0.1 below the "
        f"default's{_too_bad(found.doubtful)}"
    )


def _too_bad(doubtful: Sequence[str]) -> str:
    return f"; not counted, as they agree worse: {', '.join(doubtful)}" if doubtful else ""


def _cells(fit: Fit) -> tuple[Cell, ...]:
    return (*(_measure(getattr(fit, name)) for name in _FIT), _measure(fit.rejected))


def _measure(estimate: Estimate) -> Measure:
    return Measure(estimate.value, estimate.low, estimate.high)


def _point(point: Point) -> str:
    found = (point.kappa, point.precision, point.recall)
    return " ".join(UNDEFINED if v is None else f"{v:.2f}" for v in found)


def _line(told: str) -> str:
    return "; ".join(line.strip() for line in told.splitlines())
