"""From a draft, whose spans are quotations, to the file that is kept, whose spans are offsets."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from bench.gold.corpus import chosen, corpora, text_of
from bench.gold.fields import Finding, bytes_of, shown
from bench.gold.lines import Labels, Line, parse
from bench.model import DataError, Problem, Span
from bench.store import Places, encode, write_atomic

CLAIM_KEYS = (
    "id", "text", "forms", "type", "optional", "spans", "source", "polarity", "certainty",
    "central", "facts", "phenomena",
)  # fmt: skip
"""Keys of a claim in the order in which they are kept: as a reviewer wants to read them."""

SOURCE_KEYS = ("name", "aliases", "via", "mode")

DEFAULTS: dict[str, Any] = {
    "optional": False,
    "source": None,
    "polarity": "positive",
    "certainty": "certain",
    "central": False,
    "phenomena": [],
    "no_claim": [],
    "aliases": [],
    "via": [],
}


def is_offsets(span: Any) -> bool:
    """Whether ``span`` is a pair of integers."""
    return isinstance(span, list) and len(span) == 2 and all(type(n) is int for n in span)


def is_quotation(span: Any) -> bool:
    """Whether ``span`` is ``"words"`` or ``{"quote": "words", "nth": 2}``; nth counts from 1."""
    if isinstance(span, dict) and {"quote"} <= span.keys() <= {"quote", "nth"}:
        return is_quotation(span["quote"]) and type(span.get("nth", 1)) is int
    return isinstance(span, str) and bool(span)


def locate(span: Any, text: str, field: str) -> Span | Finding:
    """Half-open code-point offsets of a drafted span, or why it has none in ``text``."""
    if is_offsets(span):
        return span[0], span[1]
    if not is_quotation(span):
        return Finding(field, shown(span), 'a quotation, {"quote": …, "nth": …}, or two integers')
    quote, nth = (span, None) if isinstance(span, str) else (span["quote"], span.get("nth"))
    starts = _occurrences(quote, text)
    if not starts:
        near = nearest(quote, text)
        return Finding(field, shown(quote), f"words of the article; the nearest are {near!r}")
    if nth is None and len(starts) > 1:
        found = f"{shown(quote)}, which occurs {len(starts)} times"
        return Finding(field, found, f'{{"quote": …, "nth": 1 to {len(starts)}}}')
    if not 1 <= (nth or 1) <= len(starts):
        return Finding(field, f"nth {nth} of {shown(quote)}", f"1 to {len(starts)}")
    start = starts[(nth or 1) - 1]
    return start, start + len(quote)


def _occurrences(quote: str, text: str) -> list[int]:
    starts: list[int] = []
    at = text.find(quote)
    while at >= 0:
        starts.append(at)
        at = text.find(quote, at + 1)
    return starts


def nearest(quote: str, text: str) -> str:
    """The run of as many words of ``text`` that looks most like ``quote``."""
    words = text.split()
    width = max(1, len(quote.split()))
    windows = [" ".join(words[i : i + width]) for i in range(max(1, len(words) - width + 1))]
    return next(iter(get_close_matches(quote, windows, n=1, cutoff=0.0)), "")


def fix(path: Path, article_text: str) -> bool:
    """Bring the labels in ``path`` into the form that is kept; return whether that changed them.

    Quotations become offsets into ``article_text``, claims are put in order of their first span
    and numbered, keys are ordered and defaults left out. Doing it twice changes nothing more.

    Raises
    ------
    DataError
        Says everything that has to be put right first, a line each (see ``obstacles``);
        nothing has been written then.
    StorageError
        The file cannot be written; it is as it was.
    """
    data = _bytes(path)
    labels, problems = _resolved(path, data, article_text)
    if problems:
        raise DataError("\n".join(map(str, problems)), hint="correct these by hand, then fix again")
    kept = canonical(path.stem, labels)
    if kept == data:
        return False
    write_atomic(path, kept)
    return True


def fix_all(places: Places, names: Iterable[str] | None = None) -> tuple[list[Path], list[Problem]]:
    """Fix all labels whose text is at hand; return the files changed and what stood in the way.

    A file in whose way anything stands is left alone. Raises UnknownName, DataError and
    StorageError.
    """
    changed: list[Path] = []
    problems: list[Problem] = []
    for corpus in chosen(corpora(places), names).values():
        for entry in corpus.article:
            path, text = corpus.labels(entry.id), text_of(corpus, entry, places)
            if text is None or not path.exists():
                continue
            found = obstacles(path, text)
            problems += found
            if not found and fix(path, text):
                changed.append(path)
    return changed, problems


def obstacles(path: Path, article_text: str) -> list[Problem]:
    """Everything that stands in the way of ``fix``. Raises DataError if there is no file."""
    return _resolved(path, _bytes(path), article_text)[1]


def _bytes(path: Path) -> bytes:
    data = bytes_of(path, "a file of labels")
    if isinstance(data, Problem):
        raise DataError(str(data))
    return data


def _resolved(path: Path, data: bytes, text: str) -> tuple[Labels, list[Problem]]:
    """The labels with offsets for spans, and what could not be resolved."""
    labels, problems = parse(path, data)
    claims: list[Line] = []
    for line in labels.claims:
        placed = located(line.value.get("spans"), text)
        problems += [p.at(path, line.number) for p in placed if isinstance(p, Finding)]
        spans = sorted(p for p in placed if not isinstance(p, Finding))
        claims.append(Line(line.number, {**line.value, "spans": spans}))
    header = labels.header
    if header is not None and "no_claim" in header.value:
        entries, findings = _placed(header.value["no_claim"], text)
        problems += [f.at(path, header.number) for f in findings]
        header = Line(header.number, {**header.value, "no_claim": entries})
    return Labels(header, tuple(claims)), problems


def _placed(entries: Any, text: str) -> tuple[list[dict[str, Any]], list[Finding]]:
    """The sentences without a claim, in order, with offsets for spans."""
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        return [], [Finding("no_claim", shown(entries), 'a list of {"span": …, "reason": …}')]
    spans = [locate(e.get("span"), text, f"no_claim[{i}].span") for i, e in enumerate(entries)]
    placed = [{**e, "span": s} for e, s in zip(entries, spans, strict=True) if isinstance(s, tuple)]
    findings = [s for s in spans if isinstance(s, Finding)]
    return sorted(placed, key=lambda entry: entry["span"]), findings


def located(spans: Any, text: str) -> list[Span | Finding]:
    """The offsets of each of the drafted ``spans``, or why it has none; see ``locate``."""
    if not isinstance(spans, list) or not spans:
        return [Finding("spans", shown(spans), "a list of one or more quotations")]
    return [locate(span, text, f"spans[{i}]") for i, span in enumerate(spans)]


def canonical(article: str, labels: Labels) -> bytes:
    """The bytes that are kept for ``labels``, all of whose spans are offsets."""
    header = {} if labels.header is None else labels.header.value
    claims = sorted((line.value for line in labels.claims), key=lambda claim: claim["spans"][0])
    lines = [_ordered(header, ("schema", "article", "summary", "no_claim"))]
    for number, claim in enumerate(claims, start=1):
        numbered = {**claim, "id": f"{article}-c{number:02d}"}
        if isinstance(claim.get("source"), dict):
            numbered["source"] = _ordered(claim["source"], SOURCE_KEYS)
        lines.append(_ordered(numbered, CLAIM_KEYS))
    return b"".join(encode(line) + b"\n" for line in lines)


def _ordered(record: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """Return ``record`` with ``keys`` first, without defaults; unknown keys stay for check."""
    order = [*(k for k in keys if k in record), *(k for k in record if k not in keys)]
    return {k: record[k] for k in order if k not in DEFAULTS or record[k] != DEFAULTS[k]}
