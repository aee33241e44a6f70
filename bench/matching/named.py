"""Matchers by name, as a command line or a signature writes them."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from bench.matching.base import Matcher, Said, Verdict
from bench.matching.embedding import embedding
from bench.matching.judge import recorded
from bench.matching.keyed import keyed
from bench.matching.lexical import chrf, containment, exact, tfidf, token_f1
from bench.matching.span import span
from bench.model import ClaimbenchError, DataError, GoldClaim, UnknownName

MATCHERS: Mapping[str, Callable[..., Matcher]] = {
    **{
        made.__name__: made
        for made in (keyed, exact, token_f1, containment, chrf, tfidf, span, embedding)
    },
    "judge": recorded,
}
"""The kinds of matchers that come along.

Called without arguments each has its defaults, but ``judge``, which needs a ``file``; ``chrf`` and
``embedding`` need an extra before they decide anything. What is lacking is a ClaimbenchError.
"""


def matcher_named(name: str) -> Matcher:
    """The matcher that ``name`` writes: ``chrf``, ``judge(file='x.jsonl')`` or ``module:name``.

    The last is anybody's own: ``name`` in ``module``, found from the working directory too, is a
    matcher or makes one when called without arguments. Raises UnknownName or ClaimbenchError.
    """
    kind, bracket, _ = name.partition("(")
    if ":" in kind:
        return _imported(name)
    if kind not in MATCHERS:
        raise UnknownName("matcher", kind, MATCHERS)
    try:
        call = ast.parse(name if bracket else f"{kind}()", mode="eval").body
        if not isinstance(call, ast.Call) or ast.unparse(call.func) != kind or call.args:
            raise ValueError("settings have names")
        given = {str(k.arg): ast.literal_eval(k.value) for k in call.keywords}
        made = MATCHERS[kind](**given)
        if not 0 < float(getattr(made, "threshold", 1)) <= 1:
            raise ValueError("a threshold lies above 0 and is at most 1")
        return msgspec.convert(msgspec.structs.asdict(made), type(made))  # type: ignore[arg-type]
    except (SyntaxError, ValueError, TypeError) as error:
        raise DataError(
            f"found the matcher {name!r} ({error}); expected a name, and settings as in "
            f"{MATCHERS[kind]()!r}"
        ) from None


def _imported(name: str) -> Matcher:
    module, _, attribute = name.partition(":")
    here = str(Path.cwd())
    added = here not in sys.path
    if added:
        sys.path.insert(0, here)
    try:
        found: Any = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise ClaimbenchError(
            f"found the matcher {name!r}; expected module:name that can be imported ({error})"
        ) from None
    finally:
        if added:
            sys.path.remove(here)
    try:
        made = found() if isinstance(found, type) else found
    except Exception as error:  # noqa: BLE001 - whatever somebody's own code raises
        raise ClaimbenchError(
            f"{name}: making it raised {type(error).__name__}: {error}; expected it to be made "
            "without arguments"
        ) from None
    if not callable(getattr(made, "accepted", None)) or not callable(getattr(made, "judge", None)):
        raise ClaimbenchError(
            f"{name}: found {type(made).__name__}; expected a matcher: an object with accepted() "
            "and judge()",
            hint=_CONTRACT,
        )
    if " at 0x" in repr(made):
        raise ClaimbenchError(
            f"{name}: found the repr {made!r}; expected one that is the same in every run, as it "
            "goes into signatures",
            hint=_CONTRACT,
        )
    return Foreign(name, made)


_CONTRACT = "bench.matching.Matcher says what they take and return"


class Foreign:
    """Somebody's own matcher, whose mistakes are told as theirs."""

    def __init__(self, name: str, matcher: Matcher) -> None:
        self._name, self._matcher = name, matcher

    def __repr__(self) -> str:
        return repr(self._matcher)

    def accepted(
        self, gold: Sequence[GoldClaim], predicted: Sequence[Said]
    ) -> dict[tuple[int, int], float]:
        """What it accepts. Raises ClaimbenchError where that breaks the contract."""
        found = self._asked("accepted", gold, predicted)
        if not isinstance(found, dict):
            raise self._wrong("accepted", f"returned {type(found).__name__}", "a dict")
        known = {(i, j) for i in range(len(gold)) for j in range(len(predicted))}
        for pair, preference in found.items():
            if pair not in known:
                raise self._wrong("accepted", f"returned the pair {pair!r}", "pairs of indices")
            if not isinstance(preference, int | float) or not 0 < preference <= 1:
                told = f"prefers {pair} by {preference!r}"
                raise self._wrong("accepted", told, "a number above 0 and at most 1")
        return dict(found)

    def judge(self, gold: GoldClaim, predicted: Said, among: Sequence[GoldClaim] = ()) -> Verdict:
        """Its verdict. Raises ClaimbenchError where that breaks the contract."""
        found = self._asked("judge", gold, predicted, among)
        if not isinstance(found, Verdict):
            raise self._wrong("judge", f"returned {type(found).__name__}", "a Verdict")
        return found

    def _asked(self, method: str, *given: object) -> object:
        try:
            return getattr(self._matcher, method)(*given)
        except ClaimbenchError:
            raise
        except Exception as error:
            told = f"raised {type(error).__name__}: {error}"
            raise self._wrong(method, told, "an answer") from error

    def _wrong(self, method: str, found: str, expected: str) -> ClaimbenchError:
        told = f"{self._name}: {method}() {found}; expected {expected}"
        return ClaimbenchError(told, hint=_CONTRACT)
