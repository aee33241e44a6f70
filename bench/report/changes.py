"""What changed between two sets of scorecards, in words and as JUnit XML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from bench import stats
from bench.report.table import UNDEFINED, Part, Table, clean, ratio

if TYPE_CHECKING:
    from bench.compare import Row, Suite, Verdict

_NAMES = {"claims": "types ignored", "typed": "all types (micro)"}

_GONE = "has no scorecard any more"


def verdict(result: Verdict, texts: Mapping[str, str]) -> list[Part]:
    """The claims lost and gained, then the delta table, then the verdict in one line.

    ``texts`` maps ids of gold claims to their text; an id that it lacks is shown alone.
    """
    return [
        *_claims(f"{who(result)}: claims lost", result.lost, texts),
        *_claims(f"{who(result)}: claims gained", result.gained, texts),
        _deltas(result),
        line(result),
    ]


def suite(corpus: str, result: Suite, texts: Mapping[str, str]) -> list[Part]:
    """Every verdict on ``corpus``, systems that did not move in one line, and the outcome."""
    parts: list[Part] = []
    for each in result.verdicts:
        parts += verdict(each, texts) if _moved(each) else [line(each)]
    parts += [f"FAIL {name} on {corpus} {_GONE}" for name in result.vanished]
    parts += [
        f"PASS {name} on {corpus} is new: nothing to compare it with" for name in result.added
    ]
    failing = len(result.vanished) + sum(v.failed for v in result.verdicts)
    of = len(result.verdicts) + len(result.vanished) + len(result.added)
    word = "FAIL" if result.failed else "PASS"
    return [*parts, f"{word} overall on {corpus}: {failing} of {of} systems fail the gate"]


def who(result: Verdict) -> str:
    """The systems compared, once where the two are versions of one."""
    both = "" if result.base == result.new else f" against {result.base}"
    return f"{result.new}{both} on {result.corpus}"


def line(result: Verdict) -> str:
    """The verdict in one plain line, with the grounds on which the gate fails."""
    word = "FAIL" if result.failed else "PASS" if result.judged else "UNJUDGED"
    grounds = f" (gate: {'; '.join(result.reasons)})" if result.failed else ""
    grounds += f"; new, not compared: {', '.join(result.unseen)}" if result.unseen else ""
    return f"{word} {who(result)}, F1 of {result.headline}: {result.summary}{grounds}"


def _moved(result: Verdict) -> bool:
    moved = any(row.delta for row in result.rows)
    return moved or bool(result.reasons or result.lost or result.gained)


def _claims(title: str, ids: tuple[str, ...], texts: Mapping[str, str]) -> list[Part]:
    if not ids:
        return []
    rows = tuple((claim, texts.get(claim, UNDEFINED)) for claim in ids)
    return [Table(f"{title} ({len(ids)})", ("claim", "text"), rows, words=2)]


def _deltas(result: Verdict) -> Table:
    before, after = result.failures
    return Table(
        title=f"{who(result)}: F1",
        columns=("row", "base", "new", "delta", "95 % interval", "p"),
        rows=tuple(_delta(row) for row in result.rows),
        notes=(
            "paired over articles; p of single types is corrected for their number (Holm)",
            f"articles not answered: {before} in base, {after} in new",
            *_cautions(result),
        ),
    )


def _cautions(result: Verdict) -> Iterator[str]:
    if result.unseen:
        yield f"new articles, not compared: {', '.join(result.unseen)}"
    if 1 < result.articles < stats.TESTABLE:
        yield (
            f"{result.articles} articles: p cannot fall below {0.5 ** (result.articles - 1):.3f}, "
            f"and without any true change the gate still fires about once in "
            f"{2**result.articles} comparisons; take a verdict as an alarm, not as evidence"
        )


def _delta(row: Row) -> tuple[str, ...]:
    delta = UNDEFINED if row.delta is None else f"{row.delta:+.3f}"
    # Three decimals: whether an interval ends just below zero decides the gate.
    known = row.low is not None and row.high is not None
    interval = f"[{row.low:+.3f}, {row.high:+.3f}]" if known else UNDEFINED
    name = _NAMES.get(row.name, row.name)
    return (name, ratio(row.base), ratio(row.new), delta, interval, _p(row.p))


def _p(p: float | None) -> str:
    return "<0.001" if p is not None and p < 0.001 else ratio(p)


def junit(suites: Mapping[str, Suite]) -> str:
    """JUnit XML of comparisons by corpus: a suite a corpus, a case a system.

    A case fails for the reasons of its verdict, or because the system vanished; one that passes
    says in its output what changed.
    """
    root = ET.Element("testsuites", name="claimbench")
    for corpus, result in suites.items():
        group = ET.SubElement(root, "testsuite", name=clean(corpus))
        for each in result.verdicts:
            _case(group, each.new, line(each), each.reasons)
        for name in result.vanished:
            _case(group, name, f"FAIL {name} {_GONE}", (_GONE,))
        for name in result.added:
            _case(group, name, f"PASS {name} is new: nothing to compare it with", ())
    for element in (*root, root):
        # Viewers of GitHub and GitLab add these up rather than count.
        element.set("tests", str(len(list(element.iter("testcase")))))
        element.set("failures", str(len(list(element.iter("failure")))))
        element.set("errors", "0")
        element.set("time", "0")
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(group: ET.Element, name: str, output: str, reasons: tuple[str, ...]) -> None:
    where = f"claimbench.{group.get('name')}"
    case = ET.SubElement(group, "testcase", name=clean(name), classname=where, time="0")
    if reasons:
        failure = ET.SubElement(case, "failure", message=clean(reasons[0]), type="regression")
        failure.text = "\n".join(clean(reason) for reason in (*reasons, output))
    else:
        ET.SubElement(case, "system-out").text = clean(output)
