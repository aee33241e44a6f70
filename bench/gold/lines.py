"""A file of labels as it stands on disk: every line of it, and what is wrong with the bytes.

Stricter than ``store``: labels are written by hand, so nothing in them is ever passed over.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from bench.gold.fields import Finding
from bench.model import Frozen, Problem

BOM = b"\xef\xbb\xbf"


class Line(Frozen, frozen=True):
    """One JSON object and its line number, counted from 1."""

    number: int
    value: dict[str, Any]


class Labels(Frozen, frozen=True):
    """The objects of a file of labels; ``header`` is the first that carries a schema."""

    header: Line | None
    claims: tuple[Line, ...]


def parse(path: Path, data: bytes) -> tuple[Labels, list[Problem]]:
    """The objects of ``data`` and a Problem for every line that is none.

    Empty lines, a byte order mark and carriage returns are let pass: see ``byte_problems``.
    """
    lines: list[Line] = []
    problems: list[Problem] = []
    for number, raw in enumerate(data.removeprefix(BOM).split(b"\n"), start=1):
        if not raw.strip():
            continue
        try:
            value = msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            problems.append(_broken(str(error)).at(path, number))
            continue
        if isinstance(value, dict):
            lines.append(Line(number, value))
        else:
            problems.append(_broken(f"a JSON {type(value).__name__}").at(path, number))
    header = next((line for line in lines if "schema" in line.value), None)
    if header is None:
        wanted = '{"schema": 1, "article": …, "summary": …}'
        problems.append(Finding("header", "none", wanted).at(path, 1))
    return Labels(header, tuple(line for line in lines if line is not header)), problems


def _broken(found: str) -> Finding:
    return Finding("line", found, "one whole JSON object in UTF-8")


def byte_problems(path: Path, data: bytes) -> Iterator[Problem]:
    """Yield what is wrong with ``data`` as text: mark, line ends, encoding, composition."""
    if data.startswith(BOM):
        yield Finding("file", "a byte order mark", "UTF-8 without one").at(path, 1)
    if b"\r" in data:
        line = data[: data.index(b"\r")].count(b"\n") + 1
        yield Finding("file", "a carriage return", "lines that end with LF").at(path, line)
    if data and not data.endswith(b"\n"):
        line = data.count(b"\n") + 1
        yield Finding("file", "no newline at the end", "one").at(path, line)
    for number, raw in enumerate(data.split(b"\n"), start=1):
        try:
            composed = unicodedata.is_normalized("NFC", raw.decode())
        except UnicodeDecodeError as error:
            yield Finding("file", str(error), "UTF-8").at(path, number)
        else:
            if not composed:
                wanted = "composed characters (Unicode NFC)"
                yield Finding("file", "decomposed characters", wanted).at(path, number)
