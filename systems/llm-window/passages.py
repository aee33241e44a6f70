from collections.abc import Iterator
from typing import NamedTuple

from bench.text import sentences


class Passage(NamedTuple):
    """A sentence with its neighbours; ``span`` holds its half-open code-point offsets."""

    span: tuple[int, int]
    sentence: str
    before: str
    after: str


def passages(text: str, before: int, after: int) -> Iterator[Passage]:
    """Each sentence of ``text`` with up to so many sentences before and after it."""
    spans = sentences(text)
    said = [text[a:b] for a, b in spans]
    for at, span in enumerate(spans):
        yield Passage(
            span,
            said[at],
            " ".join(said[max(0, at - before) : at]),
            " ".join(said[at + 1 : at + 1 + after]),
        )
