"""Is every text answered, and sensibly: news, odd characters, nothing at all, very much."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches

from bench.doctor.articles import LONG
from bench.doctor.check import HASTE, Check, Level, claims, trouble
from bench.doctor.probe import Reply
from bench.model import TYPES, SystemSpec, count
from bench.run.answers import shorten

MONOTONE = 8
"""Claims from which on one type for all of them is no chance."""

_REMEDIES = {
    "timeout": "flush stdout after every line; if it needs longer, raise timeout in system.toml",
    "crash": "mend what stderr says; until then catch it and answer "
    '{"id": …, "error": "why"}, which spares the other articles a restart',
    "invalid": "`claimbench schema` prints what an answer may be",
    "error": "mend it, or answer an empty list of claims if there are none",
}
_ELSEWHERE = "mend stdout first: it did say something, which was no answer"


def plain(name: str, reply: Reply | None, refused: Level = "FAIL") -> Check:
    """That a text is answered; an answer that is an error is ``refused``."""
    if reply is None:
        return Check(name, "–", "not asked: it had stopped answering")
    wrong = trouble(reply)
    if wrong is None:
        return Check(name, "PASS", count(len(claims(reply)), "claim"))
    kind, words = wrong
    level = refused if kind == "error" else "FAIL"
    remedy = _ELSEWHERE if kind == "timeout" and reply.stray else _REMEDIES[kind]
    return Check(name, level, f"{kind}: {words}", "a list of claims", remedy)


def news(reply: Reply | None) -> Check:
    """That there are claims in a report."""
    check = plain("news", reply)
    if check.level != "PASS" or (reply and claims(reply)):
        return check
    return Check(
        "news",
        "WARN",
        "no claims",
        "some, in a report of six sentences",
        "see claimbench try SYSTEM --article ARTICLE",
    )


def empty(reply: Reply | None) -> Check:
    """That nothing is found in nothing."""
    check = plain("empty article", reply, "WARN")
    if check.level != "PASS" or not reply or not claims(reply):
        return check
    said = claims(reply)
    return Check(
        "empty article",
        "WARN",
        f"{count(len(said), 'claim')}, the first {shorten(said[0].get('text'))}",
        "none: title and text are empty",
        "answer an empty list where there is nothing to read",
    )


def long(spec: SystemSpec, reply: Reply | None) -> Check:
    """That very much is read in time."""
    name = f"{LONG:,} words"
    check = plain(name, reply, "WARN")
    if check.level != "PASS" or reply is None:
        return check
    if reply.seconds > HASTE * spec.timeout:
        return Check(
            name,
            "WARN",
            f"{reply.seconds:.1f} s",
            f"well below its timeout of {spec.timeout:g} s",
            "work through long texts in pieces, or raise timeout in system.toml",
        )
    return Check(name, "PASS", f"{check.found} in {reply.seconds:.2f} s")


def unicode(reply: Reply | None) -> Check:
    """That no character is lost or misread on the way."""
    check = plain("unicode", reply)
    if check.level != "PASS" or reply is None:
        return check
    for claim in claims(reply):
        text = claim["text"]
        for what, is_so, advice in _DAMAGE:
            if is_so(text):
                return Check("unicode", "FAIL", f"{what}: {shorten(text)}", "text as sent", advice)
    return check


def _is_mojibake(text: str) -> bool:
    """Whether UTF-8 was read as Latin-1 or Windows-1252."""
    for encoding in ("latin-1", "cp1252"):
        try:
            text.encode(encoding).decode()
        except UnicodeError:
            continue
        return not text.isascii()
    return False


_DAMAGE: tuple[tuple[str, Callable[[str], bool], str], ...] = (
    (
        "characters lost",
        lambda text: "\ufffd" in text,
        "read stdin and write stdout as UTF-8; cut strings between characters, not bytes",
    ),
    (
        "UTF-8 read as another encoding",
        lambda text: any(map(_is_mojibake, re.findall(r"[^\x00-\x7f]+", text))),
        "read stdin as UTF-8, and decode it once",
    ),
    (
        "a backslash that the text does not have",
        lambda text: "\\" in text,
        "read and write JSON with a JSON library: the escapes are not part of the text",
    ),
)


def types(replies: Sequence[Reply]) -> Check:
    """That types are those of the benchmark, and tell something."""
    said = [claim for reply in replies for claim in claims(reply)]
    given = [claim["type"] for claim in said if claim.get("type") is not None]
    wrong = list(dict.fromkeys(shorten(kind) for kind in given if kind not in TYPES))
    if wrong:
        near = get_close_matches(wrong[0].strip("'").lower(), TYPES, n=1)
        return Check(
            "types",
            "FAIL",
            ", ".join(wrong[:5]),
            f"one of {', '.join(TYPES)}",
            f"did you mean {near[0]!r}?" if near else "leave type out where none of them fits",
        )
    if not given:
        return Check("types", "–", "none given: the harness fills them in, and says so")
    if len(given) < len(said):
        return Check(
            "types",
            "WARN",
            f"a type for {len(given)} of {len(said)} claims",
            "all or none",
            "where there is none, the harness gives one by its own rules",
        )
    if len(given) >= MONOTONE and len(set(given)) == 1:
        return Check(
            "types",
            "WARN",
            f"{given[0]} for all {len(given)} claims",
            "the type of each claim",
            "decide by gold/GUIDELINES.md, or leave type out and the harness will",
        )
    return Check("types", "PASS", f"{len(set(given))} of the {len(TYPES)} on {len(given)} claims")
