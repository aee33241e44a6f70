"""What came of looking at one thing, and the parts of an answer that checks look at."""

from __future__ import annotations

from typing import Any, Literal

from bench.doctor.probe import Reply
from bench.model import Frozen
from bench.run.answers import judge

Level = Literal["PASS", "WARN", "FAIL", "–"]
"""FAIL costs answers or makes scores wrong; WARN is allowed, and most likely not what the author
wants; – says that there was nothing to look at."""

HASTE = 0.5
"""Share of a time limit above which a system is warned: a slower machine would break it."""


class Check(Frozen, frozen=True):
    """One thing that was looked at: what was found, what was expected, what to do about it."""

    name: str
    level: Level
    found: str
    expected: str = ""
    advice: str = ""


def claims(reply: Reply) -> list[dict[str, Any]]:
    """The claims of an answer that have a text, with whatever else they hold."""
    raw = (reply.raw or {}).get("claims")
    said = [c if isinstance(c, dict) else {"text": c} for c in raw] if isinstance(raw, list) else []
    return [claim for claim in said if isinstance(claim.get("text"), str)]


def trouble(reply: Reply) -> tuple[str, str] | None:
    """Kind and words of what is wrong with an answer, types and offsets apart; None if nothing."""
    if reply.failure is not None:
        return reply.failure.status, str(reply.failure)
    raw = dict(reply.raw or {})
    if isinstance(raw.get("claims"), list):
        raw["claims"] = [_without(claim, ("type", "spans")) for claim in raw["claims"]]
    verdict = judge(raw, None)
    return None if verdict.status == "ok" else (verdict.status, verdict.error or "")


def _without(claim: Any, fields: tuple[str, ...]) -> Any:
    if not isinstance(claim, dict):
        return claim
    return {name: value for name, value in claim.items() if name not in fields}
