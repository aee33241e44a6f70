"""The labels of an article after what was decided on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from bench.gold import Corpus
from bench.gold.draft import canonical, located
from bench.gold.fields import Finding, bytes_of, shown, suggest
from bench.gold.lines import Labels, Line, parse
from bench.model import Article, Frozen, GoldClaim, Problem
from bench.pool.queue import Candidate


class Edited(Frozen, frozen=True):
    """A file of labels as it is to be: ``data``, in the form that is kept.

    ``renumbered`` maps the old to the new id of every claim that has another now. ``origin`` holds
    the candidates, by line of their queue, under the id of the claim that they added or changed.
    """

    path: Path
    data: bytes
    renumbered: dict[str, str]
    origin: dict[str, dict[int, Candidate]]

    @property
    def values(self) -> list[dict[str, Any]]:
        """The claims of ``data`` as they were decoded, whole or not."""
        return [line.value for line in parse(self.path, self.data)[0].claims]

    @property
    def claims(self) -> tuple[GoldClaim, ...]:
        """The claims of ``data``. Raises msgspec.ValidationError where one is not whole."""
        return tuple(msgspec.convert(value, GoldClaim) for value in self.values)


def edit(
    candidates: Mapping[int, Candidate], queue: Path, corpus: Corpus, article: Article
) -> tuple[Edited, list[Problem]]:
    """Add what ``candidates``, by line of ``queue``, say to the labels of ``article``.

    What is added is whole only if there are no problems with it; whether it keeps the rules
    of the gold is not asked here.
    """
    path = corpus.labels(article.id)
    data = bytes_of(path, "the labels of an article")
    if isinstance(data, Problem):
        return Edited(path, b"", {}, {}), [data]
    labels, problems = parse(path, data)
    claims = [{**line.value, "spans": _tuples(line.value["spans"])} for line in labels.claims]
    at = {claim["id"]: n for n, claim in enumerate(claims)}
    origin: dict[int, dict[int, Candidate]] = {}
    for line, candidate in candidates.items():
        if candidate.decision == "form":
            findings = _add_form(candidate, claims, at)
        else:
            findings = _add_claim(candidate, claims, article.text)
        problems += (finding.at(queue, line) for finding in findings)
        n = at.get(candidate.of, len(claims) - 1)
        origin.setdefault(n, {})[line] = candidate
    added = [span for claim in claims[len(at) :] for span in claim["spans"]]
    data = canonical(article.id, _labels(_header(labels.header, added), claims))
    new = _new_ids(path, data, claims)
    renumbered = {old: new[n] for old, n in at.items() if old != new[n]}
    return Edited(path, data, renumbered, {new[n]: of for n, of in origin.items()}), problems


def _tuples(spans: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    return [tuple(span) for span in spans]


def _add_form(
    candidate: Candidate, claims: list[dict[str, Any]], at: Mapping[str, int]
) -> Iterator[Finding]:
    if candidate.of not in at:
        wanted = f"the id of a claim of {candidate.article}" + suggest(candidate.of, at)
        yield Finding("of", shown(candidate.of), wanted)
        return
    claim = claims[at[candidate.of]]
    claims[at[candidate.of]] = {**claim, "forms": [*claim.get("forms", ()), candidate.form]}


def _add_claim(candidate: Candidate, claims: list[dict[str, Any]], text: str) -> Iterator[Finding]:
    draft = candidate.claim or {}
    places = located(draft.get("spans"), text)
    for place in places:
        if isinstance(place, Finding):
            yield Finding(f"claim.{place.field}", place.found, place.expected)
    spans = sorted(place for place in places if isinstance(place, tuple))
    claims.append({**draft, "spans": spans or [(0, 0)]})


def _header(header: Line | None, added: Sequence[tuple[int, int]]) -> Line | None:
    """The header; a sentence that is found to carry a claim is no longer said to carry none."""
    if header is None or "no_claim" not in header.value:
        return header
    left = [
        entry
        for entry in header.value["no_claim"]
        if not any(start < entry["span"][1] and entry["span"][0] < end for start, end in added)
    ]
    return Line(header.number, {**header.value, "no_claim": left})


def _labels(header: Line | None, claims: Sequence[dict[str, Any]]) -> Labels:
    return Labels(header, tuple(Line(0, claim) for claim in claims))


def _new_ids(path: Path, data: bytes, claims: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """The id that each of the ``claims``, by its place, has in ``data``, where they are sorted."""
    order = sorted(range(len(claims)), key=lambda n: claims[n]["spans"][0])
    kept = parse(path, data)[0].claims
    return {n: line.value["id"] for n, line in zip(order, kept, strict=True)}
