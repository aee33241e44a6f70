"""Warnings that somebody looked at and let stand, each with the reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from bench.gold.corpus import Corpus, read_claims, readable, text_of
from bench.gold.fields import Finding
from bench.model import DataError, Frozen, GoldClaim, Problem
from bench.store import Places, read_jsonl

FILE = "reviewed.jsonl"


class Review(Frozen, frozen=True):
    """A warning about a ``field`` of a ``claim`` that stands, and why.

    ``text`` is the claim's text when it was reviewed: a review of other words is void.
    """

    claim: str
    text: str
    field: str
    reason: str


def unreviewed(
    problems: Iterable[Problem], places: Places, names: Iterable[str] | None = None
) -> list[Problem]:
    """Return ``problems`` without reviewed warnings, and with one for every review that is void.

    A review is void if its claim is gone or reads otherwise, if it gives no reason, or if there
    is no such warning. The last is not held against a corpus some of whose texts are absent.
    """
    left = list(problems)
    for corpus in readable(places, names):
        path = corpus.folder / FILE
        if path.is_file():
            left = _without_reviewed(left, path, corpus, whole=_is_whole(corpus, places))
    return left


def _is_whole(corpus: Corpus, places: Places) -> bool:
    if corpus.text == "held":
        return True
    return all(text_of(corpus, entry, places) is not None for entry in corpus.article)


def _without_reviewed(
    problems: Sequence[Problem], path: Path, corpus: Corpus, *, whole: bool
) -> list[Problem]:
    try:
        reviews = read_jsonl(path, Review)[1]
    except DataError as error:
        return [*problems, Finding("line", str(error), "a reviewed warning").at(path)]
    claims = {c.id: c.text for labels in _labels(corpus) for c in labels}
    warned = {(p.claim, _base(p.field)) for p in problems if p.severity == "warning" and p.claim}
    void: list[Problem] = []
    standing = set()
    for line, review in enumerate(reviews, start=2):
        if (fault := _fault(review, claims, warned, whole=whole)) is not None:
            void.append(fault.at(path, line))
        else:
            standing.add((review.claim, review.field))
    return [p for p in problems if (p.claim, _base(p.field)) not in standing or _is_error(p)] + void


def _fault(
    review: Review, claims: dict[str, str], warned: set[tuple[str, str]], *, whole: bool
) -> Finding | None:
    advice = "a review that still holds: look again, or delete the line"
    if review.claim not in claims:
        return Finding("claim", repr(review.claim), "the id of a claim of this corpus")
    if review.text != claims[review.claim]:
        return Finding("text", repr(review.text), f"{claims[review.claim]!r}, as it reads now")
    if not review.reason.strip():
        return Finding("reason", "nothing", "why the warning stands")
    if whole and (review.claim, review.field) not in warned:
        return Finding("field", f"no warning of {review.field} for {review.claim}", advice)
    return None


def _labels(corpus: Corpus) -> Iterator[Sequence[GoldClaim]]:
    for entry in corpus.article:
        try:
            yield read_claims(corpus.labels(entry.id))
        except DataError:
            continue  # what is wrong with it has been said by the check of that file


def _base(field: str) -> str:
    return re.split(r"[.\[]", field)[0]


def _is_error(problem: Problem) -> bool:
    return problem.severity == "error"
