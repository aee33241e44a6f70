"""Properties of predictions that need no gold: read off their own words.

Each is a proxy: it looks at words and knows no grammar. Given the predictions of an article it
returns, for each in order, why that lacks the property, or nothing. How far it agrees with two
readers is measured by ``claimbench audit --properties`` on the examples in gold/pairs.

A proxy that does not agree has no place here: kappa on articles held out must be 0.6 or more. Two
fell short. Whether a prediction is faithful: all its numbers and content words are in the article
(0.20: a condition dropped or a pronoun misread shows in no word). Whether it stands alone: it has a
name, and no pronoun, definite phrase or time that only the article resolves (0.55: often a setting
is left out and no word is to blame).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from math import ceil

from bench import text
from bench.model import Counts

# Verbs in a finite form, by their looks: auxiliaries, common irregular pasts, what ends in -ed and
# follows no article, and what ends in -s where an object or a place comes after it.
_IRREGULAR = (
    "became|began|blew|bought|broke|brought|built|came|caught|chose|cost|cut|did|drew|drove|fell"
    "|felt|fled|flew|fought|found|gave|got|grew|held|hit|kept|knew|laid|led|left|lent|lost|made"
    "|meant|met|paid|put|ran|rose|said|sank|sat|saw|sent|set|shook|shot|shut|sold|spent|spoke"
    "|stole|stood|struck|swore|taught|thought|threw|told|took|understood|went|withdrew|won|wrote"
)
_FINITE = re.compile(
    r"\b(?:is|are|was|were|am|has|have|had|do|does|did|will|would|shall|should|can|cannot|could"
    rf"|may|might|must|{_IRREGULAR}"
    r"|(?<!\ba )(?<!\ban )(?<!\bthe )(?<!-)(?!(?:hundr|ne|ind|sp)e?ed\b)[a-z]{2,}ed"
    r"|[a-z]{2,}(?<![su])s(?= (?:the|an?|it|its|his|her|their|that|to|him|them|up|out|no|all|both"
    r"|with|[A-Z]\w+)\b))\b|n['’]t\b"
)
_PREDICATE = re.compile(
    rf"{_FINITE.pattern}|(?<=\w )[a-z]{{2,}}(?<![su])s (?=\S)"
    r"|\b(?:have|hold|get|belong|continue|appear|concern|lie|lay|stay|want|say|need|remain|fear"
    r"|expect|come|go|take|make|show|face|share)\b"
    r"|^\w+s (?!of|in|at|for|on|from|by|with|and|or|to|\w+en\b)[a-z]+ |\w to [a-z]"
)
_CUT_OFF = re.compile(
    r"^[^,\"“:]*\b(?:had|has|have|was|is|are|were|will|would|did|wrote|said|says|added"
    r"|argued(?: on \w+)?|told (?:the )?\w+)$"
)


def _asserts(wording: str) -> bool:
    """Whether there is a statement, and not only a noun phrase, a headline or who said it."""
    bare = wording.strip('"“”.!?’ ')
    return bool(_PREDICATE.search(bare)) and not _CUT_OFF.search(bare)


_LONGEST = 1000
"""Characters beyond which nothing is one assertion, nor worth the time to look into."""

_DATELINE = re.compile(r"^[A-Z]{2,}[A-Z ]*,[^-–—]{1,12}[-–—] ?")
_FRAME = re.compile(
    r"^(?:(?! and )[^,.;:]){0,80}?\b(?:said|says|say|told [\w ]{1,30}?|claimed|argue[sd]|believes?"
    r"|warn(?:s|ed)|added|insist(?:s|ed)|wrote|report(?:s|ed)|announced|state[sd]"
    r"|made it (?:plain|clear)|expects?|suggested|confirmed|accept(?:s|ed)|ruled"
    r"|informed [\w ]{1,30}?|quotes? [^,;:]+? as saying)\b"
    r"(?: on \w+day)?,?(?: that)? (?!by\b|in\b|of\b)"
    r"|,? (?:according to|citing) [^,]+$|, [^,]{0,60}\b(?:said|says|added|told|argued)\b[^,]*$"
    r"|^according to [^,]+, ",
    re.IGNORECASE,
)
_TITLE = re.compile(r"\b(?:[A-Z]|Mr|Mrs|Ms|Dr|St)\.")
_BREAK = re.compile(r";|\n|[.!?][\"”’']? +[\"“‘]?[A-Z]|(?<=[a-z]): | [–—-] ")
_ASIDE = re.compile(
    r",\s(?:which|who|whom|whose|where|when|so|then|but|yet|while|whereas|although|though)\b"
    r"|,\s[a-z]{2,}ing\b(?!,? (?:or|and)\b)|\b(?:after|before) \w+ing\b"
    r"|\([^)]*(?:\d|\w+ \w+ \w+)[^)]*\)"
    r"|, (?:about|nearly|almost|less|more|down|up|including|most|half|in force) \w"
    r"|, (?:an?|the) (?:first|last|only|most|least|\w+est|step)\b|, \d+ of them\b|, \d\d,"
)
_JOINT = re.compile(
    r",?\s(?:and|but|or|so|yet|then|while|whereas|although|though|after|(?<!never )before|when|nor"
    r"|as)\s"
)
_BETWEEN = re.compile(r"\bbetween ([^,]{1,40}?) and\b")


def divisible(claims: Sequence[str]) -> list[str]:
    """For each prediction, in order: why it is not one assertion, but none or several.

    It makes none without a verb that looks finite. It makes several if it has several sentences, if
    a conjunction has such verbs on both sides, or if a relative clause, a participle or an aside
    between commas or brackets adds something. Who says it is no assertion of its own; neither is
    a condition or a cause, being linked by "if" or "because".

    Verbs are known by auxiliaries, a list, and their endings: a clause in the plural of the
    present tense ("prices fall and wages rise"), a comma splice and a bare apposition go unseen; a
    participle after "and" ("raw or cooked") may pass for a verb.
    """
    return [_division(claim) for claim in claims]


def _division(wording: str) -> str:
    if len(wording) > _LONGEST:
        return f"more than {_LONGEST} characters"
    bare = _DATELINE.sub("", wording.strip().strip('"“”').rstrip('.!?"”’'))
    if found := _BREAK.search(_TITLE.sub("", bare)):
        return f"parted by {found[0]!r}"
    if not _asserts(bare):
        return "asserts nothing"
    core = _BETWEEN.sub(r"between \1 to", _unframed(bare))
    if found := _ASIDE.search(core):
        return f"an aside: {found[0].strip(' ,')!r}"
    for joint in _JOINT.finditer(core):
        if _FINITE.search(core[: joint.start()]) and _FINITE.search(core[joint.end() :]):
            return f"clauses joined by {joint[0].strip(' ,')!r}"
    return ""


def _unframed(wording: str) -> str:
    """What is said, without who says so."""
    while (core := _FRAME.sub("", wording, count=1)) != wording:
        wording = core
    return wording


_CUES = frozenset(
    "not no never none neither nor without denies denied deny refused could may might would should "
    "if unless whether perhaps probably likely unlikely possible possibly reportedly allegedly "
    "hopes plans fears believes suggested must can".split()
)
_ENOUGH = 0.85
"""Share of a prediction's content words that another must have to say what it says."""


class _Said(text.Reading):
    """A prediction, read once for all that it is compared with."""

    def __init__(self, wording: str) -> None:
        super().__init__(wording)
        self.keys = [text.content_key(word) for word in self.merged]
        self.content = {*self.keys} - {""}
        self.needed = max(1, ceil(_ENOUGH * len(self.content)))
        self.cues = _CUES & {*self.merged}
        self.asserts = _asserts(wording)

    def says(self, other: _Said) -> bool:
        """Whether some stretch of this says what ``other`` says, in nearly all of its words."""
        shared = other.content & self.content
        if not other.asserts or len(shared) < other.needed or not other.numbers <= self.numbers:
            return False
        return _CUES & {*self._stretch(shared)} <= other.cues <= self.cues

    def _stretch(self, wanted: set[str]) -> Sequence[str]:
        """The shortest stretch of words that has all content words ``wanted``."""
        seen: dict[str, int] = {}  # where each stands, the one that was met longest ago first
        start, end = 0, len(self.keys)
        for at, key in enumerate(self.keys):
            if key in wanted:
                seen.pop(key, None)
                seen[key] = at
                first = next(iter(seen.values()))
                if len(seen) == len(wanted) and at + 1 - first < end - start:
                    start, end = first, at + 1
        return self.merged[start:end]


def repeats(claims: Sequence[str]) -> list[str]:
    """For each of an article's predictions, in order: which other says it already.

    That is one in equal words, or one that has nearly all of its content words and all of its
    numbers, and the same negations and hedges among them. Of those that say the same, the longest
    stands, whatever their order.

    Other words for the same thing go unseen; the same words in other roles pass for the same.
    """
    read = [_Said(claim) for claim in claims]
    by_rank = sorted(range(len(read)), key=lambda i: (-len(read[i].content), read[i].words, i))
    rank = {i: place for place, i in enumerate(by_rank)}
    first: dict[tuple[str, ...], int] = {}
    for i in by_rank:
        first.setdefault(read[i].words, i)
    holders: dict[str, list[int]] = {}
    for i in first.values():
        for key in read[i].content:
            holders.setdefault(key, []).append(i)

    def speaker(i: int) -> int | None:
        """The first in rank that says what prediction ``i`` says, and stands before it."""
        same = first[read[i].words]
        if same != i:
            return same
        return min(
            (
                j
                for j in _candidates(read[i], holders) - {i}
                if read[j].says(read[i]) and (rank[j] < rank[i] or not read[i].says(read[j]))
            ),
            key=rank.__getitem__,
            default=None,
        )

    speakers = map(speaker, range(len(read)))
    return ["" if j is None else f"said by {claims[j]!r}" for j in speakers]


def _candidates(one: _Said, holders: Mapping[str, Sequence[int]]) -> set[int]:
    """All that may say what ``one`` says: each has one of these, its rarest content words."""
    rarest = sorted(one.content, key=lambda key: (len(holders[key]), key))
    enough = len(one.content) - one.needed + 1
    return {j for key in rarest[:enough] for j in holders[key]}


PROXIES: Mapping[str, Callable[[Sequence[str]], list[str]]] = {
    "atomic": divisible,
    "distinct": repeats,
}
"""By property, what tells why each prediction of an article lacks it."""

MEANING: Mapping[str, str] = {
    "atomic": "one assertion, by its verbs and conjunctions",
    "distinct": "not said by another prediction of the article; the rest is redundant",
}
"""What each property is, in a few words."""


def tally(claims: Sequence[str]) -> dict[str, Counts]:
    """By property, how many of an article's predictions have it (tp) and lack it (fp)."""
    reasons = {name: lacks(claims) for name, lacks in PROXIES.items()}
    return {
        name: Counts(tp=told.count(""), fp=len(told) - told.count(""))
        for name, told in reasons.items()
    }
