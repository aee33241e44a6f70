"""Warnings that somebody looked at and let stand, each with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.gold.corpus import Corpus, readable, text_of
from bench.gold.fields import Finding
from bench.gold.records import Records
from bench.model import Frozen, Problem
from bench.store import Places

FILE = "reviewed.jsonl"


class Review(Frozen, frozen=True):
    """A warning that stands, and why: what was ``found`` in which ``field`` of which ``claim``."""

    claim: str
    field: str
    found: str
    reason: str


def unreviewed(
    problems: Iterable[Problem], places: Places, names: Iterable[str] | None = None
) -> list[Problem]:
    """Return ``problems`` without reviewed warnings, and with one for every review that is void.

    A review is void if it gives no reason or if nothing warns of just that any more. The latter
    is not held against a corpus some of whose texts are absent.
    """
    left = list(problems)
    for corpus in readable(places, names):
        if (corpus.folder / FILE).exists():
            left = _without_reviewed(left, corpus, whole=_is_whole(corpus, places))
    return left


def _is_whole(corpus: Corpus, places: Places) -> bool:
    if corpus.text == "held":
        return True
    return all(text_of(corpus, entry, places) is not None for entry in corpus.article)


def _without_reviewed(problems: Sequence[Problem], corpus: Corpus, *, whole: bool) -> list[Problem]:
    path = corpus.folder / FILE
    records = Records(path, Review)
    warned = {_warning(p) for p in problems if p.severity == "warning"}
    standing = set()
    void = list(records.problems)
    for line, review in records.by_line.items():
        warning = (review.claim, review.field, review.found)
        if not review.reason.strip():
            void.append(Finding("reason", "nothing", "why the warning stands").at(path, line))
        elif whole and warning not in warned:
            found = f"no such warning of {review.field} for {review.claim}"
            wanted = "a review that still holds: look again, or delete the line"
            void.append(Finding("claim", found, wanted).at(path, line))
        else:
            standing.add(warning)
    return [p for p in problems if p.severity == "error" or _warning(p) not in standing] + void


def _warning(problem: Problem) -> tuple[str, str, str]:
    return problem.claim, problem.field, problem.found
