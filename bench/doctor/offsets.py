"""Do the spans of claims point to where they stand: told exactly where words are quoted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from bench.doctor.check import Check, claims
from bench.doctor.probe import Reply
from bench.model import Article, Span, count
from bench.run.answers import judge, shorten
from bench.text import tokens

RELATED = 0.3
"""Dice overlap of words from which on a claim and the text at its spans belong together."""

SOUND = 0.5
"""Mean Dice overlap from which on a way of counting is the one that was used."""

CLEARER = 0.1
"""By how much another way of counting must fit better before it is blamed."""

EXPECTED = "half-open [start, end] in code points of text, which is what Python counts"


class _Pointer(NamedTuple):
    """A claim and the spans at which it says that it stands."""

    article: Article
    claim: str
    spans: list[Span]


class _Slip(NamedTuple):
    """A span that misses words which stand at ``at``: by how many code points it is late."""

    pointer: _Pointer
    at: Span
    start: int
    end: int


def offsets(replies: Sequence[Reply]) -> Check:
    """What counts the spans, and whether they lie where the claims are stated."""
    stated = [
        (reply.article, claim)
        for reply in replies
        for claim in claims(reply)
        if claim.get("spans") is not None
    ]
    if not stated:
        return Check("offsets", "–", "no spans given: they are optional")
    pointers = [
        _Pointer(article, claim["text"], claim["spans"])
        for article, claim in stated
        if _is_spans(claim["spans"])
    ]
    slips = [slip for pointer in pointers if (slip := _slip(pointer))]
    unit = _unit(pointers, slips)
    if unit is not None:
        return Check(
            "offsets",
            "FAIL",
            f"spans that fit the claims if they count {unit}",
            EXPECTED,
            f"turn {unit} into code points: count the characters before each offset",
        )
    if slips:
        return _slipped(slips, len(pointers))
    for article, claim in stated:
        size = len(article.text)
        verdict = judge({"id": "", "claims": [{"text": "x", "spans": claim["spans"]}]}, size)
        if verdict.status != "ok":
            found = f"{shorten(claim['spans'])} in a text of {size}"
            return Check("offsets", "FAIL", found, EXPECTED, "clip to the text; no empty spans")
    strange = [p for p in pointers if _fit(p, _READINGS[POINTS]) < RELATED]
    if 2 * len(strange) > len(pointers):
        return Check(
            "offsets",
            "WARN",
            f"{len(strange)} of {len(pointers)} claims share few words with the text at their "
            f"spans, as {shorten(strange[0].claim)} at {shorten(strange[0].spans)}",
            f"{EXPECTED}, where the claim is stated",
            "count from the start of text, without the title",
        )
    return Check("offsets", "PASS", f"{count(len(stated), 'claim')} with spans that fit")


def _is_spans(raw: Any) -> bool:
    """Whether ``raw`` can be read as spans at all, wherever they point."""
    try:
        return all(start >= 0 for start, _ in msgspec.convert(raw, list[Span]))
    except ValueError:  # a lone surrogate is one that is no ValidationError
        return False


def _slip(pointer: _Pointer) -> _Slip | None:
    """How the one span of a claim misses its words, if these stand in the text exactly once."""
    text, words = pointer.article.text, pointer.claim.strip()
    if len(pointer.spans) != 1 or not words or text.count(words) != 1:
        return None
    start, end = pointer.spans[0]
    at = text.index(words), text.index(words) + len(words)
    if start <= at[0] and end >= at[1]:
        return None
    missed = max(0, start - at[0]), min(0, end - at[1])
    lost = {(1, 0): words[0], (0, -1): words[-1]}.get(missed)
    if lost is not None:  # a mark may stay outside, as the full stop does in the gold
        return _Slip(pointer, at, *missed) if lost.isalnum() else None
    for first in (at[0], at[0] - 1):  # the span may take in the space before a sentence
        late = start - first
        if first >= 0 and text[first : end - late].strip() == words:
            return _Slip(pointer, at, late, late)
    return None


def _slipped(slips: Sequence[_Slip], claims: int) -> Check:
    (article, claim, spans), at = slips[0].pointer, slips[0].at
    there = article.text[slice(*spans[0])]
    return Check(
        "offsets",
        "FAIL",
        f"{len(slips)} of {count(claims, 'claim')} slipped, as {shorten(claim)}, which stands at "
        f"{list(at)} of {article.id}: {shorten(there)} at {shorten(spans[0])}",
        EXPECTED,
        _advice(slips[0]),
    )


def _advice(slip: _Slip) -> str:
    if (slip.start, slip.end) == (0, -1):
        return "end is the offset after the last character: add 1, if it counts that one in"
    title = len(slip.pointer.article.title)
    if title <= slip.start <= title + 2:  # with whatever was put in between
        return "count from the start of text, without the title"
    if slip.start == 1:
        return "the first character of text has the offset 0: subtract 1"
    return "count in text exactly as it was sent: not normalised, stripped or put after anything"


def _unit(pointers: Sequence[_Pointer], slips: Sequence[_Slip]) -> str | None:
    """What the spans count instead of code points, if all of them fit well that way."""
    pointers = pointers[:: len(pointers) // _SAMPLE or 1]
    plain = [p for p in pointers if p.article.text.isascii()]
    telling = [p for p in pointers if not p.article.text.isascii()]
    shifted = any(slip.pointer.article.text.isascii() for slip in slips)
    if not telling or shifted or (plain and _mean_fit(plain, _READINGS[POINTS]) < SOUND):
        return None
    fits = {name: _mean_fit(telling, read) for name, read in _READINGS.items()}
    best = max(fits, key=lambda name: fits[name])
    return best if fits[best] > max(SOUND, fits[POINTS] + CLEARER) else None


_SAMPLE = 200
"""So many spans tell what they count; reading thousands of long ones would take seconds."""

_Read = Callable[[str, int, int], str]


def _mean_fit(pointers: Sequence[_Pointer], read: _Read) -> float:
    return sum(_fit(pointer, read) for pointer in pointers) / len(pointers)


def _fit(pointer: _Pointer, read: _Read) -> float:
    """Dice overlap of the words of a claim and of the text at its spans, read in one way."""
    text, words = pointer.article.text, set(tokens(pointer.claim))
    there = {w for start, end in pointer.spans for w in tokens(read(text, start, end))}
    return 2 * len(there & words) / (len(there) + len(words)) if there or words else 0.0


POINTS = "code points"


def _decoded(encoding: str, width: int) -> _Read:
    def read(text: str, start: int, end: int) -> str:
        return text.encode(encoding)[width * start : width * end].decode(encoding, "replace")

    return read


_READINGS: dict[str, _Read] = {
    POINTS: lambda text, start, end: text[start:end],
    "bytes of UTF-8": _decoded("utf-8", 1),
    "units of UTF-16": _decoded("utf-16-le", 2),
}
