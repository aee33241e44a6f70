"""Reading a wording for matching: what it speaks of, how sure it is, who does what to whom.

All by the words alone, without a parser: fast, the same everywhere, and blind to what only
grammar tells. What a system may import of this lies in ``bench.text``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import takewhile
from typing import NamedTuple

from bench import text

_IRREGULAR = {
    form: verb
    for verb, *forms in map(
        str.split,
        """beat beaten|become became|begin began begun|bite bit bitten|break broke broken
        |bring brought|build built|buy bought|catch caught|choose chose chosen|come came
        |cut cutting|draw drew drawn|drive drove driven|fall fell fallen|feel felt
        |fight fought|find found|fly flew flown|forbid forbade forbidden
        |forget forgot forgotten|freeze froze frozen|get got gotten|give gave given
        |go went gone|grow grew grown|hear heard|hide hid hidden|hit hitting|hold held
        |keep kept|know knew known|lay laid|lead led|leave left|lend lent|lose lost|make made
        |mean meant|meet met|pay paid|put putting|ride rode ridden|ring rang rung
        |rise rose risen|run ran running|see saw seen|seek sought|sell sold|send sent
        |set setting|shake shook shaken|shoot shot|show shown|shut shutting|sing sang sung
        |sink sank sunk|sit sat|sleep slept|speak spoke spoken|spend spent|stand stood
        |steal stole stolen|strike struck stricken|swear swore sworn|swim swam swum
        |take took taken|teach taught|tear tore torn|tell told|think thought
        |throw threw thrown|understand understood|wake woke woken|wear wore worn
        |win won winning|withdraw withdrew withdrawn|write wrote written""".split("|"),
    )
    for form in (verb, *forms)
}
_PLURALS = {
    "children": "child",
    "feet": "foot",
    "halves": "half",
    "knives": "knife",
    "lives": "life",
    "men": "man",
    "people": "person",
    "wolves": "wolf",
    "women": "woman",
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
    word = _IRREGULAR.get(word) or _PLURALS.get(word, word)
    stem = text.content_key(_SHORT.get(word, word))
    return text.content_key(_SHORT[stem]) if stem in _SHORT else stem


Governed = tuple[tuple[str, ...], ...]


class Wording(text.Reading):
    """One wording, read once.

    ``keys`` are the content words in order, ``content`` the set of them without the numbers of
    dates, years and clock times.
    """

    def __init__(self, wording: str) -> None:
        if _MONEY.search(wording):
            wording = _SCALE.sub(lambda found: f"{found[1]} {_SCALES[found[2]]}", wording)
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
        counts = frozenset(_COUNT.findall(self.wording))
        return text.counted(_CLOCK.sub(r"\1:\2", self.wording)) | (counts & self.numbers)

    @cached_property
    def times(self) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
        """The months, the days of the week, and the halves of the day that it names."""
        return (
            frozenset(name[:3] for name in _MONTH.findall(self.wording)),
            frozenset(name[:3] for name in _WEEKDAY.findall(self.wording)),
            frozenset(half.lower() for half in _MERIDIEM.findall(self.wording)),
        )

    @cached_property
    def counted(self) -> dict[str, str]:
        """The number before each content word that has one directly before it."""
        pairs = zip(self.keys, self.keys[1:], strict=False)
        return {noun: number for number, noun in pairs if number in self.figures}

    @cached_property
    def sentences(self) -> int:
        """How many sentences it has."""
        return len(text.sentences(_HALF.sub(r"\1m", self.wording)))

    @cached_property
    def clauses(self) -> tuple[tuple[str, ...], ...]:
        """The words between commas, colons, brackets and quotation marks."""
        parts = (text.merge_numbers(text.tokens(part)) for part in _PAUSE.split(self.wording))
        return tuple(part for part in parts if part)

    @cached_property
    def negations(self) -> Governed:
        """For each negation the content words that it denies, the nearest first.

        All that soon follow in its clause, else the last two before it.
        """
        return tuple(self._governed(NEGATIONS | _FAILURES, _denies))

    @cached_property
    def hedges(self) -> Governed:
        """For each hedge the content words that it weakens, as for ``negations``."""
        operators = HEDGES if _MODAL_MAY.search(self.wording) else HEDGES - {"may"}
        return tuple(self._governed(operators, lambda *_: True))

    @cached_property
    def opposites(self) -> dict[tuple[int, int, str], str]:
        """Words that have an opposite, by which it is, on which side, and what it stands before.

        That is a content word or a preposition: "before the vote", "up to"; not a pronoun.
        """
        return {
            (*_OPPOSITES[word], named): f"{word} {after}"
            for words in self.clauses
            for at, word in enumerate(words)
            if word in _OPPOSITES
            for after in [w for w in words[at + 1 : at + 3] if w not in _DETERMINERS][:1]
            if (named := after if after in _PREPOSITIONS else key(after))
        }

    def _governed(
        self, operators: frozenset[str], governs: Callable[[str, str], bool]
    ) -> Iterator[tuple[str, ...]]:
        for words in self.clauses if not operators.isdisjoint(self.words) else ():
            for at, (word, following) in enumerate(zip(words, (*words[1:], ""), strict=True)):
                if word in operators and governs(word, following):
                    after = _named(takewhile(_same_clause, words[at + 1 : at + 1 + _SCOPE]))
                    yield tuple(after or _named(words[max(0, at - _REACH) : at])[:-3:-1])


_MONEY = re.compile(r"\b(?:euro|pound|dollar|crown|franc|rouble|rupee|taler|yen|yuan)")
_SCALE = re.compile(r"\b(\d[\d,.]*) ?(k|mn?|bn)\b")
_SCALES = {"k": "thousand", "m": "million", "mn": "million", "bn": "billion"}
"""Of money: "5m euros", but not "a 5m wave"."""
_PAUSE = re.compile(r"[;:()]|,(?=\s)|\s[–—-]\s")


def _same_clause(word: str) -> bool:
    return word not in _SUBORDINATORS


_SUBORDINATORS = frozenset("which who whom whose where when while but although because".split())


def _named(words: Iterable[str]) -> list[str]:
    """Content words without numbers: "none of the twelve left" denies the leaving."""
    return [k for k in map(key, words) if k and not k[0].isdigit()]


_REACH = 6
_SCOPE = 30  # bounds what a flood of negations costs
_MODAL_MAY = re.compile(r"\bmay\b|(?<!IN )(?<!OF )(?<!\d )\bMAY\b(?! \d)")
"""Not the month, which has one capital."""
_DATED = re.compile(
    r"\b(?:1[5-9]|20)\d\d\b|\d ?[ap]\.?m\b|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
)
"""What every date or clock time has; most numbers stand in none."""
_COUNT = re.compile(r"\b(?:of|by|from) ((?:1[5-9]|20)\d\d)(?= [a-z]+s\b)")
"""A number that looks like a year and counts something."""
_HALF = re.compile(r"\b([ap])\.m\.(?=\s)")
_MONTH = re.compile(
    r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
    r"(?:uary|ruary|ch|il|e|y|ust|t|tember|ober|ember)?\b"
)
_WEEKDAY = re.compile(r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b")
_MERIDIEM = re.compile(r"(?<=\d)\s?([AaPp])\.?[Mm]\b")
_CLOCK = re.compile(r"\b(\d{1,2})\.(\d\d ?[ap]\.?m)")
NEGATIONS = frozenset(
    "not no never none neither nor nobody nothing nowhere without "
    "deny denies denied denying".split()
)
_NO_NEGATION = ("only", "just", "least", "later")
_FAILURES = frozenset("fail fails failed failing".split())
"""Before "to" each denies what follows. "Refused to" would as well, but is said in many ways."""


def _denies(word: str, following: str) -> bool:
    return following == "to" if word in _FAILURES else following not in _NO_NEGATION


HEDGES = frozenset(
    "may might could possibly perhaps probably likely unlikely apparently reportedly allegedly "
    "seemingly presumably principle seems seem seemed appears appear appeared suspected "
    "alleged".split()
)


_OPPOSITES = {
    word: (n, side)
    for n, pair in enumerate(
        (
            ("before", "after since"),
            ("above over", "below under beneath"),
            ("up", "down"),
            ("inside within", "outside"),
            ("more", "fewer less"),
            ("most", "least"),
            ("first", "last final"),
            ("early earlier earliest", "late later latest"),
            ("largest biggest", "smallest"),
            ("higher highest", "lower lowest"),
            ("older oldest", "younger youngest"),
            ("best", "worst"),
            ("north northern", "south southern"),
            ("east eastern", "west western"),
            ("rose rise rises risen increased grew", "fell fall falls fallen decreased shrank"),
            ("opened open opens reopened", "closed close closes shut"),
            ("approved approve approves", "rejected reject rejects"),
            ("allowed allow allows permitted", "forbidden forbid forbids banned ban bans"),
            ("supports supported support", "opposes opposed oppose"),
            ("legal", "illegal"),
            ("full", "empty"),
        )
    )
    for side, words in enumerate(pair)
    for word in words.split()
}


def opposed(ours: Wording, theirs: Wording) -> str:
    """What ``theirs`` says before a word where ``ours`` has the opposite; empty if nothing.

    Only before the same word: "before the vote" against "after the vote". Elsewhere opposites
    may well agree, as A is above B and B below A.
    """
    return next(
        (
            told
            for (n, side, named), told in theirs.opposites.items()
            if (n, 1 - side, named) in ours.opposites
            and (n, side, named) not in ours.opposites
            and (n, 1 - side, named) not in theirs.opposites
        ),
        "",
    )


_BE = frozenset("is are was were be been being".split())


def roles_swapped(ours: Wording, theirs: Wording) -> bool:
    """Whether some verb that both have joins the same two parties the other way round.

    "A defeated B" against "B defeated A" or "A was defeated by B". Looked for around each shared
    word in the shape of a verb: the parties are the shared content words next to it.
    """
    shared = {*ours.keys} & {*theirs.keys}
    if ("by" in ours.words) == ("by" in theirs.words) and _order(ours, shared) == _order(
        theirs, shared
    ):
        return False
    return len(shared) > 2 and any(
        _turned(_around(ours, verb, shared), _around(theirs, verb, shared))
        for verb in shared & _verbs(ours) & _verbs(theirs)
    )


def _order(wording: Wording, shared: set[str]) -> list[str]:
    return [k for k in wording.keys if k in shared]


class _Sides(NamedTuple):
    """The parties before and after a verb, the nearest first, and how it takes the latter.

    ``link`` is "by" for a passive with its agent, "be" for one without, another preposition, or
    empty for an object.
    """

    before: list[str]
    after: list[str]
    link: str


def _turned(a: _Sides, b: _Sides) -> bool:
    if not (a.before and a.after and b.before and b.after):
        return False
    if {a.link, b.link} == {"", "by"}:
        return (a.before[0], a.after[0]) == (b.before[0], b.after[0])
    return (
        a.link == b.link
        and a.before[0] in b.after
        and b.before[0] in a.after
        and a.after[0] in b.before
        and b.after[0] in a.before
    )


def _verbs(wording: Wording) -> set[str]:
    """Keys of words in the shape of a finite verb: an ending, or an irregular past."""
    names = {name.lower() for name in _CAPITAL.findall(wording.wording)}
    return {
        key(word)
        for before, word, after in _threes(wording.merged)
        if after != "of"
        and (
            word.endswith("ed")
            or word in _IRREGULAR
            or before in _MODALS
            or (
                word.endswith("s")
                and (after in _DETERMINERS or (before in names and after in names | _PREPOSITIONS))
            )
        )
        and key(word)
    }


def _threes(words: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    return zip(words, words[1:], words[2:], strict=False)


_CAPITAL = re.compile(r"\b[A-Z]\w*")
_MODALS = frozenset("will would can could may might must shall should".split())
_DETERMINERS = frozenset("the a an his her its their this that these those no".split())
_PREPOSITIONS = frozenset("at about against for from in into of off on over to with".split())
_PASSING = frozenset("last first again also already still now later once twice".split())


def _around(wording: Wording, verb: str, shared: set[str]) -> _Sides:
    words = wording.merged
    at = next(n for n, word in enumerate(words) if n and key(word) == verb)
    agent = _agent(wording, verb)
    link = "by" if agent else next((w for w in words[at + 1 : at + 2] if w in _PREPOSITIONS), "")
    if not link and not _BE.isdisjoint(words[max(0, at - 2) : at]):
        link = "be"
    parties = [key(word) if word not in _PASSING else "" for word in words]
    before = [k for k in parties[:at][::-1] if k in shared]
    gerund = words[at + 1 : at + 2] and words[at + 1].endswith("ing")  # "denied robbing the bank"
    after = [k for k in parties[agent or at + (2 if gerund else 1) :] if k in shared]
    return _Sides(before[:_PARTY], after[:_PARTY], link)


_PARTY = 4
"""Content words looked at on either side: "the Native American Rights Fund" has four."""


def _agent(wording: Wording, verb: str) -> int:
    """Where the agent of a passive verb begins: after "by", in the same clause; 0 if active."""
    start = 0
    for words in wording.clauses:
        for n, word in enumerate(words):
            if key(word) == verb and "by" in words[n + 1 : n + _REACH]:
                by = words.index("by", n)
                reduced = by == n + 1 and word.endswith("ed")
                if reduced or not _BE.isdisjoint(words[max(0, n - 3) : n]):
                    return start + by + 1
        start += len(words)
    return 0
