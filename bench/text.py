"""Reading English: words, numbers, negation, sentences, and the harness's own typer.

Everything here is pure and knows nothing of claims beyond their wording. Systems may import
this module; its bytes are part of their fingerprint.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cached_property, lru_cache

from bench.model import ClaimType, Span

_VOCABULARY = 1 << 16  # bounds the caches below by a vocabulary, never by a corpus

# Apostrophes in all their shapes; soft hyphens and zero-width characters, which show nothing, go.
_QUOTES = str.maketrans("’‘ʼ´`", "'''''", "\u00ad\u200b\u200c\u200d\u2060\ufeff")
_SIGNS = str.maketrans({"%": " percent ", "$": " dollar ", "€": " euro ", "£": " pound "})
_TOKEN = re.compile(r"(?:[^\W\d_]\.){2,}|\d+(?:[.,:]\d+)*|[^\W\d_]+")
_POSSESSIVE = re.compile(r"(?<=\w)'s?(?!\w)")
_MONEY = re.compile(r"([$€£]\s?\d[\d.,]*)\s?(k|mn?|bn?|tn)\b")
_MAGNITUDE_LETTERS = {
    "k": " thousand",
    "m": " million",
    "mn": " million",
    "b": " billion",
    "bn": " billion",
    "tn": " trillion",
}
_CONTRACTIONS = (
    ("can't", "can not"),
    ("won't", "will not"),
    ("cannot", "can not"),
    ("n't", " not"),
)
_PLAIN = re.compile(r"(?:[a-z -]++|(?<![a-z])[0-9]++(?=[ -]|, |\.?\Z)|, )*+\.?")


def tokens(text: str) -> tuple[str, ...]:
    """Words and numerals in lower case, in order.

    Contractions are opened ("hadn't" -> had not), possessives and the dots of abbreviations go,
    thousands separators go, hyphenated words come apart, "%" and currency signs are words.
    """
    lower = text.lower()
    if _PLAIN.fullmatch(lower) and "cannot" not in lower:
        return tuple(lower.replace("-", " ").replace(",", " ").replace(".", " ").split())
    return _tokens(text)


def _tokens(text: str) -> tuple[str, ...]:
    """The same for any text; :func:`tokens` spares plain ones the work."""
    text = unicodedata.normalize("NFKC", text.translate(_QUOTES)).casefold()
    text = _MONEY.sub(lambda m: m[1] + _MAGNITUDE_LETTERS[m[2]], text).translate(_SIGNS)
    for contraction, plain in _CONTRACTIONS:
        text = text.replace(contraction, plain)
    text = _POSSESSIVE.sub("", text)
    return tuple(t if t.isalpha() else _bare(t) for t in _TOKEN.findall(text))


_FRACTION = re.compile(r"\d+\.\d+")
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")


def _bare(token: str) -> str:
    """An abbreviation without dots, a numeral without thousands separators or idle zeros."""
    if not token[0].isdigit():
        return token.replace(".", "")
    if _GROUPED.fullmatch(token):
        token = token.replace(",", "")
    return token.rstrip("0").removesuffix(".") if _FRACTION.fullmatch(token) else token


_UNITS = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen".split()
    )
}
_TENS = {
    word: 10 * value
    for value, word in enumerate(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2
    )
}
_MAGNITUDES = {
    "hundred": 100,
    "thousand": 1_000,
    "million": 1_000_000,
    "billion": 1_000_000_000,
    "trillion": 1_000_000_000_000,
}
_NUMBER_WORDS = _UNITS.keys() | _TENS.keys() | _MAGNITUDES.keys()
_DECIMAL = re.compile(r"\d{1,30}(\.\d{1,30})?")
_LARGEST = 10**30  # what is larger is no number of a news article, and costs time to spell
_AMBIGUOUS = {"one", "zero"}  # "one of them" counts nothing


def merge_numbers(words: Sequence[str]) -> tuple[str, ...]:
    """Write every number in one way: "two million", "2 million" and "2000000" as "2000000".

    A lone "one" stays a word. Times and scores ("2:14:04") stay as they are.
    """
    return tuple(_merged(words))


def _merged(words: Sequence[str]) -> Iterator[str]:
    at = 0
    while at < len(words):
        word = words[at]
        value, end = None, at + 1
        if word in _NUMBER_WORDS or word[0].isdigit():
            value, end = _number_at(words, at)
        if value is None or (end == at + 1 and word in _AMBIGUOUS):
            yield word
            at += 1
        else:
            yield _numeral(value)
            at = end


def _numeral(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value.numerator)
    return f"{float(value):g}"


def _number_at(words: Sequence[str], at: int) -> tuple[Fraction | None, int]:
    """Read the longest number that starts at ``at``; return its value and where it ends."""
    whole = Fraction(0)
    group: Fraction | None = None
    last = 0  # the size of the last word read: a number word must fit below it
    end = at
    while end < len(words):
        word = words[end]
        if group is not None and group > _LARGEST:
            break
        if word in _MAGNITUDES and (group is not None or (end == at and word != "hundred")):
            size = _MAGNITUDES[word]
            group = (group if group is not None else Fraction(1)) * size
            if size > 100:
                whole, group = whole + group, Fraction(0)
            last = size
        elif _DECIMAL.fullmatch(word) and group is None:
            group, last = Fraction(word), 1
        elif word in _TENS and (group is None or last >= 100):
            group, last = (group or Fraction(0)) + _TENS[word], 10
        elif word in _UNITS and (group is None or last >= (100 if _UNITS[word] >= 10 else 10)):
            group, last = (group or Fraction(0)) + _UNITS[word], 1
        elif word == "and" and last >= 100 and end + 1 < len(words) and _small(words[end + 1]):
            pass
        else:
            break
        end += 1
    return (None, at) if group is None else (whole + group, end)


def _small(word: str) -> bool:
    return word in _UNITS or word in _TENS


_STOPWORDS = frozenset(
    "a an the this that these those there here it its he him his she her hers they them their we "
    "our i me my you your who whom whose which what as at by for from in into of off on onto to up "
    "with within about after before over under between among through during against than then so "
    "and or but nor if is are was were be been being am do does did done has have had having will "
    "would shall should can could may might must also s said say says saying told tell tells "
    "according added stated not no".split()
)


@lru_cache(maxsize=_VOCABULARY)
def stem(word: str) -> str:
    """A word without its regular English endings; short words and numerals stay."""
    if len(word) < 4 or word[0].isdigit():
        return word
    if word.endswith(("ies", "ied")) and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        rest = word[: -len(ending)]
        if word.endswith(ending) and len(rest) > 2 and re.search("[aeiouy]", rest):
            doubled = rest[-1] == rest[-2] and rest[-1] not in "lsz"
            return rest[:-1] if doubled else rest
    return word.removesuffix("e") if len(word) > 3 else word


@lru_cache(maxsize=_VOCABULARY)
def content_key(word: str) -> str:
    """The stem of a word that carries content; empty for function words and verbs of saying."""
    return "" if word in _STOPWORDS else stem(word)


class Reading:
    """One wording, read once: its words, and what matching asks of them.

    ``merged`` are the ``words`` with every number written in one way.
    """

    def __init__(self, text: str) -> None:
        self.words = tokens(text)
        spelled = not _NUMBER_WORDS.isdisjoint(self.words)
        self.merged = merge_numbers(self.words) if spelled else self.words

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Canonical numerals; a lone "one" and ordinal words are not among them."""
        return frozenset(word for word in self.merged if word[0].isdigit())

    @property
    def negated(self) -> bool:
        """Whether there is a negation or a denial."""
        return not _NEGATIONS.isdisjoint(self.words)

    def missing(self, facts: Sequence[Sequence[str]]) -> list[Sequence[str]]:
        """The groups of alternatives of which the wording holds none.

        Whole words in any case; an alternative may be several words, ``*`` ends a stem;
        numbers are also compared in canonical numerals, so that "fourteen" satisfies "14".
        """
        return [group for group in facts if not any(map(self._holds, group))]

    def _holds(self, alternative: str) -> bool:
        if "*" in alternative:
            return _stem_pattern(alternative).search(self._as_written) is not None
        as_written, with_numerals = _spellings(alternative)
        return as_written in self._as_written or with_numerals in self._with_numerals

    @cached_property
    def _as_written(self) -> str:
        return _joined(self.words)

    @cached_property
    def _with_numerals(self) -> str:
        return _joined(self.merged)


_NEGATIONS = frozenset(
    "not no never none neither nor nobody nothing nowhere without "
    "deny denies denied denying".split()
)


def _joined(words: Sequence[str]) -> str:
    return f" {' '.join(words)} "


@lru_cache(maxsize=_VOCABULARY)
def _spellings(alternative: str) -> tuple[str, str]:
    words = tokens(alternative)
    return _joined(words), _joined(merge_numbers(words))


@lru_cache(maxsize=_VOCABULARY)
def _stem_pattern(alternative: str) -> re.Pattern[str]:
    parts = []
    for piece in alternative.split():
        words = tokens(piece.removesuffix("*"))
        parts.append(" ".join(map(re.escape, words)) + (r"\S*" if piece.endswith("*") else ""))
    return re.compile(f" {' '.join(parts)} ")


def missing_facts(text: str, facts: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """The groups of ``facts`` that ``text`` does not satisfy; see :meth:`Reading.missing`."""
    return Reading(text).missing(facts)


def numbers(text: str) -> frozenset[str]:
    """The numbers of ``text``; see :attr:`Reading.numbers`."""
    return Reading(text).numbers


def counted(text: str) -> frozenset[str]:
    """The numbers of ``text`` but for those of dates, years and clock times."""
    return numbers(_DATE.sub(" ", text))


_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|Rev|Hon|Gen|Gov|Sen|Rep|Lt|Col|Sgt|Capt|St|Mt|Jr|Sr|No|vs|Inc|Ltd|Co|"
    r"Corp|approx|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)|\b[A-Z](?:\.[A-Z])*)\.$"
)
_LONGEST = 16  # characters that hold the longest abbreviation and what stands before it
_END = re.compile(r"(?<![.!?…])[.!?…]++[\"”'’)\]]*+(?=\s+[\"“‘'(\[]*[A-Z0-9])")


def sentences(text: str) -> list[Span]:
    """Sentences as half-open code-point spans without surrounding white space, in order.

    A line break ends a sentence. An end mark inside quotation marks ends the sentence with its
    closing mark.
    """
    spans: list[Span] = []
    for line in re.finditer(r"[^\n]+", text):
        start = line.start()
        for end in _END.finditer(text, line.start(), line.end()):
            if not _ABBREVIATION.search(text, max(start, end.end() - _LONGEST), end.end()):
                spans.append((start, end.end()))
                start = end.end()
        spans.append((start, line.end()))
    return [s for s in (_stripped(text, *span) for span in spans) if s[0] < s[1]]


def _stripped(text: str, start: int, end: int) -> Span:
    inner = text[start:end]
    return start + len(inner) - len(inner.lstrip()), end - len(inner) + len(inner.rstrip())


_NORM = r"(?:law|code|act|rule|regulation|by-?law|contract|statute)s?"
_TYPE_CUES: tuple[tuple[ClaimType, str], ...] = (
    (
        "rule",
        rf"\b(?:forbidden|prohibit\w*|banned|not permitted|(?:is|are) required|legal(?:ly)?"
        rf"|(?:under|by) (?:\w+ ){{0,4}}{_NORM}|{_NORM} (?:require|forbid|allow|permit|oblige"
        r"|bar)\w*|must (?:be|not|carry|wear|pay|have|hold))\b",
    ),
    (
        "causal",
        r"\b(?:caus(?:e|es|ed|ing)|because|led to|leads? to|leading to|thanks to|due to"
        r"|result(?:s|ed|ing)? (?:in|from)|trigger\w*|prevent\w*|owing to|brought about)\b",
    ),
    (
        "prediction",
        r"\b(?:will|shall|won't|(?:is|are|due|plans?|set|expects?|likely|intends?) to"
        r"|scheduled|forecasts?|(?:could|might|may)(?! not| have| \d)|promis\w+|expected)\b",
    ),
    ("numerical", r"\b(?:half|dozens?|hundreds|thousands|millions|billions|per ?cent)\b"),
    (
        "comparison",
        r"\b(?:first|only|largest|biggest|highest|lowest|longest|worst|best|most|least|record"
        r"|more|less|fewer|than|deadliest|\w{3,}est|unprecedented|compared)\b",
    ),
    (
        "position",
        r"\b(?:call(?:s|ed) (?:for|on|it|the)|demand\w*|urg(?:e|es|ed)|oppos\w+"
        r"|support(?:s|ed)?|welcom\w+|condemn\w*|criticis\w+|criticiz\w+|prais\w+|blam\w+|reject\w*|refus\w+"
        r"|should|must|appeal\w*|insist\w*|warn(?:s|ed)?|described|good|bad|grave|unfair)\b",
    ),
    (
        "event",
        r"\b(?:\w{2,}ed|was|were|had|took|made|met|won|lost|fell|rose|broke|left|sank)\b",
    ),
)


def type_of(text: str) -> ClaimType:
    """The harness's own typer: the decision list of the guidelines, read off surface cues.

    It fills in types only where a system gives none, and knows a claim by its words alone.
    Dates and years are not counted as numbers.
    """
    bare = _DATE.sub(" ", text)
    counted = bool(Reading(bare).numbers)
    for kind, cue in _TYPE_CUES:
        if (kind == "numerical" and counted) or re.search(cue, bare, re.IGNORECASE):
            return kind
    return "property"


_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
_DATE = re.compile(
    rf"\b(?:\d{{1,2}} {_MONTH}(?:,? \d{{4}})?|{_MONTH} \d{{1,2}}(?:,? \d{{4}})?|{_MONTH} \d{{4}}"
    r"|(?:in|since|of|from|until|by) (?:1[5-9]|20)\d{2}|\d{1,2}(?::\d{2})? ?[ap]\.?m\.?)\b"
)
