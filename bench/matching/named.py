"""Matchers by name, as a command line or a signature writes them."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from bench.matching.base import Matcher
from bench.matching.embedding import embedding
from bench.matching.judge import recorded
from bench.matching.keyed import keyed
from bench.matching.lexical import chrf, containment, exact, tfidf, token_f1
from bench.matching.span import span
from bench.model import ClaimbenchError, DataError, UnknownName

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
    made = found() if isinstance(found, type) else found
    if not callable(getattr(made, "accepted", None)) or not callable(getattr(made, "judge", None)):
        raise ClaimbenchError(
            f"{name}: found {type(made).__name__}; expected a matcher: an object with accepted() "
            "and judge()",
            hint="bench.matching.Matcher says what they take and return",
        )
    return made  # type: ignore[no-any-return]
