"""Hand the corpora on: as tables, and as a folder that ``datasets.load_dataset`` reads."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from bench.gold.corpus import Corpus, find_corpus
from bench.model import SPLITS, Gold, Labelled, TextAbsent
from bench.store import Places, write_atomic

ARTICLE_COLUMNS = (
    "id", "title", "date", "split", "corpus", "topic", "url", "credit", "licence",
)  # fmt: skip
CLAIM_COLUMNS = (
    "article", "id", "text", "forms", "type", "optional", "spans", "source", "polarity",
    "certainty", "central", "facts", "phenomena",
)  # fmt: skip
"""Whatever is no text is a cell of JSON; spans are half-open code-point offsets."""


def export_csv(gold: Gold, folder: Path, places: Places) -> None:
    """Write ``articles.csv`` and ``claims.csv`` into ``folder``.

    An article whose text is absent has a row without its text and without its claims; the
    column ``text`` is there if any article has one. Raises DataError or StorageError.
    """
    articles = _articles(gold, places)
    columns = (*ARTICLE_COLUMNS, *(("text",) if gold.items else ()))
    _write_csv(folder / "articles.csv", columns, articles.values())
    claims = [{"article": i.article.id, **c} for i in gold.items for c in _claims(i)]
    _write_csv(folder / "claims.csv", CLAIM_COLUMNS, claims)


def _articles(gold: Gold, places: Places) -> dict[str, dict[str, str]]:
    """Articles by id with what their licences ask to be passed on, and text where there is one."""
    corpus = find_corpus(gold.corpus, places)
    texts = {item.article.id: {"text": item.article.text} for item in gold.items}
    return {
        e.id: {
            **{k: getattr(e, k) for k in ARTICLE_COLUMNS if k != "corpus"},
            "corpus": corpus.name,
            "licence": e.licence or corpus.licence,
            **texts.get(e.id, {}),
        }
        for e in corpus.article
        if e.id in texts or e.id in gold.absent
    }


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({k: _cell(v) for k, v in row.items()} for row in rows)
    write_atomic(path, buffer.getvalue().encode())


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _claims(item: Labelled) -> list[dict[str, Any]]:
    """Claims as plain values, defaults included."""
    plain = msgspec.structs.asdict
    return [
        {**plain(claim), "source": plain(claim.source) if claim.source else None}
        for claim in item.claims
    ]


def export_hf(golds: Sequence[Gold], folder: Path, places: Places) -> None:
    """Write a folder for ``datasets.load_dataset(folder, corpus)``: a corpus is a configuration.

    One row is one article with its claims nested; splits are splits. ``README.md``, written
    last, is the dataset card that ties them together.

    Raises
    ------
    TextAbsent
        No text of some corpus is at hand.
    StorageError
        The folder cannot be written.
    """
    for gold in golds:
        if not gold.items:
            raise TextAbsent(
                f"{gold.corpus}: found no article with its text; expected one or more",
                hint=f"claimbench fetch {gold.corpus}",
            )
    configs = "\n".join(_write_config(gold, folder, places) for gold in golds)
    licences = "\n".join(_credit(find_corpus(gold.corpus, places)) for gold in golds)
    write_atomic(folder / "README.md", _CARD.format(configs=configs, licences=licences).encode())


def _credit(corpus: Corpus) -> str:
    changes = f"; texts changed by: {', '.join(corpus.normalise)}" if corpus.normalise else ""
    return f"- `{corpus.name}` {corpus.version}: {corpus.title}. {corpus.licence}{changes}."


def _write_config(gold: Gold, folder: Path, places: Places) -> str:
    """Write a Parquet file per split; return the lines of the card that name them."""
    articles = _articles(gold, places)
    lines = [f"- config_name: {gold.corpus}", "  data_files:"]
    for split in SPLITS:
        items = [item for item in gold.items if item.article.split == split]
        if items:
            name = f"{gold.corpus}/{split}.parquet"
            rows = [{**articles[i.article.id], "claims": _claims(i)} for i in items]
            write_atomic(folder / name, _parquet(rows))
            lines += [f"  - split: {split}", f"    path: {name}"]
    return "\n".join(lines)


def _parquet(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """A Parquet file whose schema carries the features."""
    import pyarrow  # type: ignore[import-untyped]
    from datasets import Features, List, Value  # type: ignore[import-untyped]
    from pyarrow import parquet

    text, flag, texts = Value("string"), Value("bool"), List(Value("string"))
    source = {"name": text, "mode": text, "aliases": texts, "via": texts}
    claim = {
        "id": text, "text": text, "forms": texts, "type": text,
        "spans": List(List(Value("int64"), length=2)), "facts": List(texts), "source": source,
        "polarity": text, "certainty": text, "central": flag, "optional": flag,
        "phenomena": texts,
    }  # fmt: skip
    columns = dict.fromkeys((*ARTICLE_COLUMNS, "text"), text)
    features = Features({**columns, "claims": List(claim)})
    table = pyarrow.Table.from_pylist(rows, schema=features.arrow_schema)
    buffer = io.BytesIO()
    parquet.write_table(table, buffer)
    return buffer.getvalue()


_CARD = """\
---
pretty_name: claimbench
language:
- en
task_categories:
- text2text-generation
tags:
- claim-extraction
- fact-checking
configs:
{configs}
---

# claimbench

News articles and every checkable claim that each makes or reports: its wordings, its type, its
source and where the article says it. One row is one article, with its claims nested.

`spans` are half-open Unicode code-point offsets into `text`. `facts` are groups of alternatives:
a wording is right only if it holds one alternative of every group. Claims that are `optional` are
neither rewarded nor punished.

Every text keeps its own `licence`; `credit` and `url` go with every use of it.

{licences}
"""
