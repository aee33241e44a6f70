"""Files of records that people keep beside the labels: read strictly, with real line numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from bench.gold.fields import bytes_of, mismatches
from bench.gold.lines import byte_problems, parse
from bench.model import Problem

T = TypeVar("T")


class Records(Generic[T]):
    """The records of a file by line, counted from 1, and everything that is wrong with it."""

    def __init__(self, path: Path, kind: type[T]) -> None:
        self.by_line: dict[int, T] = {}
        self.problems: list[Problem] = []
        data = bytes_of(path, "records, one a line")
        if isinstance(data, Problem):
            self.problems.append(data)
            return
        lines, self.problems = parse(path, data)
        self.problems += byte_problems(path, data)
        for line in lines.claims:
            wrong = [f.at(path, line.number) for f in mismatches(line.value, kind)]
            self.problems += wrong
            if not wrong:
                self.by_line[line.number] = msgspec.convert(line.value, kind)
