"""The conversation between the harness and a system: every line of it, as a type and a schema.

One JSON object a line. The system says ``Ready``; a system that trains is first handed one
``Lesson`` a labelled article and their end; then every ``Request`` is answered by an ``Answer``
or a ``Refusal``, in any order.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from bench.model import PROTOCOL, ClaimType, Frozen

MAX_CLAIMS = 5_000
"""Claims of one answer from which on it is garbage."""

_Text = Annotated[str, msgspec.Meta(pattern=r"\S")]
_Figure = str | int | float | bool | None
_Span = tuple[Annotated[int, msgspec.Meta(ge=0)], Annotated[int, msgspec.Meta(ge=1)]]
Usage = dict[str, _Figure | dict[str, _Figure]]


class Ready(msgspec.Struct, frozen=True):
    """The first line of a system, within its ``startup``."""

    ready: Literal[1]
    protocol: Annotated[int, msgspec.Meta(ge=PROTOCOL, le=PROTOCOL)]


class Request(Frozen, frozen=True):
    """All that a system is told of an article; ``date`` is ISO 8601 or empty."""

    id: str
    title: str
    date: str
    text: str


class Labels(Frozen, frozen=True, omit_defaults=False):
    """A labelled article; each claim with every field of gold/GUIDELINES.md."""

    article: Request
    claims: list[dict[str, Any]]


class Lesson(Frozen, frozen=True, omit_defaults=False):
    """One labelled article of the train split; null ends them."""

    train: Labels | None


class Stated(Frozen, frozen=True):
    """A claim. ``spans`` are half-open code-point offsets into the ``text`` of the request."""

    text: _Text
    type: ClaimType | None = None
    spans: list[_Span] | None = None
    source: _Text | None = None
    confidence: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None


class Answer(Frozen, frozen=True):
    """Claims of the article asked for by ``id``; a plain string is the text of a claim."""

    id: str
    claims: Annotated[list[_Text | Stated], msgspec.Meta(max_length=MAX_CLAIMS)]
    usage: Usage | None = None
    error: None = None


class Refusal(Frozen, frozen=True):
    """Why the article asked for by ``id`` cannot be answered, in the system's own words.

    A failure that is told badly is a failure all the same: the error may be of any form, and
    claims beside it are not read.
    """

    id: str
    error: str | float | bool | list[Any] | dict[str, Any]
    claims: Any = None
    usage: Usage | None = None


SAYS = (Ready, Answer, Refusal)
HEARS = (Lesson, Request)


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of any one line: ``$defs/says`` by the system, ``$defs/hears`` to it.

    What it cannot express: a span ends after it starts and within the text, a text holds no lone
    surrogate, and ids are those of the articles asked for. ``claimbench doctor`` checks these.
    """
    lines, parts = msgspec.json.schema_components((*SAYS, *HEARS), ref_template="#/$defs/{name}")
    says, hears = lines[: len(SAYS)], lines[len(SAYS) :]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"claimbench protocol {PROTOCOL}, one JSON object a line",
        "anyOf": [{"$ref": "#/$defs/says"}, {"$ref": "#/$defs/hears"}],
        "$defs": {
            "says": {"title": "a line of the system", "anyOf": list(says)},
            "hears": {"title": "a line to the system", "anyOf": list(hears)},
            **parts,
        },
    }
