"""Articles as the classifiers see them, and what the labelled ones teach."""

from collections.abc import Iterable, Iterator
from itertools import chain, count
from typing import Any, NamedTuple

import numpy as np

from bench.text import Reading, content_key

from candidates import cuts
from clauses import Clause
from features import Example, of_clause, of_wording

SAME = 0.6  # from this overlap of content words on, a clause may state a claim


class Candidates(NamedTuple):
    """The clauses of an article in order; ``cuts`` are the ways of cutting each sentence."""

    clauses: list[Clause]
    examples: list[Example]
    cuts: list[list[list[int]]]

    def kept(self, sure: np.ndarray, threshold: float) -> list[int]:
        """Clauses as sure as ``threshold``, of each sentence those of the most promising cut."""
        gain = np.maximum(sure - threshold, 0)
        best = (max(ways, key=lambda way: gain[way].sum()) for ways in self.cuts)
        return [index for index in chain(*best) if sure[index] >= threshold]


class Lesson(NamedTuple):
    """A labelled article, and for each of its clauses the index of the claim that it states."""

    candidates: Candidates
    states: list[int | None]
    claims: list[dict]

    def stated(self) -> Iterator[tuple[dict, list[str]]]:
        """Every claim with the clauses that state it."""
        for index, claim in enumerate(self.claims):
            pairs = zip(self.candidates.clauses, self.states, strict=True)
            yield claim, [clause.text for clause, state in pairs if state == index]


class Labelled(NamedTuple):
    """Examples, their labels, and the number of the article that each is from."""

    examples: list[Example]
    labels: list
    articles: list[int]


def read(text: str) -> Candidates:
    """The candidate clauses of an article."""
    sentences = cuts(text)
    index = count()
    return Candidates(
        [clause for ways in sentences for clause in chain(*ways)],
        [
            of_clause(clause, ways[0][0].text, clause.span[0] / len(text))
            for ways in sentences
            for clause in chain(*ways)
        ],
        [[[next(index) for _ in way] for way in ways] for ways in sentences],
    )


def study(item: dict) -> Lesson:
    """A labelled article as it is handed over for training."""
    candidates = read(item["article"]["text"])
    claims = [_Known(claim) for claim in item["claims"]]
    return Lesson(candidates, [_stated(c.text, claims) for c in candidates.clauses], item["claims"])


def claimhood(lessons: list[Lesson]) -> Labelled:
    """Every clause, and whether it states a claim."""
    return _labelled(
        (example, index is not None, number)
        for number, lesson in enumerate(lessons)
        for example, index in zip(lesson.candidates.examples, lesson.states, strict=True)
    )


def typing(lessons: list[Lesson]) -> Labelled:
    """Every wording of every claim, and every clause that states one, with the claim's type.

    Wordings are many and neat, clauses are what there is to type: one counts for as many
    examples as its claim has wordings.
    """
    return _labelled(
        (of_wording(text), claim["type"], number)
        for number, lesson in enumerate(lessons)
        for claim, clauses in lesson.stated()
        for text in (*_wordings(claim), *clauses * len(_wordings(claim)))
    )


def _labelled(rows: Iterable[tuple[Example, Any, int]]) -> Labelled:
    columns = [*zip(*rows, strict=True)] or [(), (), ()]
    return Labelled(*map(list, columns))


def _wordings(claim: dict) -> list[str]:
    return [claim["text"], *claim["forms"]]


def f1(lessons: list[Lesson], sure: np.ndarray, threshold: float) -> float:
    """F1 over the articles if clauses were kept from ``threshold`` on; as scored, types ignored.

    ``sure`` holds the probabilities of all clauses in order. A claim is found once; optional
    ones and what states them do not count.
    """
    found = kept = required = start = 0
    for candidates, states, claims in lessons:
        end = start + len(states)
        stated = [states[index] for index in candidates.kept(sure[start:end], threshold)]
        counted = [i for i in stated if i is None or not claims[i]["optional"]]
        kept += len(counted)
        found += len(set(counted) - {None})
        required += sum(not claim["optional"] for claim in claims)
        start = end
    return 2 * found / (kept + required)


class _Wording(Reading):
    """A wording as the scorer reads it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.content = set(map(content_key, self.merged)) - {""}

    def overlap(self, other: "_Wording") -> float:
        """Dice coefficient of the content words; 0 where number or negation differs."""
        agree = self.numbers <= other.numbers or other.numbers <= self.numbers
        if not agree or self.negated != other.negated or not self.content:
            return 0.0
        shared = len(self.content & other.content)
        return 2 * shared / (len(self.content) + len(other.content))


class _Known:
    """A gold claim with all of its wordings read."""

    def __init__(self, claim: dict) -> None:
        self._facts = claim["facts"]
        self._wordings = [_Wording(text) for text in _wordings(claim)]

    def overlap(self, clause: _Wording) -> float:
        """How far the clause agrees with the closest wording; 0 if it lacks a decisive fact."""
        closest = max(clause.overlap(wording) for wording in self._wordings)
        return closest if closest >= SAME and not clause.missing(self._facts) else 0.0


def _stated(text: str, claims: list[_Known]) -> int | None:
    """The claim that the text states, if it states any."""
    clause = _Wording(text)
    overlaps = [claim.overlap(clause) for claim in claims]
    return int(np.argmax(overlaps)) if any(overlaps) else None
