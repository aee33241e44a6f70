"""Versions of a corpus and what each contained: content never changes under a version."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from bench.gold.corpus import Corpus, CorpusFile, read_claims
from bench.gold.fields import Finding, bytes_of
from bench.gold.records import Records
from bench.model import SCHEMA, DataError, Frozen, GateFailed, Problem
from bench.store import Header, encode, write_jsonl
from bench.store import digest as sha256

FILE = "releases.jsonl"


class Release(Frozen, frozen=True):
    """A version that was given out; ``digest`` is that of its content, ``date`` its day."""

    version: str
    digest: str
    date: str
    articles: int
    claims: int


def content_digest(corpus: Corpus) -> str:
    """The SHA-256 of all that a version stands for, whether or not texts are at hand.

    It covers ``corpus.toml`` but for the version (so the hash of every text and its split), and
    every file of labels, byte by byte. Raises DataError if one is missing.
    """
    described = {
        field: getattr(corpus, field)
        for field in CorpusFile.__struct_fields__
        if field != "version"
    }
    parts = [sha256(encode(described))]
    for entry in corpus.article:
        data = bytes_of(corpus.labels(entry.id), "the labels of an article")
        if isinstance(data, Problem):
            raise DataError(str(data))
        parts.append(f"{entry.id} {sha256(data)}")
    return sha256("\n".join(parts))


def release_problems(corpus: Corpus) -> Iterator[Problem]:
    """Yield how a corpus that has releases departs from the one it says it is."""
    path = corpus.folder / FILE
    if not path.exists():
        return
    records = Records(path, Release)
    yield from records.problems
    try:
        content = content_digest(corpus)
    except DataError:
        return  # a file of labels is missing, which the check of that file says
    ours = [r for r in records.by_line.values() if r.version == corpus.version]
    if len(ours) > 1:
        yield Finding("version", f"{corpus.version} {len(ours)} times", "each once").at(path)
    elif not ours and not records.problems:
        found = f"{corpus.version}, which is not among the releases"
        wanted = f"one of them: claimbench check {corpus.name} --release"
        yield Finding("version", found, wanted).at(path)
    elif ours and ours[0].digest != content:
        found = f"content {content[:12]} under version {corpus.version}"
        wanted = (
            f"{ours[0].digest[:12]}, as it was released: raise version in corpus.toml, say why in "
            f"CHANGELOG.md, then claimbench check {corpus.name} --release"
        )
        yield Finding("version", found, wanted).at(corpus.folder / "corpus.toml")


def release(corpus: Corpus) -> Release:
    """Record the content of ``corpus`` under its version; recording it twice changes nothing.

    Raises
    ------
    GateFailed
        The version has been given out with other content.
    DataError
        A file of labels, or the record of releases, is missing or broken.
    StorageError
        The record cannot be written; it is as it was.
    """
    path = corpus.folder / FILE
    records: Records[Release] | None = Records(path, Release) if path.exists() else None
    if records and records.problems:
        raise DataError("\n".join(map(str, records.problems)), hint="restore it from its history")
    known = list(records.by_line.values()) if records else []
    new = Release(
        version=corpus.version,
        digest=content_digest(corpus),
        date=date.today().isoformat(),
        articles=len(corpus.article),
        claims=sum(len(read_claims(corpus.labels(entry.id))) for entry in corpus.article),
    )
    for old in known:
        if old.version == new.version and old.digest != new.digest:
            raise GateFailed(
                f"{corpus.name} {old.version} was released on {old.date} with other content",
                hint="raise version in corpus.toml and say why in gold/CHANGELOG.md",
            )
        if old.version == new.version:
            return old
    write_jsonl(path, Header(schema=SCHEMA, corpus=corpus.name), [*known, new])
    return new
