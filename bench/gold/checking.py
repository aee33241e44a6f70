"""Check the corpora: every problem in one run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from bench.gold import amending, pairs, pooled, releases, reviewed
from bench.gold.corpus import ArticleEntry, Corpus, chosen, folders, read_corpus, schema_finding
from bench.gold.draft import canonical
from bench.gold.fields import Finding, bytes_of, mismatches, shown
from bench.gold.lines import Labels, Line, byte_problems, parse
from bench.gold.records import Records
from bench.gold.rules import Reading, Reviewed, copied, read_article, review
from bench.model import ANNOTATORS, SPLITS, Frozen, GoldClaim, Problem, Span
from bench.store import Places
from bench.store import digest as sha256
from bench.text import sentences, tokens

CENTRAL_LIMIT = 5


class NoClaim(Frozen, frozen=True):
    """A sentence that carries no claim, and why."""

    span: Span
    reason: str


class LabelHeader(Frozen, frozen=True):
    """First line of a file of labels."""

    schema: int
    article: str
    summary: str
    no_claim: tuple[NoClaim, ...] = ()


def check(places: Places, names: Iterable[str] | None = None) -> list[Problem]:
    """Everything that is wrong with the corpora called ``names``, or with all of them.

    What needs a text that has not been fetched is left out (see ``absent``). Raises
    UnknownName.
    """
    where = folders(places)
    known = {name: read_corpus(folder) for name, folder in where.items()}
    homes: dict[str, list[str]] = {}
    for name, corpus in known.items():
        for entry in corpus.article if isinstance(corpus, Corpus) else ():
            homes.setdefault(entry.id, []).append(name)
    problems: list[Problem] = [*amending.unfinished(places)]
    problems += pairs.strays(places, known) if names is None else ()
    for name, corpus in chosen(known, names).items():
        if isinstance(corpus, Corpus):
            problems += _corpus_problems(corpus, homes)
            problems += releases.release_problems(corpus)
            problems += _raw_problems(corpus)
            problems += pairs.pair_problems(corpus)
            problems += pooled.pooled_problems(corpus)
            for entry in corpus.article:
                problems += _article_problems(corpus, entry, places)
        else:
            problems += corpus
            for path in sorted(where[name].glob("claims/*.jsonl")):
                problems += label_problems(path, None)
    return problems


def _corpus_problems(corpus: Corpus, homes: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    path = corpus.folder / "corpus.toml"
    for index, entry in enumerate(corpus.article):
        for finding in _entry_findings(corpus, entry, f"article[{index}]", homes[entry.id]):
            yield finding.at(path)
    if not corpus.article:
        yield Finding("article", "none", "one or more").at(path)
    for split in SPLITS:
        if corpus.text == "held" and all(e.split != split for e in corpus.article):
            yield Finding("article", f"none in split {split}", "some", "warning").at(path)
    for stray in _strays(corpus):
        yield Finding("file", "a file of no article", "none here").at(stray)


def _entry_findings(
    corpus: Corpus, entry: ArticleEntry, field: str, homes: Sequence[str]
) -> Iterator[Finding]:
    if len(homes) > 1:
        found = f"{entry.id!r} {len(homes)} times (in {', '.join(sorted(set(homes)))})"
        yield Finding(f"{field}.id", found, "an id of its own")
    try:
        date.fromisoformat(entry.date)
    except ValueError as error:
        yield Finding(f"{field}.date", f"{entry.date!r} ({error})", "a day of the calendar")
    if (entry.file is None) != (entry.row is None):
        yield Finding(f"{field}.row", f"file {entry.file}, row {entry.row}", "both or neither")
    if entry.file is not None and entry.file not in {f.name for f in corpus.file}:
        yield Finding(f"{field}.file", repr(entry.file), "the name of a [[file]]")


def _raw_problems(corpus: Corpus) -> Iterator[Problem]:
    """What keeps the annotators' own labels from being read: more is not asked of them."""
    ids = {e.id for e in corpus.article}
    for who in ANNOTATORS:
        for path in sorted((corpus.folder.parent / "annotators" / who / corpus.name).glob("*")):
            if path.stem not in ids or path.suffix != ".jsonl":
                yield Finding("file", "labels of no article", "none here").at(path)
            else:
                yield from Records(path, GoldClaim).problems


def _strays(corpus: Corpus) -> Iterator[Path]:
    ids = {e.id for e in corpus.article}
    known = {"claims", reviewed.FILE, releases.FILE, pooled.FILE}
    known |= {"articles"} if corpus.text == "held" else set()
    for path in sorted(corpus.folder.iterdir()):
        if path.name not in known | {"corpus.toml"} and path.suffix != ".md":
            yield path
    for name, suffix in (("articles", ".txt"), ("claims", ".jsonl")):
        folder = corpus.folder / name
        for path in sorted(folder.iterdir()) if name in known and folder.is_dir() else ():
            if path.stem not in ids or path.suffix != suffix:
                yield path


def _article_problems(corpus: Corpus, entry: ArticleEntry, places: Places) -> list[Problem]:
    text, problems = _text(corpus, entry, places)
    reading = None if text is None else read_article(text, may_copy=corpus.text == "held")
    return problems + label_problems(corpus.labels(entry.id), reading)


def _text(corpus: Corpus, entry: ArticleEntry, places: Places) -> tuple[str | None, list[Problem]]:
    """The text to check the labels against, and what is wrong with it."""
    path = corpus.text_path(entry.id, places)
    held = corpus.text == "held"
    data = bytes_of(path, "the article's text")
    if isinstance(data, Problem):
        return None, [data] if held else []
    problems = list(byte_problems(path, data)) if held else []
    if sha256(data) != entry.sha256:
        advice = "restore it, or label it anew" if held else f"claimbench fetch {corpus.name}"
        wanted = f"{entry.sha256}: {advice}"
        problems.append(Finding("text", f"SHA-256 {sha256(data)}", wanted).at(path))
        if not held:
            return None, problems
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        return None, [*problems, Finding("text", str(error), "UTF-8").at(path)]
    if not text.strip():
        problems.append(Finding("text", "nothing", "an article").at(path))
    return text, problems


def label_problems(path: Path, reading: Reading | None) -> list[Problem]:
    """Everything that is wrong with a file of labels, in order of lines.

    Without a ``reading`` whatever needs the article's text is left out.
    """
    data = bytes_of(path, "the labels of an article")
    if isinstance(data, Problem):
        return [data]
    labels, problems = parse(path, data)
    other_version = schema_finding(labels.header.value["schema"]) if labels.header else None
    if other_version:
        return [other_version.at(path, 1)]
    whole = not problems
    problems += byte_problems(path, data)
    problems += _header_problems(path, labels, reading)
    read = [review(line.number, line.value, reading) for line in labels.claims]
    problems += [f.at(path, r.number, r.claim.id) for r in read for f in r.findings]
    problems += _article_rules(path, read)
    if reading is not None and whole and read and all(map(_has_sound_spans, read)):
        problems += _unclaimed(path, labels.header, read, reading)
    if not problems and canonical(path.stem, labels) != data:
        wanted = "the form that is kept: claimbench check --fix"
        problems.append(Finding("file", "another layout", wanted, "warning").at(path))
    return sorted(problems, key=lambda problem: problem.line or 0)


def _header_problems(path: Path, labels: Labels, reading: Reading | None) -> Iterator[Problem]:
    if labels.header is None:
        return
    number, value = labels.header.number, labels.header.value
    for finding in mismatches(value, LabelHeader):
        yield finding.at(path, number)
    if any(line.number < number for line in labels.claims):
        yield Finding("header", "claims before it", "the first line").at(path, number)
    if value.get("article") != path.stem:
        wanted = f"{path.stem!r}, as the file"
        yield Finding("article", shown(value.get("article")), wanted).at(path, number)
    summary = value.get("summary")
    if isinstance(summary, str) and not summary.strip():
        yield Finding("summary", "nothing", "two sentences").at(path, number)
    for field, text in _own_words(value):
        for finding in copied(field, text, reading) if reading is not None else ():
            yield finding.at(path, number)


def _own_words(header: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a header says in words of its own, by field, as far as it can be read."""
    if isinstance(header.get("summary"), str):
        yield "summary", header["summary"]
    entries = header.get("no_claim")
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict) and isinstance(entry.get("reason"), str):
            yield f"no_claim[{index}].reason", entry["reason"]


def _article_rules(path: Path, read: Sequence[Reviewed]) -> Iterator[Problem]:
    """What must hold among the claims of one article."""
    if not read:
        yield Finding("claims", "none", "one or more").at(path)
    yield from _ids(path, [r for r in read if "id" in r.valid])
    placed = [r for r in read if "spans" in r.valid and r.claim.spans]
    for one, two in pairwise(placed):
        if two.claim.spans[0] < one.claim.spans[0]:
            found = f"{two.claim.spans[0]} after {one.claim.spans[0]}"
            wanted = "claims in order of their first span: claimbench check --fix"
            yield Finding("spans", found, wanted).at(path, two.number)
    yield from _repeats(path, [r for r in read if "text" in r.valid])
    central = [r for r in read if r.claim.central]
    for extra in central[CENTRAL_LIMIT:]:
        found = f"central claim number {central.index(extra) + 1}"
        yield Finding("central", found, f"at most {CENTRAL_LIMIT}").at(path, extra.number)
    if read and not central and all("central" in r.valid for r in read):
        yield Finding("central", "no central claim", "one or more", "warning").at(path)


def _unclaimed(
    path: Path, header: Line | None, read: Sequence[Reviewed], reading: Reading
) -> Iterator[Problem]:
    """Every sentence either carries a claim or is said to carry none, with the reason."""
    number = header.number if header else 1
    stated = header.value.get("no_claim", []) if header else []
    if next(mismatches(stated, tuple[NoClaim, ...]), None):
        return  # said of the header already
    excused = msgspec.convert(stated, tuple[NoClaim, ...])
    carrying = [span for r in read for span in r.claim.spans]
    for index, entry in enumerate(excused):
        field, words = f"no_claim[{index}]", shown(reading.text[slice(*entry.span)])
        if not 0 <= entry.span[0] < entry.span[1] <= len(reading.text):
            wanted = f"offsets into the {len(reading.text)} characters of the article"
            yield Finding(f"{field}.span", str(entry.span), wanted).at(path, number)
        elif any(map(partial(_overlap, entry.span), carrying)):
            yield Finding(f"{field}.span", words, "words that no claim spans").at(path, number)
        if not entry.reason.strip():
            yield Finding(f"{field}.reason", "nothing", "why there is no claim").at(path, number)
    for sentence in sentences(reading.text):
        if not any(map(partial(_overlap, sentence), (*carrying, *(e.span for e in excused)))):
            wanted = "a claim, or an entry of no_claim with the reason"
            words = shown(reading.text[slice(*sentence)])
            yield Finding("no_claim", f"nothing for {words}", wanted).at(path, number)


def _has_sound_spans(read: Reviewed) -> bool:
    errors = (f.field for f in read.findings if f.severity == "error")
    return "spans" in read.valid and not any(field.startswith("spans") for field in errors)


def _overlap(one: Span, two: Span) -> bool:
    return one[0] < two[1] and two[0] < one[1]


def _ids(path: Path, read: Sequence[Reviewed]) -> Iterator[Problem]:
    lines: dict[str, int] = {}
    latest = ""
    for r in read:
        name = r.claim.id
        if name in lines:
            found = f"{name!r}, as in line {lines[name]}"
            yield Finding("id", found, "an id of its own").at(path, r.number)
        elif not re.fullmatch(re.escape(path.stem) + r"-c\d{2,}", name):
            wanted = f"{path.stem}-cNN: claimbench check --fix"
            yield Finding("id", repr(name), wanted).at(path, r.number)
        elif (len(name), name) < (len(latest), latest):
            wanted = "ids in order: claimbench check --fix"
            yield Finding("id", f"{name!r} after {latest!r}", wanted).at(path, r.number)
        else:
            latest = name
        lines.setdefault(name, r.number)


def _repeats(path: Path, read: Sequence[Reviewed]) -> Iterator[Problem]:
    lines: dict[tuple[str, ...], int] = {}
    for r in read:
        words = tokens(r.claim.text)
        if words in lines:
            found = f"the words of line {lines[words]} again"
            yield Finding("text", found, "each claim once, with every span").at(path, r.number)
        lines.setdefault(words, r.number)
