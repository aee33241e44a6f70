"""The vocabulary of the benchmark: one set of frozen types for files, the wire and the code.

Offsets everywhere are half-open Unicode code-point offsets into ``Article.text``.

Errors
------
::

    ClaimbenchError            exit code 2   wrong use or unusable input
    ├── DataError                            a file or an answer is not what it should be
    │   ├── SchemaVersionError               written by an older or newer claimbench
    │   └── TextAbsent                       the article's text has not been fetched
    ├── UnknownName                          no such system, corpus, article, matcher …
    ├── Incomparable                         two scorecards measure different things
    ├── FetchError                           a source could not be brought in or verified
    ├── StorageError           exit code 3   the disk would not take what was to be written
    ├── GateFailed             exit code 1   a check that guards something said no
    └── IncompleteRun          exit code 3   not every article was answered
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Literal, TypeVar, get_args, overload

import msgspec

K = TypeVar("K")
T = TypeVar("T")

SCHEMA = 1
"""Version of every file that claimbench writes."""

PROTOCOL = 1
"""Version of the JSON-lines conversation between the harness and a system."""

EMBEDDED = "core"
"""The corpus whose text the project holds, used where none is named."""

ClaimType = Literal[
    "rule", "causal", "prediction", "numerical", "comparison", "position", "event", "property"
]
TYPES: tuple[ClaimType, ...] = get_args(ClaimType)
"""The eight types, in the order of the decision list (gold/GUIDELINES.md)."""

Split = Literal["train", "dev", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)

ANNOTATORS = ("A", "B")
"""Those whose labels, made apart, were adjudicated into the gold."""

Status = Literal["ok", "error", "timeout", "crash", "invalid"]
Mode = Literal["direct", "mixed", "indirect"]
Polarity = Literal["positive", "negative"]
Certainty = Literal["certain", "hedged"]
Phenomenon = Literal[
    "direct-quote",
    "nested-attribution",
    "coreference",
    "ellipsis",
    "negation",
    "hedge",
    "conditional",
    "conjunction",
    "number-words",
    "relative-date",
    "apposition",
    "headline-only",
    "cross-sentence",
    "contrast",
]
PHENOMENA: tuple[Phenomenon, ...] = get_args(Phenomenon)

Span = tuple[int, int]


class Frozen(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """Base of all records: immutable, strict about unknown keys, short on disk."""


class OnDemand(Sequence[T]):
    """A sequence whose items are made from keys by ``read`` each time they are asked for."""

    def __init__(self, keys: Sequence[K], read: Callable[[K], T]) -> None:
        self._keys, self._read = keys, read

    def __len__(self) -> int:
        return len(self._keys)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            return OnDemand(self._keys[index], self._read)
        return self._read(self._keys[index])


class Article(Frozen, frozen=True):
    """One news report. ``text`` is exactly what every offset refers to."""

    id: str
    title: str
    date: str
    text: str
    split: Split
    corpus: str
    topic: str = ""


class Source(Frozen, frozen=True):
    """Whom the article credits with a claim; ``via`` are those who relay it."""

    name: str
    mode: Mode
    aliases: tuple[str, ...] = ()
    via: tuple[str, ...] = ()


class Claim(Frozen, frozen=True):
    """A claim as a system states it.

    ``confidence`` lies in [0, 1]; ``spans`` are offsets into the article as it was sent.
    """

    text: str
    type: ClaimType | None = None
    spans: tuple[Span, ...] | None = None
    source: str | None = None
    confidence: float | None = None


class GoldClaim(Frozen, frozen=True):
    """A claim as the annotators settled it; every field is defined in gold/GUIDELINES.md.

    ``facts`` is a conjunction of groups of alternatives: a wording that lacks every
    alternative of some group is not this claim.
    """

    id: str
    text: str
    forms: tuple[str, ...]
    type: ClaimType
    spans: tuple[Span, ...]
    facts: tuple[tuple[str, ...], ...]
    source: Source | None = None
    polarity: Polarity = "positive"
    certainty: Certainty = "certain"
    central: bool = False
    optional: bool = False
    phenomena: tuple[Phenomenon, ...] = ()

    @property
    def wordings(self) -> tuple[str, ...]:
        """The canonical text, then the other accepted forms."""
        return (self.text, *self.forms)


class Labelled(Frozen, frozen=True):
    """An article with its gold claims, in file order."""

    article: Article
    claims: tuple[GoldClaim, ...]


class Gold(Frozen, frozen=True):
    """The labelled articles of one corpus whose text is at hand.

    ``split`` names the split that was asked for, or "all". ``absent`` names the articles of it
    that are labelled but cannot be scored because their text has not been fetched. ``items`` may
    read each text from disk when it is asked for, so that memory does not grow with the corpus.
    """

    corpus: str
    version: str
    split: str
    items: Sequence[Labelled]
    absent: tuple[str, ...] = ()

    @property
    def articles(self) -> Sequence[Article]:
        """The articles of ``items``, each read when it is asked for."""
        return OnDemand(range(len(self.items)), lambda n: self.items[n].article)


class Extraction(Frozen, frozen=True):
    """What became of one article in one system; anything but ``ok`` scores as empty.

    ``key`` identifies system, request and protocol, so that a finished article is never run
    twice; ``seconds`` is wall time from request to answer; ``usage`` is what the system says
    it spent, of which ``model``, ``prompt_tokens``, ``completion_tokens`` and ``cost`` (US
    dollars) are summed up in a scorecard's provenance.
    """

    article_id: str
    key: str
    status: Status
    claims: tuple[Claim, ...] = ()
    error: str | None = None
    seconds: float | None = None
    usage: dict[str, Any] | None = None


class SystemSpec(Frozen, frozen=True):
    """A system that can be run: a process, its surroundings and its limits.

    ``timeout`` and ``startup`` are seconds; ``in_flight`` is the number of requests that it
    accepts before answering; ``missing`` lists requirements that are not met, and a system
    that has any is skipped; where nothing of its declaration can be used, it tells why.
    """

    name: str
    command: tuple[str, ...]
    folder: str
    fingerprint: str
    description: str = ""
    timeout: float = 60.0
    startup: float = 60.0
    in_flight: int = 1
    train: bool = False
    env: dict[str, str] = {}
    requires: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    install: str = ""

    @property
    def broken(self) -> bool:
        """Whether its declaration itself is wrong: not a lack, but a mistake to be mended."""
        return not self.command


class Pair(Frozen, frozen=True):
    """Gold claim ``gold`` matched by predicted claim ``predicted`` (indices in given order)."""

    gold: int
    predicted: int
    similarity: float


class Alignment(Frozen, frozen=True):
    """The one alignment of an article from which every view is counted.

    ``missed`` and ``spurious`` are indices of gold and predicted claims. Optional gold is
    don't-care: a pair with one stands in ``ignored``, an unmatched one nowhere.
    """

    article_id: str
    pairs: tuple[Pair, ...] = ()
    missed: tuple[int, ...] = ()
    spurious: tuple[int, ...] = ()
    ignored: tuple[Pair, ...] = ()


class Counts(Frozen, frozen=True):
    """True positives, false positives, false negatives; sums are exact, ratios may be None."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)

    @property
    def precision(self) -> float | None:
        """tp / (tp + fp); None when nothing was predicted."""
        return _ratio(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float | None:
        """tp / (tp + fn); None when there is no gold."""
        return _ratio(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> float | None:
        """2 tp / (2 tp + fp + fn); None when there is neither gold nor prediction."""
        return _ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def total(counts: Iterable[Counts]) -> Counts:
    """Sum of counts; the empty sum is ``Counts()``."""
    return sum(counts, Counts())


class ArticleScore(Frozen, frozen=True):
    """Integer counts of one article.

    ``claims`` ignores types; ``types`` counts a matched pair as true positive only where the
    types agree; ``slices`` holds hits and misses (tp, fn) of gold claims that share an
    attribute (``central``, ``hedged``, ``negative``, ``attributed``, a phenomenon). ``found`` are
    the ids of the matched required gold claims. ``status`` is ``missing`` where the system left
    no record.
    """

    article_id: str
    status: Status | Literal["missing"]
    claims: Counts
    types: dict[ClaimType, Counts]
    slices: dict[str, Counts]
    found: tuple[str, ...] = ()


class Signature(Frozen, frozen=True, omit_defaults=False):
    """What a score measures. Two scorecards compare only if their signatures are equal."""

    corpus: str
    split: str
    gold: str
    matcher: str
    scorer: str

    def differences(self, other: Signature) -> list[str]:
        """Every field in which two signatures differ, with both values; digests cut short."""
        return [
            f"{field}: {getattr(self, field):.40} against {getattr(other, field):.40}"
            if field != "gold"
            else f"gold: {self.gold[:12]} against {other.gold[:12]}"
            for field in self.__struct_fields__
            if getattr(self, field) != getattr(other, field)
        ]


class Provenance(Frozen, frozen=True):
    """How a scorecard came about. It takes no part in any comparison.

    ``made`` is an ISO 8601 time in UTC, ``packages`` maps distributions to versions, ``models``
    are the language models that answered, by the names they gave. What an article took is a mean
    over those that told it: seconds of wall time, tokens in and out, US dollars.
    """

    made: str = ""
    commit: str = ""
    dirty: bool = False
    python: str = ""
    packages: dict[str, str] = {}
    machine: str = ""
    fingerprint: str = ""
    models: tuple[str, ...] = ()
    seconds_per_article: float | None = None
    tokens_per_article: float | None = None
    dollars_per_article: float | None = None


class Scorecard(Frozen, frozen=True):
    """All counts of one system on one corpus; every reported number derives from it.

    ``harness_typed`` says that the system gave no types and the harness filled them in.
    """

    system: str
    signature: Signature
    by_article: tuple[ArticleScore, ...]
    harness_typed: bool = False
    provenance: Provenance = Provenance()

    @property
    def claims(self) -> Counts:
        """Micro counts, types ignored."""
        return total(a.claims for a in self.by_article)

    @property
    def types(self) -> dict[ClaimType, Counts]:
        """Micro counts per type, in the order of TYPES; types without a count are absent."""
        merged = _merge(a.types for a in self.by_article)
        return {t: merged[t] for t in TYPES if t in merged}

    @property
    def typed(self) -> Counts:
        """Micro counts over all types."""
        return total(self.types.values())

    @property
    def slices(self) -> dict[str, Counts]:
        """Hits and misses per attribute of gold claims."""
        return _merge(a.slices for a in self.by_article)

    @property
    def macro_f1(self) -> tuple[float | None, int]:
        """Mean typed F1 over the types that have gold, and how many those are."""
        scores = [c.f1 for c in self.types.values() if c.tp + c.fn]
        known = [f for f in scores if f is not None]
        return (sum(known) / len(known) if known else None), len(known)

    @property
    def failures(self) -> dict[str, int]:
        """Number of articles per status other than ``ok``."""
        return failures(article.status for article in self.by_article)


def failures(statuses: Iterable[str]) -> dict[str, int]:
    """How often each status other than ``ok`` occurs."""
    return dict(Counter(status for status in statuses if status != "ok"))


def _merge(parts: Iterable[Mapping[K, Counts]]) -> dict[K, Counts]:
    merged: dict[K, Counts] = {}
    for part in parts:
        for key, counts in part.items():
            merged[key] = merged.get(key, Counts()) + counts
    return merged


class Problem(Frozen, frozen=True):
    """One thing that is wrong in a file: where, what was found, what was expected.

    ``claim`` is the id of the claim that it is wrong with, if it is one.
    """

    file: str
    line: int | None
    field: str
    found: str
    expected: str
    severity: Literal["error", "warning"] = "error"
    claim: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line is not None else self.file
        mark = "" if self.severity == "error" else "warning: "
        return f"{where}: {mark}{self.field}: found {self.found}; expected {self.expected}"


def count(number: int, noun: str) -> str:
    """``number`` and ``noun`` in a message; the noun takes an s unless there is one of it."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


class ClaimbenchError(Exception):
    """Root of all errors that claimbench raises on purpose; ``str()`` is fit for a user."""

    exit_code = 2

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def __str__(self) -> str:
        message = str(self.args[0])
        return f"{message}\n  next: {self.hint}" if self.hint else message


class DataError(ClaimbenchError):
    """A file or an answer is not what it should be."""


class SchemaVersionError(DataError):
    """A file was written by an older or a newer claimbench."""


class TextAbsent(DataError):
    """The text of a labelled article has not been fetched."""


class UnknownName(ClaimbenchError):
    """A name that is not among the known ones; suggests the nearest."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        near = get_close_matches(name, names, n=1, cutoff=0.5)
        listing = ", ".join(names) if names else "none"
        super().__init__(
            f"no {kind} named {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""),
            hint=f"known: {listing}",
        )


class Incomparable(ClaimbenchError):
    """Two scorecards whose signatures differ."""


class FetchError(ClaimbenchError):
    """A source could not be brought in, or what came is not what was pinned."""


class StorageError(ClaimbenchError):
    """The disk would not take what was to be written."""

    exit_code = 3


class GateFailed(ClaimbenchError):
    """A check that guards something said no."""

    exit_code = 1


class IncompleteRun(ClaimbenchError):
    """Not every article was answered."""

    exit_code = 3
