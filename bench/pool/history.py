"""What a change of the gold leaves behind: another version, its account, references that hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

import msgspec

from bench.gold import Corpus
from bench.model import DataError
from bench.pool.edits import Edited
from bench.store import encode

CHANGELOG = "CHANGELOG.md"
_TITLE = "# Corrections of labels\n\nEvery change of a label, by version of its corpus.\n"


def raised(version: str, wanted: str = "") -> str:
    """``wanted``, which must be above ``version``, or ``version`` with its second part raised."""
    now = _parts(version)
    if not wanted:
        return f"{now[0]}.{now[1] + 1}.0"
    if not re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", wanted) or _parts(wanted) <= now:
        raise DataError(f"--as: found {wanted!r}; expected a version above {version}, as in 1.2.0")
    return wanted


def _parts(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def description(corpus: Corpus, version: str) -> bytes:
    """The ``corpus.toml`` of ``corpus`` under another version, else as it was written."""
    path = corpus.folder / "corpus.toml"
    before = path.read_text(encoding="utf-8")
    after = re.sub(r'(?m)^version\s*=\s*"[^"\n]*"', f'version = "{version}"', before, count=1)
    if msgspec.toml.decode(after) != {**msgspec.toml.decode(before), "version": version}:
        raise DataError(f'{path}: found no line version = "{corpus.version}"; expected one')
    return after.encode()


def references(edited: Iterable[Edited], names: Sequence[Path]) -> dict[Path, bytes]:
    """Those of the files ``names`` that speak of claims whose id is another now, with the new ids.

    They are JSON Lines with the id under ``claim``; a line that holds no such id stays as it is.
    """
    new = {old: now for one in edited for old, now in one.renumbered.items()}
    found = {}
    for path in names:
        before = path.read_bytes() if path.exists() else b""
        after = b"\n".join(_renumbered(line, new) for line in before.split(b"\n"))
        if after != before:
            found[path] = after
    return found


def _renumbered(line: bytes, new: Mapping[str, str]) -> bytes:
    if not line.strip():
        return line
    value = msgspec.json.decode(line)
    if not isinstance(value, dict) or value.get("claim") not in new:
        return line
    return encode({**value, "claim": new[value["claim"]]})


def changelog(before: str, corpus: str, version: str, edited: Iterable[Edited]) -> str:
    """The account of all changes with one of these put in front of the older ones."""
    lines = [line for one in edited for line in _account(one)]
    section = f"## {corpus} {version}\n\n" + "".join(f"- {line}\n" for line in lines) + "\n"
    head, mark, older = (before or _TITLE).partition("\n## ")
    return f"{head.rstrip()}\n\n{section}{mark.lstrip()}{older}".rstrip() + "\n"


def _account(edited: Edited) -> Iterator[str]:
    texts = {claim.id: claim.text for claim in edited.claims}
    for claim, candidates in edited.origin.items():
        for candidate in candidates.values():
            systems = ", ".join(candidate.systems)
            if candidate.decision == "claim":
                yield f"`{claim}`: added, as it was missing: {texts[claim]} (found by {systems})"
            else:
                yield f"`{claim}`: accepts one more form: {candidate.form} (after {systems})"
    if edited.renumbered:
        yield f"`{edited.path.stem}`: numbered anew: {', '.join(_moves(edited.renumbered))}"


def _moves(renumbered: Mapping[str, str]) -> Iterator[str]:
    """Old and new ids in words; a run of ids that moved alike is told by its ends."""
    numbers = sorted((_number(old), _number(new)) for old, new in renumbered.items())
    for _, run in groupby(numbers, key=lambda pair: pair[1] - pair[0]):
        (first, new_first), *others = run
        last, new_last = others[-1] if others else (first, new_first)
        if others:
            yield f"c{first:02d} to c{last:02d} are now c{new_first:02d} to c{new_last:02d}"
        else:
            yield f"c{first:02d} is now c{new_first:02d}"


def _number(claim: str) -> int:
    return int(claim.rpartition("-c")[2])
