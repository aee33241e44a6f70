"""What systems answered, as it is kept: reading, resuming, tidying."""

from __future__ import annotations

import secrets
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jsonlines
import msgspec

from bench import store
from bench.model import DataError, Extraction, StorageError
from bench.results import OUTPUTS as FILE
from bench.run.answers import judge

NOT_STARTED = "did not start: "
"""How the error of an article opens that the system was never asked about."""


def asked(record: Extraction) -> bool:
    """Whether the system was given the article at all."""
    return not (record.error or "").startswith(NOT_STARTED)


def kept(folder: Path) -> dict[str, Extraction]:
    """All records in a folder of outputs by key; of several with one key the last counts.

    Raises DataError or SchemaVersionError if the file is not what it should be.
    """
    return {record.key: record for record in read_log(folder / FILE)[1]}


def read_log(path: Path) -> tuple[store.Header | None, list[Extraction]]:
    """Header and records in file order; nothing if there is no such file."""
    return store.read_jsonl(path, Extraction) if path.exists() else (None, [])


def read_outputs(path: Path) -> dict[str, Extraction]:
    """What a system answered by article id; of several records of an article the last counts.

    Beside claimbench's own files it takes lines made elsewhere: ``{"id" or "article_id",
    "claims": [...]}`` with claims as a system states them, or ``{"id", "error"}``. Raises
    DataError, naming file and line.
    """
    found: dict[str, Extraction] = {}
    first = True
    for number, raw in store.raw_lines(path):
        where = f"{path}:{number}"
        if isinstance(raw, jsonlines.InvalidLineError) or not isinstance(raw, dict):
            found_here = store.cause(raw) if isinstance(raw, Exception) else repr(raw)
            raise DataError(
                f"{where}: found {found_here}; expected one JSON object a line",
                hint=f"mend the line, or set the file aside: mv {path} {path}.bak",
            )
        if first and "schema" in raw:
            store.check_schema(raw["schema"], where)
        else:
            record = _record(raw, where)
            found[record.article_id] = record
        first = False
    return found


def _record(raw: dict[str, Any], where: str) -> Extraction:
    if "key" in raw and "status" in raw:
        try:
            return msgspec.convert(raw, Extraction)
        except msgspec.ValidationError as error:
            raise DataError(f"{where}: {error}") from None
    names = [raw[field] for field in ("id", "article_id") if field in raw]
    if len(names) != 1 or not isinstance(names[0], str):
        raise DataError(f'{where}: found {names or "no id"}; expected "id": the article\'s')
    answer = {field: value for field, value in raw.items() if field != "article_id"}
    verdict = judge(answer, None)
    if verdict.status == "invalid":
        raise DataError(f"{where}: {verdict.error}")
    return Extraction(names[0], "", verdict.status, verdict.claims, verdict.error)


def tidy(log: Iterable[Extraction], current: Mapping[str, Extraction]) -> list[Extraction]:
    """The records worth keeping: ``current`` (by article, in their order), then other articles'.

    An older answer of an article goes once a newer one is there, but stays, in front of it, while
    the system has only failed to start.
    """
    log = list(log)
    stale: dict[str, list[Extraction]] = {}
    for record in log:
        now = current.get(record.article_id)
        if now is not None and record.key != now.key and not asked(now):
            stale.setdefault(record.article_id, []).append(record)
    ours = [r for name, now in current.items() for r in (*stale.get(name, ()), now)]
    return ours + [record for record in log if record.article_id not in current]


def rescue(records: Iterable[Extraction]) -> Path | None:
    """Write records that found no room to a temporary file, or else (None) to stderr."""
    lines = b"".join(store.encode(record) + b"\n" for record in records)
    path = Path(tempfile.gettempdir()) / f"claimbench-rescue-{secrets.token_hex(4)}.jsonl"
    try:
        store.write_atomic(path, lines)
    except StorageError:
        sys.stderr.write(lines.decode())
        return None
    return path
