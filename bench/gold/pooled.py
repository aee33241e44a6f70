"""What was judged of pooled predictions: known by a hash, so that none comes up a second time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from bench import text
from bench.gold.corpus import Corpus, Slug, Version
from bench.gold.fields import Finding
from bench.gold.records import Records
from bench.model import DataError, Frozen, Problem
from bench.store import digest

FILE = "pooled.jsonl"

PooledId = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{16}$")]
Decision = Literal["claim", "form", "reject"]


class Pooled(Frozen, frozen=True):
    """A decision on a prediction about ``article``, and under which version of the corpus.

    ``id`` stands for its words, so that nothing is quoted of a text that is not ours; ``reason``,
    which a rejection has, is in the reader's own words.
    """

    id: PooledId
    article: Slug
    decision: Decision
    version: Version
    reason: str = ""


def pooled_id(article: str, wording: str) -> str:
    """The identity of a prediction: equal for equal words of one article, whatever their signs.

    The first 64 bits of SHA-256, in hexadecimal.
    """
    return digest("\n".join((article, " ".join(text.tokens(wording)))))[:16]


def read_pooled(corpus: Corpus) -> tuple[Pooled, ...]:
    """The decisions on a corpus in file order, none where it has no file of them.

    Raises DataError, naming everything that is wrong with the file.
    """
    if problems := [*pooled_problems(corpus)]:
        raise DataError("\n".join(map(str, problems)), hint=f"claimbench check {corpus.name}")
    path = corpus.folder / FILE
    return tuple(Records(path, Pooled).by_line.values()) if path.exists() else ()


def pooled_problems(corpus: Corpus) -> Iterator[Problem]:
    """Yield what is wrong with the file of decisions of a corpus, if it has one."""
    path = corpus.folder / FILE
    if not path.exists():
        return
    records = Records(path, Pooled)
    yield from records.problems
    articles = {entry.id for entry in corpus.article}
    lines: dict[str, int] = {}
    for line, record in records.by_line.items():
        if record.article not in articles:
            yield Finding("article", repr(record.article), "one of the corpus").at(path, line)
        if record.decision == "reject" and not record.reason.strip():
            yield Finding("reason", "nothing", "why it was rejected").at(path, line)
        if record.id in lines:
            found = f"{record.id}, as in line {lines[record.id]}"
            yield Finding("id", found, "each once").at(path, line)
        lines.setdefault(record.id, line)
