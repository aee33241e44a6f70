"""Every disagreement between a decoded value and the type that it should have, not just the first.

``msgspec.convert`` stops at the first; a hand-written file deserves the whole list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec

from bench.model import Frozen, Problem


class Finding(Frozen, frozen=True):
    """A Problem that does not know yet in which file and line it is."""

    field: str
    found: str
    expected: str
    severity: Literal["error", "warning"] = "error"

    def at(self, path: Path, line: int | None = None, claim: str = "") -> Problem:
        """The Problem in ``path`` at ``line``, with the claim of that id."""
        place = (str(path), line, self.field)
        return Problem(*place, self.found, self.expected, self.severity, claim)


def shown(value: Any) -> str:
    """Return ``value`` as it is quoted in a message: short, on one line."""
    text = "null" if value is None else repr(value)
    return text if len(text) <= 80 else text[:77] + "…" + text[-1]


def suggest(word: str, known: Iterable[str]) -> str:
    """Return ``; did you mean 'x'?`` for the nearest known word, or nothing."""
    near = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""


def mismatches(value: Any, kind: Any, field: str = "") -> Iterator[Finding]:
    """Yield where ``value``, as decoded from JSON or TOML, departs from type ``kind``.

    Fields are written as in ``source.via[0]``. Nothing is yielded if and only if
    ``msgspec.convert(value, kind)`` works.
    """
    struct = _struct_of(kind)
    if struct is not None and isinstance(value, dict):
        yield from _struct_mismatches(value, struct, field)
    elif get_origin(kind) is tuple and get_args(kind)[1:] == (...,) and isinstance(value, list):
        for index, item in enumerate(value):
            yield from mismatches(item, get_args(kind)[0], f"{field}[{index}]")
    else:
        yield from _mismatch(value, kind, field)


def _struct_of(kind: Any) -> type[msgspec.Struct] | None:
    """The struct that ``kind`` is, or that it is beside None."""
    arms = [kind, *get_args(kind)] if get_origin(kind) is not tuple else []
    return next((a for a in arms if isinstance(a, type) and issubclass(a, msgspec.Struct)), None)


@cache  # msgspec evaluates the annotations anew at every call
def fields_of(struct: type[msgspec.Struct]) -> dict[str, msgspec.structs.FieldInfo]:
    """The fields of ``struct`` by the names that they have in files."""
    return {f.encode_name: f for f in msgspec.structs.fields(struct)}


def _struct_mismatches(
    value: dict[str, Any], struct: type[msgspec.Struct], field: str
) -> Iterator[Finding]:
    fields = fields_of(struct)
    prefix = f"{field}." if field else ""
    for key in value:
        if key not in fields:
            yield Finding(prefix + key, "an unknown key", f"one of {', '.join(fields)}"
                          + suggest(key, fields))  # fmt: skip
    for key, known in fields.items():
        if key in value:
            yield from mismatches(value[key], known.type, prefix + key)
        elif known.required:
            yield Finding(prefix + key, "no such key", "one")


def _mismatch(value: Any, kind: Any, field: str) -> Iterator[Finding]:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at ")
        place = place.strip("`").removeprefix("$")
        yield Finding(field + place, shown(value), _expected(message, value, kind))


def _expected(message: str, value: Any, kind: Any) -> str:
    if get_origin(kind) is Literal:
        words = get_args(kind)
        return f"one of {', '.join(words)}" + suggest(str(value), words)
    wanted = re.fullmatch(r"Expected (.*?)(?:, got .*)?", message)
    return wanted[1].replace("`", "") if wanted else message


def bytes_of(path: Path, expected: str) -> bytes | Problem:
    """The bytes of ``path``, or the Problem that there are none."""
    try:
        return path.read_bytes()
    except OSError as error:
        return Problem(str(path), None, "file", error.strerror or str(error), expected)
