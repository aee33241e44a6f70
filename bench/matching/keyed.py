"""The default matcher: content words in common, then the facts veto."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

from bench import text
from bench.matching.base import Ground, Said, Verdict, by_threshold
from bench.matching.reading import HEDGES, NEGATIONS, Governed, Wording, key, opposed, roles_swapped
from bench.model import Frozen, GoldClaim


class keyed(Frozen, frozen=True, omit_defaults=False):  # noqa: N801 - its repr is its public name
    """Content words in common, then the facts veto. The default.

    Similarity is the best, over the gold claim's canonical text and forms, of a Tversky index
    (Tversky 1977) of the sets A and B of content words of wording and prediction,

        |A & B| / (|A & B| + 0.5 |A - B| + 0.3 |B - A|),

    in which names and counts weigh double, and the numbers of dates nothing (they may not differ,
    but may be left out). What a prediction says beyond the claim costs less than what it lacks,
    and a paragraph is too much. Repeating a word adds nothing.

    A pair at or above ``threshold`` is accepted unless the prediction

    - lacks a decisive fact of the claim, for a position also its holder,
    - gives another number than the wording, or lacks a count that it has (dates may be left out),
    - denies what the wording asserts, or the other way round, or says the opposite of the same
      word ("after the vote" for "before the vote"),
    - weakens or strengthens it by a hedge (not in a rule, where "may" grants),
    - swaps who does it and to whom it is done,
    - hides it in several sentences.

    One wording that it does not disagree with is enough, unless it nearly copies another one.

    The threshold was chosen on the dev part of the judged pairs (gold/pairs).
    """

    threshold: float = 0.5

    def accepted(
        self, gold: Sequence[GoldClaim], predicted: Sequence[Said]
    ) -> dict[tuple[int, int], float]:
        """Preference for every accepted pair (gold index, predicted index)."""
        bits: Bits = {}
        ours = [(i, w) for i, claim in enumerate(gold) for w in _readings(claim, bits)]
        result = {}
        for j, said in enumerate(predicted):
            close = self._close(ours, [_Theirs(w, bits) for w in said.wordings])
            for i, candidates in close.items():
                if best := _best(candidates, gold[i]):
                    result[i, j] = best
        return dict(sorted(result.items()))

    def _close(
        self, ours: Sequence[tuple[int, _Ours]], theirs: Sequence[_Theirs]
    ) -> dict[int, list[_Candidate]]:
        """By gold index, pairs of wordings at or above the threshold, the most similar first."""
        found: dict[int, list[_Candidate]] = {}
        threshold = self.threshold
        for b in theirs:
            mask = b.mask
            for i, a in ours:
                if a.mask & mask and (similarity := _similarity(a, b)) >= threshold:
                    found.setdefault(i, []).append((similarity, a, b))
        for candidates in found.values():
            candidates.sort(key=_by_similarity, reverse=True)
        return found

    def judge(self, gold: GoldClaim, predicted: Said, among: Sequence[GoldClaim] = ()) -> Verdict:
        """The decision for one pair, with its reason."""
        bits: Bits = {}
        ours = [(0, wording) for wording in _readings(gold, bits)]
        theirs = [_Theirs(w, bits) for w in predicted.wordings]
        close = self._close(ours, theirs).get(0)
        if not close:
            best = max(_similarity(a, b) for _, a in ours for b in theirs)
            return by_threshold(best, self.threshold)
        vetoes = [
            (similarity, *_veto(a.read, b.read, gold)) for similarity, a, b in _deciding(close)
        ]
        passed = next((v for v in vetoes if not v[2]), None)
        similarity, reason, ground = passed or vetoes[0]
        return Verdict(similarity, accepted=passed is not None, reason=reason, ground=ground)


DEFAULT = keyed()

Bits = dict[str, int]
"""One bit for each content word of an article's gold claims, from the second bit on."""

_NOTHING = 1
"""The first bit: that of a wording without any content word."""

_LACK, _EXTRA = 0.5, 0.3


_READINGS = 1 << 14  # bounds what is kept by a number of wordings, never by a corpus


@lru_cache(maxsize=_READINGS)
def _read(wording: str) -> Wording:
    """A wording, read once: systems are scored one after another against the same gold."""
    return Wording(wording)


class _Ours:
    """A gold wording, its content words as a bit set, and of those the names and counts."""

    __slots__ = ("heavy", "mask", "read", "weight")

    def __init__(self, wording: str, names: frozenset[str], bits: Bits) -> None:
        self.read = _read(wording)
        self.mask = self.heavy = 0
        for word in self.read.content:
            bit = bits.setdefault(word, 2 << len(bits))
            self.mask |= bit
            if word in names or word[0].isdigit():
                self.heavy |= bit
        self.mask = self.mask or _NOTHING
        self.weight = self.mask.bit_count() + (self.mask & self.heavy).bit_count()


class _Theirs:
    """A prediction: its words that some gold claim has as a bit set, and how many it has in all.

    A word that no gold claim has matches none and needs no bit.
    """

    __slots__ = ("mask", "read", "size")

    def __init__(self, wording: str, bits: Bits) -> None:
        self.read = _read(wording)
        words = self.read.content
        self.mask = sum(bits.get(word, 0) for word in words) if words else _NOTHING
        self.size = len(words) or 1


def _readings(claim: GoldClaim, bits: Bits) -> list[_Ours]:
    names = _names(claim)
    return [_Ours(wording, names, bits) for wording in claim.wordings]


_NAME = re.compile(r"(?<=[\w,;:] )[^\W\d_a-z]\w+")


@lru_cache(maxsize=_READINGS)
def _names(claim: GoldClaim) -> frozenset[str]:
    """Keys of words with a capital inside some wording or fact of the claim."""
    words = (word for wording in claim.wordings for word in _NAME.findall(wording))
    found = [word for word in words if word[0].isupper()]
    found += [fact for group in claim.facts for fact in group if fact[:1].isupper()]
    return frozenset(key(word) for name in found for word in text.tokens(name.rstrip("*"))) - {""}


def _similarity(a: _Ours, b: _Theirs) -> float:
    shared = a.mask & b.mask
    both = shared.bit_count() + (shared & a.heavy).bit_count()
    theirs = b.size + (b.mask & a.heavy).bit_count()
    return both / (both + _LACK * (a.weight - both) + _EXTRA * (theirs - both))


_Candidate = tuple[float, _Ours, _Theirs]


def _by_similarity(candidate: _Candidate) -> float:
    return candidate[0]


_TIE = 1e-6


def _best(close: Sequence[_Candidate], claim: GoldClaim) -> float | None:
    """The preference of the most similar pair of wordings without a veto; None if all have one.

    The similarity is shaded so that among equals the wording closest word for word wins:
    function words and order tell "the pool will close" from "the pool closed".
    """
    complete: dict[int, bool] = {}
    for similarity, a, b in _deciding(close):
        if id(b) not in complete:
            complete[id(b)] = not b.read.missing(claim.facts)
        if complete[id(b)] and not _disagreement(a.read, b.read, claim)[0]:
            ours, theirs = a.read.words, b.read.words
            shared = len({*ours} & {*theirs}) / (len({*ours} | {*theirs}) or 1)
            return similarity - _TIE * (1 - (shared + (ours == theirs)) / 2)
    return None


_COPY, _RIVALS = 0.75, 0.1


def _deciding(close: Sequence[_Candidate]) -> Sequence[_Candidate]:
    """The pairs that decide, the most similar first.

    Where the prediction nearly copies a wording, only those that are about as close may overrule
    what is wrong with it, and none may overrule swapped roles, another date or an opposite: "Bosk
    defeated Arlen" is no claim that Arlen did, though it has all words of the accepted "Bosk lost
    to Arlen".
    """
    best = close[0][0]
    if best < _COPY or any(a.read.words == b.read.words for _, a, b in close):
        return close
    rivals = [candidate for candidate in close if candidate[0] >= best - _RIVALS]
    for candidate in rivals:
        similarity, a, b = candidate
        ours, theirs = a.read, b.read
        if (
            _redated(ours, theirs)
            or opposed(ours, theirs)
            or (similarity == best and roles_swapped(ours, theirs))
        ):
            return [candidate]
    return rivals


def _redated(ours: Wording, theirs: Wording) -> bool:
    """Whether of equally many numbers in dates one is another, or so is a month or a day."""
    return len(ours.dates) == len(theirs.dates) == len(ours.dates & theirs.dates) + 1 or any(
        a - b and b - a for a, b in zip(ours.times, theirs.times, strict=True)
    )


_Veto = tuple[str, Ground]
"""Why a prediction cannot be this claim however alike the words, and of what kind that is."""


def _veto(ours: Wording, theirs: Wording, claim: GoldClaim) -> _Veto:
    if missing := theirs.missing(claim.facts):
        lacks = " and ".join(" / ".join(group) for group in missing)
        return f"lacks {lacks}", _kind(missing[0], ours, theirs, claim)
    return _disagreement(ours, theirs, claim)


def _kind(group: Sequence[str], ours: Wording, theirs: Wording, claim: GoldClaim) -> Ground:
    """Of what kind a missing fact is, by the words that would satisfy it."""
    words = {word for fact in group for word in text.tokens(fact.rstrip("*"))}
    holder = claim.source.name if claim.source and claim.type == "position" else ""
    if not words.isdisjoint(text.tokens(holder)):
        return "holder"
    if words <= NEGATIONS | {"n", "t"}:
        return "polarity"
    if words <= HEDGES:
        return "hedge"
    counted = any(word[0].isdigit() for word in text.merge_numbers([*words]))
    return "number" if counted and theirs.numbers - ours.numbers else "fact"


def _disagreement(ours: Wording, theirs: Wording, claim: GoldClaim) -> _Veto:
    """In what two wordings disagree; empty if in nothing that is looked at."""
    if ours.words == theirs.words:
        return "", ""
    if told := _misnumbered(ours, theirs):
        return told, "number"
    if theirs.sentences > max(1, ours.sentences):
        return f"is a passage of {theirs.sentences} sentences", "bundle"
    if _parted(ours, theirs, _denied):
        return "denies what the claim asserts, or asserts what it denies", "polarity"
    if told := opposed(ours, theirs):
        return f"says {told!r}, where the claim says the opposite", "polarity"
    if claim.type != "rule" and _parted(ours, theirs, _hedged):
        return "is more or less certain than the claim", "hedge"
    if roles_swapped(ours, theirs):
        return "swaps who does it and to whom it is done", "roles"
    return "", ""


def _misnumbered(ours: Wording, theirs: Wording) -> str:
    """Which number, or part of a date, differs or lacks; empty if none does."""
    said = theirs.numbers
    for wanted, rival, there, here in (
        (ours.figures, theirs.figures, said, ours.numbers),
        (ours.dates, theirs.dates, said, ours.numbers),
        *((a, b, b, a) for a, b in zip(ours.times, theirs.times, strict=True)),
    ):
        if wanted - there and rival - here:
            return f"says {_listed(rival - here)} where the claim says {_listed(wanted - there)}"
    if lacking := ours.figures - (said - (theirs.dates - ours.dates)):
        return f"lacks {_listed(lacking)}"
    if _exchanged(ours.counted, theirs.counted):
        return "counts one thing by the number of another"
    return ""


def _exchanged(ours: Mapping[str, str], theirs: Mapping[str, str]) -> bool:
    """Whether what one side counts by a number the other counts by that of something else."""
    both = [noun for noun in ours if noun in theirs and ours[noun] != theirs[noun]]
    return any(ours[a] == theirs[b] and ours[b] == theirs[a] for a in both for b in both)


def _denied(wording: Wording) -> Governed:
    return wording.negations


def _hedged(wording: Wording) -> Governed:
    return wording.hedges


def _parted(ours: Wording, theirs: Wording, governed: Callable[[Wording], Governed]) -> bool:
    """Whether a negation, or a hedge, of one side is not on the other.

    It must govern some word there that it governs here. One that only the prediction has is
    excused if that has room for another clause, the word nearest to it is not the claim's, and it
    does not govern most of the claim's words: "nobody is worried about the levees, which leave six
    feet" says that the levees leave six feet.
    """
    mine, its = governed(ours), governed(theirs)
    if mine and its:
        return _lost(mine, its, theirs) or _lost(its, mine, ours)
    if not its:
        return bool(mine)
    words = {*ours.keys}
    return len({*theirs.keys}) - len(words) < _CLAUSE or any(
        group[0] in words or 2 * len(words & {*group}) > len(words) for group in its if group
    )


_CLAUSE = 3
"""So many content words more than the claim has make another clause."""


def _lost(here: Governed, there: Governed, other: Wording) -> bool:
    """Whether some word that is governed here is in the other wording, and none is governed."""
    governed = {word for group in there for word in group[:_NEXT]}
    words = {*other.keys}
    return any(words & near and not governed & near for near in ({*g[:_NEXT]} for g in here))


_NEXT = 2
"""So many content words are what a negation, or a hedge, bears on, whatever else it embraces."""


def _listed(values: Iterable[str]) -> str:
    return ", ".join(sorted(values))
