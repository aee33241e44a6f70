"""What is wrong with a prediction: beside the gold claim nearest to it, or beside the article."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from bench import text
from bench.diagnosis.causes import Cause
from bench.matching import Ground
from bench.model import GoldClaim, Source

NEAR = 0.4
"""Dice coefficient of content words from which a prediction is about a gold claim at all."""

_ALIKE = 0.6
"""Share of the longer of two wordings that the other has, if they differ in one thing alone."""


class Wording(text.Reading):
    """A wording as it is written, and the stems of its content words."""

    def __init__(self, wording: str) -> None:
        super().__init__(wording)
        self.text = wording
        self.stems = frozenset(map(text.content_key, self.merged)) - {""}

    @cached_property
    def plain(self) -> frozenset[str]:
        """The stems without numerals and hedges."""
        return self.stems - self.numbers - _HEDGE_STEMS

    @property
    def hedged(self) -> bool:
        """Whether there is a word that makes it less than certain or exact."""
        return not _HEDGES.isdisjoint(text.tokens(self.text.replace("May", "")))  # the month


_HEDGES = frozenset(
    "may might could perhaps possibly probably likely unlikely reportedly allegedly apparently "
    "seemingly seems seem seemed appears appear appeared suspected believed expected about around "
    "roughly approximately nearly almost some principle considering".split()
)
_HEDGE_STEMS = frozenset(map(text.content_key, _HEDGES))


def closeness(a: frozenset[str], b: frozenset[str]) -> float:
    """Dice coefficient 2 |A ∩ B| / (|A| + |B|); 0 where either is empty."""
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0


class Met(NamedTuple):
    """A prediction beside the wording of a gold claim that is nearest to it."""

    gold: GoldClaim
    wording: Wording
    said: Wording

    @property
    def alike(self) -> bool:
        """Whether the content words are mostly the same, numerals and hedges set apart."""
        ours, theirs = self.wording.plain, self.said.plain
        return len(ours & theirs) >= _ALIKE * max(len(ours), len(theirs))


def cause_of(met: Met, ground: Ground) -> Cause:
    """The first cause that is true of a pair which a matcher turned down on ``ground``."""
    told = _GROUNDS.get(ground)
    for cause, seen in _SEEN.items():
        if cause == told or seen(met):
            return cause
    return "partial"


_GROUNDS: Mapping[Ground, Cause] = {
    "roles": "wrong attribution",
    "number": "wrong number",
    "polarity": "wrong polarity",
    "hedge": "hedge changed",
}


def _other_holder(met: Met) -> bool:
    """Whether a position is given to somebody else, who opens the prediction."""
    source = met.gold.source
    if met.gold.type != "position" or source is None or not met.alike:
        return False
    holder = frozenset[str]().union(*_parties(source))
    if holder & met.said.stems or not _PRONOUNS.isdisjoint(met.said.words):
        return False
    known = frozenset[str]().union(*(Wording(w).stems for w in met.gold.wordings))
    first = next(filter(None, map(text.content_key, met.said.merged)), "")
    return first not in known


def _misnumbered(met: Met) -> bool:
    ours, theirs = met.wording.numbers, met.said.numbers
    return not ours <= theirs and not theirs <= ours and met.alike


def _reversed(met: Met) -> bool:
    return met.wording.negated != met.said.negated and met.alike


def _rehedged(met: Met) -> bool:
    return met.wording.hedged != met.said.hedged and met.alike


def _out_of_context(met: Met) -> bool:
    """Whether what the prediction lacks is no more than its references stand for."""
    ours, theirs = met.wording, met.said
    lacking = ours.stems - theirs.stems
    if not lacking or lacking & text.counted(ours.text):
        return False
    loose = [*_references(theirs, ours)]
    extra = theirs.stems - ours.stems - {text.content_key(w) for words in loose for w in words}
    return not extra and _runs(ours.merged, lacking) <= len(loose)


_SEEN: Mapping[Cause, Callable[[Met], bool]] = {
    "wrong attribution": _other_holder,
    "wrong number": _misnumbered,
    "wrong polarity": _reversed,
    "hedge changed": _rehedged,
    "missing context": _out_of_context,
}
"""What shows each cause of a pair, in order of precedence."""


_PRONOUNS = frozenset(
    "he him his she her hers it its they them their theirs this these those we us our".split()
)
_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_TIMES = (
    "day|night|morning|afternoon|evening|week|weekend|month|year|spring|summer|autumn|winter|"
    + _DAYS
)
_RELATIVE = re.compile(
    r"\b(?:yesterday|today|tomorrow|tonight|recently|ago|earlier|now|then"
    rf"|(?:last|next|this|that|same|previous|following) (?:{_TIMES})|{_DAYS})\b"
)
_DETERMINERS = frozenset("the this that these those".split())


def _references(said: Wording, gold: Wording) -> Iterator[Sequence[str]]:
    """The words of each reference of ``said`` that is not in ``gold``: what only context tells."""
    yield from ((word,) for word in {*said.words} - {*gold.words} if word in _PRONOUNS)
    whole = " ".join(gold.words)
    for match in _RELATIVE.finditer(" ".join(said.words)):
        if match[0] not in whole:
            yield match[0].split()
    known = {*pairwise(gold.words)}
    for pair in pairwise(said.words):
        if pair[0] in _DETERMINERS and text.content_key(pair[1]) and pair not in known:
            yield pair


def _runs(words: Sequence[str], lacking: frozenset[str]) -> int:
    """The number of stretches of ``words`` with none but ``lacking`` among their content words."""
    marks = [key in lacking for key in map(text.content_key, words) if key]
    return sum(here and not before for before, here in pairwise((False, *marks)))


def other_source(given: str | None, source: Source | None) -> bool:
    """Whether a system credits a claim to somebody else than the gold, or to anybody at all.

    Two names are of one party if the content words of one are all in the other ("Voss", "Lena
    Voss"). Nothing, a pronoun, and a name without a content word say nobody.
    """
    party = frozenset() if given is None else Wording(given).stems
    if not party:
        return False
    return source is None or not any(n <= party or party <= n for n in _parties(source))


def _parties(source: Source) -> list[frozenset[str]]:
    """The content words of each name of a source that has any."""
    return [s for s in (Wording(n).stems for n in (source.name, *source.aliases)) if s]
