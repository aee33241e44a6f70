"""Hand the corpora on: as tables, and as a folder that ``datasets`` and Croissant tools read."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from bench.gold.corpus import Corpus, read_claims, text_of
from bench.gold.croissant import described
from bench.model import SPLITS, DataError, GoldClaim
from bench.store import Places, write_atomic

ARTICLE_COLUMNS = (
    "id", "title", "date", "split", "corpus", "topic", "register", "url", "credit", "licence",
    "sha256",
)  # fmt: skip
CLAIM_COLUMNS = (
    "article", "id", "text", "forms", "type", "optional", "spans", "source", "polarity",
    "certainty", "central", "facts", "phenomena",
)  # fmt: skip
"""Whatever is no text is a cell of JSON; spans are half-open code-point offsets."""

CROISSANT = "croissant.json"


def export_csv(corpus: Corpus, folder: Path, places: Places, *, texts: bool = True) -> None:
    """Write ``articles.csv`` and ``claims.csv`` of all splits into ``folder``.

    Labels are written whether or not a text is at hand; the column ``text`` is there if any
    article has one, and never if not ``texts``. ``sha256`` is that of the text that was labelled.
    Raises DataError or StorageError.
    """
    articles = _articles(corpus, places, texts=texts)
    known = any(article["text"] is not None for article in articles)
    columns = (*ARTICLE_COLUMNS, *(("text",) if known else ()))
    _write_csv(folder / "articles.csv", columns, articles)
    write_atomic(folder / "claims.csv", _claims_csv(articles))


def _articles(corpus: Corpus, places: Places, *, texts: bool) -> list[dict[str, Any]]:
    """A row an article: what its licence asks to be passed on, its claims, its text or None."""
    return [
        {
            **{name: getattr(entry, name) for name in ARTICLE_COLUMNS if name != "corpus"},
            "corpus": corpus.name,
            "licence": entry.licence or corpus.licence,
            "text": text_of(corpus, entry, places) if texts else None,
            "claims": [_plain(claim) for claim in read_claims(corpus.labels(entry.id))],
        }
        for entry in corpus.article
    ]


def _plain(claim: GoldClaim) -> dict[str, Any]:
    """A claim as plain values, defaults included."""
    plain = msgspec.structs.asdict
    return {**plain(claim), "source": plain(claim.source) if claim.source else None}


def _claims_csv(articles: Iterable[Mapping[str, Any]]) -> bytes:
    return _csv(CLAIM_COLUMNS, ({"article": a["id"], **c} for a in articles for c in a["claims"]))


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    write_atomic(path, _csv(columns, ({k: row[k] for k in columns} for row in rows)))


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({k: _cell(v) for k, v in row.items()} for row in rows)
    return buffer.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return msgspec.json.encode(value).decode()


def export_hf(corpora: Mapping[Corpus, bool], folder: Path, places: Places, url: str = "") -> None:
    """Write a folder for ``datasets.load_dataset(folder, corpus)``: a corpus is a configuration.

    ``corpora`` says of each whether its texts may go in. One row is one article with its claims
    nested; splits are splits; ``text`` is null where no text is at hand. ``claims.csv`` holds the
    claims flat, and ``croissant.json`` describes its columns and lists all files; ``url`` is the
    address under which the data set is published. ``README.md``, written last, is the dataset
    card that ties all together.

    Raises DataError, or StorageError if the folder cannot be written.
    """
    for corpus in corpora:
        if not corpus.article:
            raise DataError(f"{corpus.name}: found no articles; expected one or more to export")
    configs, files = [], {}
    for corpus, texts in corpora.items():
        articles = _articles(corpus, places, texts=texts)
        written = {f"{corpus.name}/claims.csv": _claims_csv(articles)}
        lines = [f"- config_name: {corpus.name}", "  data_files:"]
        for split in SPLITS:
            rows = [article for article in articles if article["split"] == split]
            if rows:
                name = f"{corpus.name}/{split}.parquet"
                written[name] = _parquet(rows)
                lines += [f"  - split: {split}", f"    path: {name}"]
        for name, data in written.items():
            write_atomic(folder / name, data)
        files[corpus] = written
        configs.append("\n".join(lines))
    croissant = json.dumps(described(files, url), indent=2, ensure_ascii=False) + "\n"
    write_atomic(folder / CROISSANT, croissant.encode())
    licences = "\n".join(map(_credit, corpora))
    card = _CARD.format(configs="\n".join(configs), licences=licences)
    write_atomic(folder / "README.md", card.encode())


def _credit(corpus: Corpus) -> str:
    changes = f"; texts changed by: {', '.join(corpus.normalise)}" if corpus.normalise else ""
    return f"- `{corpus.name}` {corpus.version}: {corpus.title}. {corpus.licence}{changes}."


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
license: other
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

`spans` are half-open Unicode code-point offsets into `text`. Where `text` is null the text is not
ours to pass on: `sha256` tells which text was labelled, `url` where it stood, and
`claimbench fetch` brings it in. `facts` are groups of alternatives: a wording is right only if it
holds one alternative of every group. Claims that are `optional` are neither rewarded nor punished.

The claims were labelled by language models, twice and apart, and adjudicated by a third reading;
no human has checked them yet. The datasheet of the gold says how well they agreed and what is weak.

Every text keeps its own `licence`; `credit` and `url` go with every use of it.

{licences}
"""
