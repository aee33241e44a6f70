"""Does a wording look as if the article said it? A test of words, not of meaning.

It sorts what is worth a reader's time; whether something is a claim of the article is for the
reader to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from bench import text
from bench.model import Article, Frozen, Span

ENOUGH = 0.8
"""The share of content words from which on a wording counts as grounded."""


class Grounding(Frozen, frozen=True):
    """How far a wording is borne out by the one or two sentences that bear it out best.

    ``share`` in [0, 1] is that of its distinct content words that they have; names that only the
    rest of the article has are set aside, and a wording without content words has 0. ``foreign``
    are its numbers that they lack and its names that the whole article lacks. ``sentences`` are
    half-open code-point offsets into the article's text, in order; empty if no sentence has a
    content word of it.
    """

    share: float
    foreign: tuple[str, ...]
    sentences: tuple[Span, ...]

    @property
    def grounded(self) -> bool:
        """Whether nearly all of it is there, and every number and name."""
        return self.share >= ENOUGH and not self.foreign


class Passages:
    """An article, read once: its sentences, each alone and each with the next one.

    Title and date count as part of every passage: they say what "today" leaves open.
    """

    def __init__(self, article: Article) -> None:
        spans = text.sentences(article.text)
        self._windows = [
            (window, _Words(" ".join(article.text[slice(*span)] for span in window)))
            for window in (*((span,) for span in spans), *pairwise(spans))
        ]
        self._frame = _Words(f"{article.title}. {_spoken(article.date)}")
        whole = _Words(article.text)
        self._known = whole.content | self._frame.content
        self._names = whole.names

    def grounding(self, wording: str) -> Grounding:
        """How far the article bears out ``wording``.

        Among passages that do so equally well the shorter counts, then the earlier.

        Limits: it sees which words are there, not what they say of each other. A denial or a
        hedge left out, parties swapped, a name put in place of another one of the same article
        pass for grounded; what is said rightly in other words does not.
        """
        said = _Words(wording)
        names = said.names | (said.capitals & self._names)
        unknown, elsewhere = names - self._known, names & self._known
        best = Grounding(0.0, tuple(sorted(unknown | said.numbers)), ())
        for spans, here in self._windows:
            wanted = said.content - (elsewhere - here.content)
            has = wanted & here.content
            if has:
                share = len(has | wanted & self._frame.content) / len(wanted)
                foreign = unknown | (said.numbers - here.numbers - self._frame.numbers)
                found = Grounding(share, tuple(sorted(foreign)), spans)
                best = max(best, found, key=_worth)
        return best


def grounded(wording: str, passages: Passages) -> bool:
    """Whether ``wording`` looks as if the article said it: see :meth:`Passages.grounding`."""
    return passages.grounding(wording).grounded


def _worth(found: Grounding) -> tuple[bool, float, int]:
    return found.grounded, found.share, -len(found.foreign)


class _Words:
    """What is looked up of a text: stems of content words, numerals, capitals and names.

    ``names`` are those ``capitals`` that do not open a sentence or a quotation.
    """

    def __init__(self, wording: str) -> None:
        read = text.Reading(wording)
        self.numbers = read.numbers
        self.content = frozenset(map(text.content_key, read.merged)) - self.numbers - {""}
        capitals = [*_capitals(wording)]
        self.capitals = _keys(word for word, _ in capitals)
        self.names = _keys(word for word, opens in capitals if not opens)


_WORD = re.compile(r"[^\W\d_]\w*(?:[-'’.]\w+)*")
_OPENS = re.compile(r"(?:\A|[.!?:…][\"”’')\]]*\s|\n|[\"“‘(\[])\s*\Z")
_BEFORE = 8  # characters in which whatever opens a sentence stands


def _capitals(wording: str) -> Iterator[tuple[str, bool]]:
    """Capitalised words, and whether a capital says nothing of them where they stand."""
    for word in _WORD.finditer(wording):
        if not word[0][0].isupper():
            continue
        before = wording[max(0, word.start() - _BEFORE) : word.start()]
        opens = not wording[: word.start()].strip() or bool(_OPENS.search(before))
        yield word[0], opens


def _keys(words: Iterator[str]) -> frozenset[str]:
    spoken = (t for w in words for t in text.merge_numbers(text.tokens(w)) if not t[0].isdigit())
    return frozenset(map(text.content_key, spoken)) - {""}


_MONTHS = (
    "January February March April May June July August September October November December".split()
)


def _spoken(date: str) -> str:
    """An ISO 8601 day as articles write it; whatever else it may be stays as it is."""
    parts = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])-(\d{2})", date)
    return f"{int(parts[3])} {_MONTHS[int(parts[2]) - 1]} {parts[1]}" if parts else date
