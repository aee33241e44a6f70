"""What must hold of one claim: gold/GUIDELINES.md, as far as a program can tell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import msgspec

from bench.gold import keywords
from bench.gold.draft import is_quotation, locate
from bench.gold.fields import Finding, fields_of, mismatches, shown
from bench.model import Frozen, GoldClaim, Phenomenon, Span
from bench.text import content_key, counted, missing_facts, numbers, tokens

COPY_LIMIT = 8
"""Words in a row that labels may share with a text that is not ours to publish."""


class Reading(Frozen, frozen=True):
    """An article's text and what the rules look up in it.

    ``stems`` are those of its content words, ``numbers`` its canonical numerals; ``runs`` are the
    runs of COPY_LIMIT + 1 words that no label may hold, none if it may.
    """

    text: str
    stems: frozenset[str]
    numbers: frozenset[str]
    runs: frozenset[tuple[str, ...]]


class Reviewed(Frozen, frozen=True):
    """A claim as far as it could be read: ``valid`` names the fields that are what they say."""

    number: int
    claim: GoldClaim
    valid: frozenset[str]
    findings: tuple[Finding, ...]


def read_article(text: str, may_copy: bool) -> Reading:
    """Prepare a text for the rules."""
    runs = frozenset[tuple[str, ...]]() if may_copy else _runs(text)
    return Reading(text, _stems(text), numbers(text), runs)


def _stems(text: str) -> frozenset[str]:
    return frozenset(map(content_key, tokens(text))) - {""}


def _runs(text: str) -> frozenset[tuple[str, ...]]:
    words = tokens(text)
    width = COPY_LIMIT + 1
    return frozenset(words[i : i + width] for i in range(len(words) - width + 1))


def review(number: int, value: dict[str, Any], reading: Reading | None) -> Reviewed:
    """Check every field of a claim, and every rule whose fields could be read.

    Without a ``reading`` the rules that need the article's text are left out.
    """
    spans = value.get("spans")
    quotations = spans if isinstance(spans, list) and any(map(is_quotation, spans)) else []
    findings = list(mismatches({**value, "spans": []} if quotations else value, GoldClaim))
    findings += _drafted(quotations, reading)
    broken = {re.split(r"[.\[]", f.field)[0] for f in findings}
    fields = fields_of(GoldClaim)
    valid = fields.keys() - broken
    read = {k: msgspec.convert(value[k], fields[k].type) for k in valid & value.keys()}
    claim = GoldClaim(**{**_STAND_INS, **read})
    for needs, rule in RULES:
        if valid.issuperset(needs):
            findings += rule(claim)
    for needs, text_rule in TEXT_RULES:
        if reading is not None and valid.issuperset(needs):
            findings += text_rule(claim, reading)
    return Reviewed(number, claim, frozenset(valid), tuple(findings))


_STAND_INS: dict[str, Any] = {
    "id": "", "text": "", "forms": (), "type": "property", "spans": (), "facts": (),
}  # fmt: skip
"""In place of fields that could not be read, and that no rule then looks at."""


def _drafted(spans: list[Any], reading: Reading | None) -> list[Finding]:
    """What a claim with quotations for spans needs."""
    found = [Finding("spans", "quotations", "offsets: claimbench check --fix")] if spans else []
    for index, span in enumerate(spans):
        place = locate(span, reading.text, f"spans[{index}]") if reading else None
        if isinstance(place, Finding):
            found.append(place)
    return found


def _wordings(claim: GoldClaim) -> Iterator[Finding]:
    if len(claim.forms) < 2:
        yield Finding("forms", f"{len(claim.forms)} other wordings", "two or more")
    seen: dict[tuple[str, ...], str] = {}
    for name, wording in named_wordings(claim):
        words = tokens(wording)
        if not words:
            yield Finding(name, shown(wording), "a sentence")
        elif words in seen:
            yield Finding(name, f"the words of {seen[words]} again", "another wording")
        seen.setdefault(words, name)


def named_wordings(claim: GoldClaim) -> list[tuple[str, str]]:
    """(field, wording) for the text and for every form."""
    return [("text", claim.text), *((f"forms[{i}]", f) for i, f in enumerate(claim.forms))]


def _fact_groups(claim: GoldClaim) -> Iterator[Finding]:
    if not claim.facts:
        yield Finding("facts", "none", "one group or more")
    for index, group in enumerate(claim.facts):
        if not group:
            yield Finding(f"facts[{index}]", "an empty group", "one alternative or more")
        for place, alternative in enumerate(group):
            if not tokens(alternative) or "*" in alternative[:-1]:
                wanted = "whole words, with * only at the end"
                yield Finding(f"facts[{index}][{place}]", shown(alternative), wanted)


def _facts_met(claim: GoldClaim) -> Iterator[Finding]:
    for name, wording in named_wordings(claim):
        for group in missing_facts(wording, claim.facts):
            if group:
                index = claim.facts.index(tuple(group))
                yield Finding(name, shown(wording), f"one of facts[{index}]: {', '.join(group)}")


def _spans(claim: GoldClaim) -> Iterator[Finding]:
    if not claim.spans:
        yield Finding("spans", "none", "one or more")
    for index, (start, end) in enumerate(claim.spans):
        if not 0 <= start < end:
            yield Finding(f"spans[{index}]", f"{start} to {end}", "0 <= start < end")
    for index, (one, two) in enumerate(pairwise(claim.spans), start=1):
        if two[0] < one[0]:
            yield Finding(f"spans[{index}]", f"{two} after {one}", "spans in order")
        elif two[0] < one[1]:
            yield Finding(f"spans[{index}]", f"{two} after {one}", "spans that do not overlap")


def _spans_in_text(claim: GoldClaim, reading: Reading) -> Iterator[Finding]:
    for index, (start, end) in enumerate(claim.spans):
        words = reading.text[max(start, 0) : max(end, 0)]
        if end > len(reading.text):
            yield Finding(f"spans[{index}]", f"end {end}", f"at most {len(reading.text)}")
        elif words != words.strip():
            yield Finding(f"spans[{index}]", shown(words), "no white space at its ends")


def _position(claim: GoldClaim) -> Iterator[Finding]:
    if claim.type == "position" and claim.source is None:
        yield Finding("source", "null", "the holder of the position")


def _optional(claim: GoldClaim) -> Iterator[Finding]:
    if claim.optional and claim.type != "property":
        yield Finding("optional", f"true for type {claim.type}", "false, or property", "warning")


def _quoted(claim: GoldClaim) -> Iterator[Finding]:
    direct = claim.source is not None and claim.source.mode == "direct"
    yield from _together(claim, "direct-quote", direct, "source.mode direct")


def _nested(claim: GoldClaim) -> Iterator[Finding]:
    relayed = claim.source is not None and bool(claim.source.via)
    yield from _together(claim, "nested-attribution", relayed, "source.via")


def _hedged(claim: GoldClaim) -> Iterator[Finding]:
    yield from _together(claim, "hedge", claim.certainty == "hedged", "certainty hedged")


def _together(
    claim: GoldClaim, phenomenon: Phenomenon, holds: bool, reason: str
) -> Iterator[Finding]:
    if holds and phenomenon not in claim.phenomena:
        yield Finding("phenomena", f"{reason} without {phenomenon}", "both or neither")
    if not holds and phenomenon in claim.phenomena:
        yield Finding("phenomena", f"{phenomenon} without {reason}", "both or neither")


def _negative(claim: GoldClaim) -> Iterator[Finding]:
    if claim.polarity == "negative" and "negation" not in claim.phenomena:
        yield Finding(
            "phenomena",
            "polarity negative without negation",
            "negation too, or polarity positive (refused, failed, lacks are)",
        )


def _names(claim: GoldClaim, reading: Reading) -> Iterator[Finding]:
    names = (claim.source.name, *claim.source.aliases) if claim.source else ()
    for name in names:
        if not _stems(name) <= reading.stems:
            yield Finding("source", shown(name), "words that the article uses", "warning")


def _span_words(claim: GoldClaim, reading: Reading) -> Iterator[Finding]:
    said = frozenset[str]().union(*(_stems(wording) for wording in claim.wordings))
    for index, (start, end) in enumerate(claim.spans):
        words = reading.text[max(start, 0) : max(end, 0)]
        if words and _stems(words).isdisjoint(said):
            wanted = "words that carry some of the claim"
            yield Finding(f"spans[{index}]", shown(words), wanted, "warning")


def _numbers(claim: GoldClaim, reading: Reading) -> Iterator[Finding]:
    said = numbers(" ".join(reading.text[start:end] for start, end in claim.spans))
    beside = {"ellipsis", "coreference", "cross-sentence"}.intersection(claim.phenomena)
    for number in sorted(counted(claim.text) - said):
        if number not in reading.numbers:
            yield Finding("text", f"the number {number}", "one that the article has", "warning")
        elif not beside:
            wanted = "one in its spans, or ellipsis, coreference or cross-sentence"
            yield Finding("text", f"the number {number}", wanted, "warning")


def _holder(claim: GoldClaim) -> Iterator[Finding]:
    if claim.type == "position" and claim.source is not None:
        names = (claim.source.name, *claim.source.aliases)
        if all(_stems(name).isdisjoint(_stems(claim.text)) for name in names):
            yield Finding("text", shown(claim.text), f"its holder, {claim.source.name}", "warning")


def _whole_quoted(claim: GoldClaim, reading: Reading) -> Iterator[Finding]:
    direct = claim.source is not None and "direct-quote" in claim.phenomena
    if direct and not any(_quotes(claim, span, reading.text) for span in claim.spans):
        wanted = "direct with one span in quotation marks, or mixed"
        yield Finding("source.mode", "direct", wanted, "warning")


def _quotes(claim: GoldClaim, span: Span, text: str) -> bool:
    """Whether a span lies in quotation marks, or holds some if attribution belongs to it."""
    start, end = span
    if claim.type == "position" and any(mark in text[start:end] for mark in _MARKS):
        return True
    line = text.rfind("\n", 0, start) + 1
    opened = sum(text.count(mark, line, start) for mark in _MARKS)
    return opened % 2 == 1 or text[start : start + 1] in _MARKS


_MARKS = ('"', "“", "”")


def _type_cues(claim: GoldClaim) -> Iterator[Finding]:
    wanted = keywords.doubt(claim.text, claim.type)
    if wanted:
        yield Finding("type", claim.type, wanted, "warning")


def _copied(claim: GoldClaim, reading: Reading) -> Iterator[Finding]:
    source = claim.source
    names = (source.name, *source.aliases, *source.via) if source else ()
    for name, wording in (*named_wordings(claim), *(("source", words) for words in names)):
        yield from copied(name, wording, reading)


def copied(field: str, wording: str, reading: Reading) -> Iterator[Finding]:
    """Yield the first run of too many words that ``wording`` shares with the article."""
    words = tokens(wording)
    width = COPY_LIMIT + 1
    runs = (words[i : i + width] for i in range(len(words) - width + 1))
    shared = next((run for run in runs if run in reading.runs), None)
    if shared:
        found = f"{width} words in a row of the article: {' '.join(shared)!r}"
        yield Finding(field, found, f"at most {COPY_LIMIT}, as the text is not ours")


RULES: tuple[tuple[tuple[str, ...], Callable[[GoldClaim], Iterator[Finding]]], ...] = (
    (("text", "forms"), _wordings),
    (("facts",), _fact_groups),
    (("text", "forms", "facts"), _facts_met),
    (("spans",), _spans),
    (("type", "source"), _position),
    (("type", "optional"), _optional),
    (("source", "phenomena"), _quoted),
    (("source", "phenomena"), _nested),
    (("certainty", "phenomena"), _hedged),
    (("polarity", "phenomena"), _negative),
    (("text", "type", "source"), _holder),
    (("text", "type"), _type_cues),
)
"""Fields that a rule reads, and the rule."""

TEXT_RULES: tuple[
    tuple[tuple[str, ...], Callable[[GoldClaim, Reading], Iterator[Finding]]], ...
] = (
    (("spans",), _spans_in_text),
    (("text", "forms", "spans"), _span_words),
    (("text", "spans", "phenomena"), _numbers),
    (("source", "spans", "phenomena"), _whole_quoted),
    (("source",), _names),
    (("text", "forms", "source"), _copied),
)
"""The same, for rules that also read the article."""
