"""Change several files of the gold as one: after a kill at any moment all of them or none.

A journal, written whole or not at all, holds what the files are to be; only then are they replaced.
What was broken off in between is carried out by ``finish``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from bench.gold.fields import Finding
from bench.model import SCHEMA, DataError, Frozen, Problem
from bench.store import Places, check_schema, encode, write_atomic

FILE = ".amendment.json"


class _Journal(Frozen, frozen=True, omit_defaults=False):
    schema: int
    files: dict[str, str]


def amend(base: Path, files: Mapping[Path, bytes]) -> None:
    """Replace ``files``, all of them UTF-8 and below the folder of corpora ``base``.

    Raises StorageError; if nothing but the journal was written by then, ``finish`` does the rest.
    """
    whole = {str(path.relative_to(base)): data.decode() for path, data in files.items()}
    write_atomic(base / FILE, encode(_Journal(SCHEMA, whole)))
    finish(base)


def finish(base: Path) -> bool:
    """Carry out what a change that was broken off left to do; return whether there was one.

    Raises DataError for a journal that is none, StorageError.
    """
    path = base / FILE
    if not path.exists():
        return False
    try:
        journal = msgspec.json.decode(path.read_bytes(), type=_Journal)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: {error}; expected a change that was broken off") from None
    check_schema(journal.schema, str(path))
    for name, content in journal.files.items():
        target = base / name
        if not target.resolve().is_relative_to(base.resolve()):
            raise DataError(f"{path}: found {name!r}; expected files below {base}")
        write_atomic(target, content.encode())
    path.unlink()
    return True


def unfinished(places: Places) -> Iterator[Problem]:
    """Yield the changes of the gold that were broken off."""
    for path in (base / FILE for base in places.gold):
        if path.exists():
            wanted = "none: `claimbench pool` carries it out"
            yield Finding("file", "a change that was broken off", wanted).at(path)
