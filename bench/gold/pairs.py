"""Judged pairs: what people say of (prediction, gold claim), for measuring matchers against them.

``gold/pairs/<corpus>.jsonl`` holds a header and then a pair a line.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Literal, get_args

import msgspec
from msgspec.structs import replace

from bench.gold.corpus import Corpus, read_claims
from bench.gold.fields import Finding, suggest
from bench.gold.records import Records
from bench.model import DataError, Frozen, Problem
from bench.store import Places, digest

FOLDER = "pairs"
PROPERTIES = "properties"
"""The stem of a further file there: predictions judged for what they are like."""

Judgement = Literal[
    "match", "described", "unresolved", "context", "partial", "contradicts", "different"
]
"""What a reader says of a pair: does the prediction, read alone, assert the gold claim?

``described``: all that it asserts is right, everybody and everything that the claim is about is
in it at least as a noun ("the company"), and only who that is, or a relative time, is left to the
article. ``unresolved``: likewise, but somebody or something is a bare pronoun or left out.
``context`` is either of the two, before it was asked which. ``partial``: the same matter, but
something asserted differs or lacks.
"""
JUDGEMENTS: tuple[Judgement, ...] = get_args(Judgement)

STATED: frozenset[Judgement] = frozenset({"match", "described"})
"""The judgements under which a prediction states the claim.

``described`` is among them because a system reports on an article that is at hand: whether a
claim can be read alone is another question than whether it was found. ``unresolved`` is not: a
sentence about "it" states no claim of anything, which is what annotators say too who make a name
a decisive fact.
"""
STATED_ALONE: frozenset[Judgement] = frozenset({"match"})
"""The stricter target: the prediction states the claim also to who has not got the article."""

Part = Literal["dev", "test"]
PARTS: tuple[Part, ...] = get_args(Part)

Reading = Annotated[tuple[Judgement, ...], msgspec.Meta(min_length=1)]
Words = Annotated[str, msgspec.Meta(pattern=r"\S")]


class Readings(Frozen, frozen=True):
    """What two readers said who saw only article, claim and prediction; their last word counts."""

    A: Reading
    B: Reading

    @property
    def last(self) -> tuple[Judgement, Judgement]:
        """What each reader said last."""
        return self.A[-1], self.B[-1]


class JudgedPair(Frozen, frozen=True):
    """A prediction of ``systems`` beside gold ``claim``, and whether it states it.

    ``claim`` is a gold claim's id. ``verdict`` is final; ``why`` is the reason of the third look
    where the readers did not both say so. Thresholds are chosen on part ``dev``; an article is
    wholly in one part. A prediction that quotes a text which is not ours is empty, and ``sha256``
    of its UTF-8 stands for it, until :func:`worded` finds it among outputs.
    """

    id: Words
    article: str
    part: Part
    claim: str
    prediction: str
    systems: tuple[str, ...]
    readings: Readings
    verdict: Judgement
    why: str = ""
    sha256: str = ""


def pairs_path(corpus: Corpus) -> Path:
    """Where the judged pairs of a corpus are, if there are any."""
    return corpus.folder.parent / FOLDER / f"{corpus.name}.jsonl"


def read_pairs(corpus: Corpus) -> tuple[JudgedPair, ...]:
    """The judged pairs of a corpus in file order; none if it has no file of them.

    Raises DataError, naming everything that is wrong with the file.
    """
    pairs, problems = _read(corpus)
    if problems:
        raise DataError("\n".join(map(str, problems)), hint=f"claimbench check {corpus.name}")
    return pairs


def worded(pairs: Iterable[JudgedPair], said: Iterable[str]) -> tuple[JudgedPair, ...]:
    """``pairs`` with their predictions, where need be from among ``said``; others are left out."""
    texts = {digest(text): text for text in said}
    found = (
        pair if pair.prediction else replace(pair, prediction=texts.get(pair.sha256, ""))
        for pair in pairs
    )
    return tuple(pair for pair in found if pair.prediction)


def pair_problems(corpus: Corpus) -> list[Problem]:
    """Everything that is wrong with the judged pairs of a corpus, in order of lines."""
    return _read(corpus)[1]


def strays(places: Places, corpora: Collection[str]) -> Iterator[Problem]:
    """Yield files among the judged pairs that belong to none of ``corpora``: nobody reads them."""
    for base in places.gold:
        for path in sorted((base / FOLDER).glob("*.jsonl")):
            if path.stem not in (*corpora, PROPERTIES):
                yield Finding("file", "judged pairs of no corpus", "none here").at(path)


def _read(corpus: Corpus) -> tuple[tuple[JudgedPair, ...], list[Problem]]:
    path = pairs_path(corpus)
    if not path.exists():
        return (), []
    records = Records(path, JudgedPair)
    problems = [*records.problems, *_pair_problems(path, records.by_line, corpus)]
    return tuple(records.by_line.values()), sorted(problems, key=lambda p: p.line or 0)


def _pair_problems(path: Path, by_line: dict[int, JudgedPair], corpus: Corpus) -> Iterator[Problem]:
    known = _claim_ids(corpus, {pair.article for pair in by_line.values()})
    ids: dict[str, int] = {}
    parts: dict[str, tuple[Part, int]] = {}
    said: dict[tuple[str, str], int] = {}
    for line, pair in by_line.items():
        first = ids.setdefault(pair.id, line)
        part, there = parts.setdefault(pair.article, (pair.part, line))
        before = said.setdefault((pair.claim, pair.prediction or pair.sha256), line)
        for finding in (
            *_unknown(pair, corpus, known),
            *_unexplained(pair),
            *_unworded(pair),
            *_if(first != line, "id", f"{pair.id!r}, as in line {first}", "an id of its own"),
            *_if(
                part != pair.part,
                "part",
                f"{pair.part!r}, and {part!r} in line {there}",
                f"one part for all pairs of {pair.article}",
            ),
            *_if(
                before != line,
                "prediction",
                f"the claim and words of line {before} again",
                "each pair once, with every system that said so",
            ),
        ):
            yield finding.at(path, line)


def _if(wrong: bool, field: str, found: str, expected: str) -> Iterable[Finding]:
    return (Finding(field, found, expected),) if wrong else ()


def _claim_ids(corpus: Corpus, articles: Iterable[str]) -> dict[str, set[str] | None]:
    """Ids of the gold claims by article; None where its labels cannot be read, as is told there."""
    known: dict[str, set[str] | None] = {}
    for name in {entry.id for entry in corpus.article} & {*articles}:
        try:
            known[name] = {claim.id for claim in read_claims(corpus.labels(name))}
        except DataError:
            known[name] = None
    return known


def _unknown(
    pair: JudgedPair, corpus: Corpus, known: dict[str, set[str] | None]
) -> Iterator[Finding]:
    if pair.article not in known:
        near = suggest(pair.article, [entry.id for entry in corpus.article])
        yield Finding("article", repr(pair.article), f"an article of {corpus.name}{near}")
        return
    claims = known[pair.article]
    if claims is not None and pair.claim not in claims:
        near = suggest(pair.claim, claims)
        yield Finding("claim", repr(pair.claim), f"a gold claim of {pair.article}{near}")


def _unworded(pair: JudgedPair) -> Iterable[Finding]:
    if pair.prediction.strip():
        return _if(bool(pair.sha256), "sha256", "a hash beside the prediction", "one of the two")
    hashed = re.fullmatch("[0-9a-f]{64}", pair.sha256) is not None and not pair.prediction
    expected = "words, or the SHA-256 of words that quote a text which is not ours"
    return _if(not hashed, "prediction", f"{pair.prediction!r} and {pair.sha256!r}", expected)


def _unexplained(pair: JudgedPair) -> Iterator[Finding]:
    if {*pair.readings.last} != {pair.verdict} and not pair.why.strip():
        found = f"nothing, with {' and '.join(pair.readings.last)} settled as {pair.verdict}"
        yield Finding("why", found, "the reason of the third look")
