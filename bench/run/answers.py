"""What a system says: one line of JSON, believed only as far as it can be checked."""

from __future__ import annotations

import json
import reprlib
from collections.abc import Callable
from typing import Any, NamedTuple, cast

import msgspec

from bench.model import PROTOCOL, TYPES, Claim, Span, Status
from bench.protocol import MAX_CLAIMS, Usage
from bench.store import encode

MAX_ERROR = 4_096
"""Characters of an error text that are kept."""

READY = f'{{"ready":1,"protocol":{PROTOCOL}}}'
"""The first line of every system."""

_ANSWER_FIELDS = ("id", "claims", "usage", "error")
_CLAIM_FIELDS = ("text", "type", "spans", "source", "confidence")
_short = reprlib.Repr()
_short.maxstring = _short.maxother = 80


class Failure(Exception):
    """A system did not keep to the contract; ``str()`` says what was found and expected.

    No run raises it: there, what a system does wrong is a record. ``article_id`` is set where
    the line itself says whose answer it spoils.
    """

    def __init__(self, status: Status, message: str, article_id: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.article_id = article_id


class Verdict(NamedTuple):
    """What one answer comes to."""

    status: Status
    claims: tuple[Claim, ...] = ()
    error: str | None = None
    usage: dict[str, Any] | None = None


def decode(line: bytes) -> dict[str, Any]:
    """The JSON object on ``line``. Raises Failure if there is none.

    NaN and lone surrogates pass, although they are not strict JSON, so that ``judge`` can say
    which claim holds them.
    """
    try:
        value = msgspec.json.decode(line)
    except (ValueError, RecursionError):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            value = None
    if not isinstance(value, dict):
        raise Failure(
            "invalid", f"found {shorten(line)}; expected one JSON object a line, in UTF-8"
        )
    return value


def require_greeting(said: dict[str, Any]) -> None:
    """Raise Failure unless ``said`` is what a system says first."""
    if said.get("ready") != 1 or said.get("protocol") != PROTOCOL:
        raise Failure("invalid", f"found {shorten(said)}; expected {READY}")


def judge(raw: dict[str, Any], length: int | None) -> Verdict:
    """Check an answer about a text of ``length`` characters (None: unknown) field by field."""
    try:
        _only(raw, _ANSWER_FIELDS, "answer")
        error = raw.get("error")
        usage = _usage(raw.get("usage"))
        if error is not None:
            said = error if isinstance(error, str) else shorten(error)
            return Verdict("error", error=printable(said), usage=usage)
        return Verdict("ok", read_claims(raw.get("claims"), length), usage=usage)
    except Failure as failure:
        return Verdict(failure.status, error=printable(str(failure)))


def read_claims(raw: Any, length: int | None) -> tuple[Claim, ...]:
    """Claims about a text of ``length`` characters; a plain string is a claim's text.

    Raises Failure, which names index, field, what was found and what was expected.
    """
    if not isinstance(raw, list):
        raise _unexpected("claims", raw, "a list")
    if len(raw) > MAX_CLAIMS:
        raise Failure("invalid", f"claims: found {len(raw)}; expected at most {MAX_CLAIMS:,}")
    return tuple(_claim(item, f"claims[{index}]", length) for index, item in enumerate(raw))


def shorten(value: Any) -> str:
    """``value`` as Python writes it, fit for a message however long or deep it is."""
    return _short.repr(value)


def printable(text: str) -> str:
    """``text`` as it can be written to a record: no lone surrogates, not endless."""
    return text.encode("utf-8", "backslashreplace").decode()[:MAX_ERROR]


def _claim(raw: Any, where: str, length: int | None) -> Claim:
    if isinstance(raw, str):
        raw = {"text": raw}
    if not isinstance(raw, dict):
        raise _unexpected(where, raw, "an object or a string")
    _only(raw, _CLAIM_FIELDS, where)
    if not _is_text(raw.get("text")):
        raise _unexpected(f"{where}.text", raw.get("text"), _TEXT)
    for field, (fits, expected) in _OPTIONAL.items():
        value = raw.get(field)
        if value is not None and not fits(value):
            raise _unexpected(f"{where}.{field}", value, expected)
    confidence = raw.get("confidence")
    return Claim(
        text=raw["text"],
        type=raw.get("type"),
        spans=_spans(raw.get("spans"), f"{where}.spans", length),
        source=raw.get("source"),
        confidence=None if confidence is None else float(confidence),
    )


def _spans(raw: Any, where: str, length: int | None) -> tuple[Span, ...] | None:
    if raw is None:
        return None
    if not isinstance(raw, list):
        raise _unexpected(where, raw, "a list of [start, end] pairs")
    for index, span in enumerate(raw):
        if not _is_span(span, length):
            end = "end" if length is None else f"end <= {length}"
            raise _unexpected(f"{where}[{index}]", span, f"[start, end] with 0 <= start < {end}")
    return tuple((start, end) for start, end in raw)


def _usage(raw: Any) -> dict[str, Any] | None:
    if raw is None:
        return None
    try:
        msgspec.convert(raw, Usage)  # nothing so deep that the records could not be read again
        json.dumps(raw, allow_nan=False)
        encode(raw)
    except ValueError:
        expected = "numbers and strings in strict JSON, in objects two deep at most"
        raise _unexpected("usage", raw, expected) from None
    return cast(dict[str, Any], raw)


def _only(raw: dict[str, Any], fields: tuple[str, ...], where: str) -> None:
    for name in raw:
        if name not in fields:
            found = f"found unknown field {shorten(name)}"
            raise Failure("invalid", f"{where}: {found}; expected only {', '.join(fields)}")


def _unexpected(where: str, found: Any, expected: str) -> Failure:
    shown = "nothing" if found is None else shorten(found)
    return Failure("invalid", f"{where}: found {shown}; expected {expected}")


def _is_text(value: Any) -> bool:
    if not isinstance(value, str) or not value.strip():
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_span(value: Any, length: int | None) -> bool:
    if not isinstance(value, list) or len(value) != 2:
        return False
    start, end = value
    whole = type(start) is int and type(end) is int
    return whole and 0 <= start < end and (length is None or end <= length)


_TEXT = "text that is not blank and holds no lone surrogate"
_OPTIONAL: dict[str, tuple[Callable[[Any], bool], str]] = {
    "type": (lambda value: value in TYPES, f"one of {', '.join(TYPES)}"),
    "source": (_is_text, _TEXT),
    "confidence": (lambda value: _is_number(value) and 0 <= value <= 1, "a number from 0 to 1"),
}
