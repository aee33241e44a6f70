"""Reading a wording for matching: what it speaks of, how sure it is, who does what to whom.

All by the words alone, without a parser: fast, the same everywhere, and blind to what only
grammar tells. What a system may import of this lies in ``bench.text``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import pairwise

from bench import text

_IRREGULAR = {
    form: verb
    for verb, *forms in map(
        str.split,
        """beat beaten|become became|begin began begun|break broke broken|bring brought|build built
        |buy bought|catch caught|child children|choose chose chosen|come came|cut cutting
        |draw drew drawn|drive drove driven|fall fell fallen|feel felt|fight fought|find found
        |fly flew flown|foot feet|forbid forbade forbidden|forget forgot forgotten
        |freeze froze frozen|get got gotten|give gave given|go went gone|grow grew grown
        |half halves|hear heard|hide hid hidden|hit hitting|hold held|keep kept|knife knives
        |know knew known|lay laid|lead led|leave left|lend lent|life lives|lose lost|make made
        |man men|mean meant|meet met|pay paid|person people|put putting|ride rode ridden
        |ring rang rung|rise rose risen|run ran running|see saw seen|seek sought|sell sold
        |send sent|set setting|shake shook shaken|shoot shot|show shown|shut shutting
        |sing sang sung|sink sank sunk|sit sat|sleep slept|speak spoke spoken|spend spent
        |stand stood|steal stole stolen|strike struck stricken|swear swore sworn|swim swam swum
        |take took taken|teach taught|tear tore torn|tell told|think thought|throw threw thrown
        |understand understood|wake woke woken|wear wore worn|win won winning
        |withdraw withdrew withdrawn|wolf wolves|woman women|write wrote written""".split("|"),
    )
    for form in (verb, *forms)
}
_SHORT = {
    "km": "kilometre",
    "kilometer": "kilometre",
    "meter": "metre",
    "cm": "centimetre",
    "kg": "kilogram",
    "kilo": "kilogram",
    "hr": "hour",
    "hrs": "hour",
    "mins": "minute",
    "dr": "doctor",
    "prof": "professor",
    "govt": "government",
    "jan": "january",
    "feb": "february",
    "aug": "august",
    "sep": "september",
    "sept": "september",
    "oct": "october",
    "nov": "november",
    "dec": "december",
    "usa": "us",
    "mr": "",
    "mrs": "",
    "ms": "",
}


@lru_cache(maxsize=1 << 16)
def key(word: str) -> str:
    """What a word counts as: a content word without inflection; empty for a function word."""
    word = _IRREGULAR.get(word, word)
    stem = text.content_key(_SHORT.get(word, word))
    return text.content_key(_SHORT[stem]) if stem in _SHORT else stem


class Wording(text.Reading):
    """One wording, read once.

    ``keys`` are the content words in order, ``content`` the set of them without the numbers of
    dates, years and clock times.
    """

    def __init__(self, wording: str) -> None:
        super().__init__(wording)
        self.wording = wording
        self.keys = tuple([k for k in map(key, self.merged) if k])
        self.content = frozenset(self.keys)
        if _DATED.search(wording):
            self.content -= self.dates

    @property
    def dates(self) -> frozenset[str]:
        """The numbers of dates, years and clock times alone."""
        return self.numbers - self.figures

    @cached_property
    def figures(self) -> frozenset[str]:
        """The numbers but for those of dates, years and clock times."""
        if not self.numbers or not _DATED.search(self.wording):
            return self.numbers
        return text.counted(_CLOCK.sub(r"\1:\2", self.wording))

    @cached_property
    def sentences(self) -> int:
        """How many sentences it has."""
        return len(text.sentences(self.wording))

    @cached_property
    def clauses(self) -> tuple[tuple[str, ...], ...]:
        """The words between commas, colons, brackets and quotation marks."""
        parts = (text.merge_numbers(text.tokens(part)) for part in _PAUSE.split(self.wording))
        return tuple(part for part in parts if part)

    @cached_property
    def negations(self) -> tuple[frozenset[str], ...]:
        """For each negation the content words that it denies.

        The next two of its clause, else the last two before it.
        """
        return tuple(self._governed(NEGATIONS, _NO_NEGATION))

    @cached_property
    def hedges(self) -> tuple[frozenset[str], ...]:
        """For each hedge the content words that it weakens, as for ``negations``."""
        operators = HEDGES if _MODAL_MAY.search(self.wording) else HEDGES - {"may"}
        return tuple(self._governed(operators, ()))

    def _governed(
        self, operators: frozenset[str], not_before: Sequence[str]
    ) -> Iterator[frozenset[str]]:
        for words in self.clauses if not operators.isdisjoint(self.words) else ():
            for at, word in enumerate(words):
                if word in operators and not {*words[at + 1 : at + 2]} & {*not_before}:
                    after = _named(words[at + 1 : at + 1 + _REACH])
                    before = _named(words[max(0, at - _REACH) : at])
                    yield frozenset(after[:2] or before[-2:])


_PAUSE = re.compile(r"[;:()\"“”]|,(?=\s)|\s[–—-]\s")


def _named(words: Sequence[str]) -> list[str]:
    """Content words without numbers: "none of the twelve left" denies the leaving."""
    return [k for k in map(key, words) if k and not k[0].isdigit()]


_REACH = 6
_MODAL_MAY = re.compile(r"\bmay\b")
"""The month has a capital."""
_DATED = re.compile(
    r"\b(?:1[5-9]|20)\d\d\b|\d ?[ap]\.?m\b|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
)
"""What every date or clock time has; most numbers stand in none."""
_CLOCK = re.compile(r"\b(\d{1,2})\.(\d\d ?[ap]\.?m)")
NEGATIONS = frozenset(
    "not no never none neither nor nobody nothing nowhere without "
    "deny denies denied denying".split()
)
_NO_NEGATION = ("only", "just", "least", "later")
HEDGES = frozenset(
    "may might could possibly perhaps probably likely unlikely apparently reportedly allegedly "
    "seemingly presumably principle seems seem seemed appears appear appeared suspected "
    "alleged".split()
)


_BE = frozenset("is are was were be been being".split())
_NO_ROLE = frozenset("of in on at from for with to than as".split())


def roles_swapped(ours: Wording, theirs: Wording) -> bool:
    """Whether some verb that both have joins the same two parties the other way round.

    "A defeated B" against "B defeated A" or "A was defeated by B". Looked for around each shared
    word in the shape of a verb: the parties are the shared content words next to it.
    """
    shared = {*ours.keys} & {*theirs.keys}
    return len(shared) > 2 and any(
        _turned(_around(ours, verb, shared), _around(theirs, verb, shared))
        for verb in shared & _verbs(ours) & _verbs(theirs)
    )


_Sides = tuple[list[str], list[str], bool]
"""Content words before and after a verb, the nearest first, and whether it is passive."""


def _turned(a: _Sides, b: _Sides) -> bool:
    (a_before, a_after, a_passive), (b_before, b_after, b_passive) = a, b
    if not (a_before and a_after and b_before and b_after):
        return False
    if a_passive != b_passive:
        return (a_before[0], a_after[0]) == (b_before[0], b_after[0])
    return (
        a_before[0] in b_after
        and b_before[0] in a_after
        and (a_after[0] in b_before or b_after[0] in a_before)
    )


def _verbs(wording: Wording) -> set[str]:
    """Keys of words in the shape of a finite verb: an ending, or an irregular past."""
    words = wording.merged
    names = {name.lower() for name in _CAPITAL.findall(wording.wording)}
    return {
        key(word)
        for n, (word, after) in enumerate(pairwise(words))
        if n
        and after not in _NO_ROLE
        and (
            word.endswith("ed")
            or _IRREGULAR.get(word, word) != word
            or (word.endswith("s") and (after in _DETERMINERS or after in names))
        )
        and key(word)
    }


_CAPITAL = re.compile(r"\b[A-Z]\w*")
_DETERMINERS = frozenset("the a an his her its their this that these those no".split())


def _around(wording: Wording, verb: str, shared: set[str]) -> _Sides:
    words = wording.merged
    at = next(n for n, word in enumerate(words) if n and key(word) == verb)
    by = _agent(wording, verb)
    passive = by is not None
    before = [k for k in map(key, words[:at][::-1]) if k in shared]
    after = [k for k in map(key, words[at + 1 if by is None else by :]) if k in shared]
    return before[:_PARTY], after[:_PARTY], passive


_PARTY = 3


def _agent(wording: Wording, verb: str) -> int | None:
    """Where the agent of a passive verb begins: after "by", in the same clause; None if active."""
    start = 0
    for words in wording.clauses:
        for n, word in enumerate(words):
            if key(word) == verb and "by" in words[n + 1 : n + _REACH]:
                by = words.index("by", n)
                if by == n + 1 or not _BE.isdisjoint(words[max(0, n - 3) : n]):
                    return start + by + 1
        start += len(words)
    return None
