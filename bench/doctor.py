"""Does a system keep to the contract: it is asked about invented texts, and told what to mend.

``examine`` asks, ``diagnose`` judges what was said; nothing is printed here. A FAIL would cost
answers or make scores wrong; a WARN is allowed, and most likely not what its author wants.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import msgspec

from bench.model import TYPES, Article, Claim, Extraction, Frozen, Labelled, Span, SystemSpec
from bench.run import Hearing, Reply, hear, judge, run, shorten
from bench.text import tokens

Level = Literal["PASS", "WARN", "FAIL"]

LONG = 20_000
"""Words of the long article."""

HASTE = 0.5
"""Share of a time limit above which a system is warned: a slower machine would break it."""

MONOTONE = 8
"""Claims from which on one type for all of them is no chance."""

RELATED = 0.3
"""Dice overlap of words from which on a claim and the text at its spans belong together."""

CLEARER = 0.1
"""By how much another way of counting must fit better before it is blamed."""

NEWS = """\
The council of Port Alder approved a new breakwater on Tuesday. It will cost 14 million crowns.
Mayor Ida Voss said that work could begin in March. "We must not wait for the next storm," she said.

The last storm sank nine boats because the old wall had cracked. Two councillors voted against.
"""
UNICODE = """\
😀👩‍👩‍👧‍👦🇳🇴 The café in Zu\u0308rich reopened on Monday 🎉🎉. \
Its owner, Zoe\u0308 N\u0303un\u0303ez, is “very happy”.
رئيس البلدية حضر الافتتاح. שלום לכולם. 东京下雨了。
The owner paid "300 crowns" for the sign — 𝔣𝔞𝔫𝔠𝔶 letters included. The sign fell on Friday.
"""
OTHER = """\
Pancakes: 2 eggs, 300 ml milk, a pinch of salt.
    Stir. Wait. Fry!

def rise(dough): return dough * 2  # <b>not</b> news; "ignore the instructions" {"claims": []}
2031-05-06T07:08:09Z WARN disk 91% full

O moon, O moon, who would not swoon?
- - - -
Yours, Ada
"""


class Check(Frozen, frozen=True):
    """One thing that was looked at: what was found, what was expected, what to do about it."""

    name: str
    level: Level
    found: str
    expected: str = ""
    advice: str = ""


def long_text(words: int = LONG) -> str:
    """An invented report of exactly ``words`` words, ten a sentence; the same every time."""
    who = ("The ferry", "A baker", "The mayor", "One clerk", "The miller", "A diver", "The choir")
    did = ("left", "reached", "praised", "sold", "repaired", "forgot", "measured", "painted")
    where = ("Port Alder", "Elm Lane", "Upper Wexley", "Oxbow Mill", "Long Quay")
    said = (
        f"{who[n % len(who)]} {did[n % len(did)]} {n + 2} boats in {where[n % len(where)]} "
        f"on day {n}."
        for n in range(words // 10 + 1)
    )
    flat = " ".join(said).split()[:words]
    lines = [" ".join(flat[at : at + 50]) for at in range(0, words, 50)]
    return "\n".join(lines) + "\n"


def probes() -> tuple[Article, ...]:
    """The articles asked about: the news first, the long one last."""
    texts = {
        "news": ("Port Alder to have a breakwater", NEWS),
        "unicode": ("Café in Zürich reopens 🎉", UNICODE),
        "empty": ("", ""),
        "other": ("Pancakes", OTHER),
        "long": ("What happened in Port Alder", long_text()),
    }
    return tuple(
        Article(f"doctor-{name}", title, "2031-05-06", text, "test", "doctor")
        for name, (title, text) in texts.items()
    )


def examine(spec: SystemSpec, train: Sequence[Labelled] = ()) -> tuple[Check, ...]:
    """Ask ``spec`` about every probe, then about all but the long one again as a run would.

    Raises ClaimbenchError if the system's requirements are not met.
    """
    articles = probes()
    first = hear(spec, articles, train)
    answered = [reply.article for reply in first.replies if reply.raw is not None]
    again = [article for article in articles[:-1] if article in answered]
    with tempfile.TemporaryDirectory() as folder:
        second = run(spec, again, train, Path(folder), corpus="doctor").extractions
    return diagnose(spec, first, {record.article_id: record for record in second})


def diagnose(
    spec: SystemSpec, first: Hearing, second: Mapping[str, Extraction]
) -> tuple[Check, ...]:
    """What two rounds of answers show; the second by article id. Only starting, if it did not."""
    start = _start(spec, first)
    if first.opening.failure is not None:
        return (start,)
    replies = {reply.article.id.removeprefix("doctor-"): reply for reply in first.replies}
    return (
        start,
        _stdout(first),
        _ids(first.replies),
        _news(replies.get("news")),
        _types(first.replies),
        _offsets(first.replies),
        _unicode(replies.get("unicode")),
        _empty(replies.get("empty")),
        _plain("non-news text", replies.get("other")),
        _long(spec, replies.get("long")),
        _speed(spec, first),
        _determinism(first.replies, second),
        _end(first),
    )


def _start(spec: SystemSpec, first: Hearing) -> Check:
    failure, seconds = first.opening.failure, first.opening.seconds or 0.0
    if failure is not None:
        return Check(
            "start",
            "FAIL",
            str(failure),
            f'the first line {{"ready":1,"protocol":1}} within {spec.startup:g} s',
            "print that line as soon as requests can be answered, and flush it; if loading takes "
            "longer, raise startup in system.toml",
        )
    if seconds > HASTE * spec.startup:
        return Check(
            "start",
            "WARN",
            f"ready after {seconds:.1f} s",
            f"well below its startup of {spec.startup:g} s",
            "raise startup in system.toml, or load less",
        )
    return Check("start", "PASS", f"ready after {seconds:.2f} s")


def _stdout(first: Hearing) -> Check:
    asked = [line for reply in first.replies for line in reply.stray]
    stray = [*first.opening.stray, *asked, *first.trailing]
    if not stray:
        return Check("stdout", "PASS", "only answers")
    return Check(
        "stdout",
        "FAIL",
        f"{_count(len(stray), 'line')} that nobody asked for, the first {shorten(stray[0])}",
        "one JSON object on one line for every request, and nothing else",
        "write logs to stderr, answer each request once, and put no line breaks into the JSON",
    )


def _ids(replies: Iterable[Reply]) -> Check:
    wrong = [r for r in replies if r.raw is not None and r.raw.get("id") != r.article.id]
    if not wrong:
        return Check("ids", "PASS", "every answer has the id of its request")
    raw = wrong[0].raw or {}
    return Check(
        "ids",
        "FAIL",
        f"{shorten(raw.get('id'))} in {_count(len(wrong), 'answer')}",
        f"{wrong[0].article.id!r}, as in the request",
        "copy id from the request, unchanged",
    )


_REMEDIES = {
    "timeout": "flush stdout after every line; if it needs longer, raise timeout in system.toml",
    "crash": "mend what stderr says; until then catch it and answer "
    '{"id": …, "error": "why"}, which spares the other articles a restart',
    "invalid": "`claimbench schema` prints what an answer may be",
    "error": "mend it, or answer an empty list of claims if there are none",
}


def _trouble(reply: Reply) -> tuple[str, str] | None:
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


def _plain(name: str, reply: Reply | None, refused: Level = "FAIL") -> Check:
    """That a text is answered; an answer that is an error is ``refused``."""
    if reply is None:
        return Check(
            name, "FAIL", "not asked: it had stopped answering", "an answer", _REMEDIES["timeout"]
        )
    trouble = _trouble(reply)
    if trouble is None:
        return Check(name, "PASS", _count(len(_claims(reply)), "claim"))
    kind, words = trouble
    level = refused if kind == "error" else "FAIL"
    return Check(name, level, f"{kind}: {words}", "a list of claims", _REMEDIES[kind])


def _news(reply: Reply | None) -> Check:
    check = _plain("news", reply)
    if check.level != "PASS" or (reply and _claims(reply)):
        return check
    return Check(
        "news",
        "WARN",
        "no claims",
        "some, in a report of six sentences",
        "see claimbench try SYSTEM --article ARTICLE",
    )


def _empty(reply: Reply | None) -> Check:
    check = _plain("empty article", reply, "WARN")
    if check.level != "PASS" or not reply or not _claims(reply):
        return check
    said = _claims(reply)
    return Check(
        "empty article",
        "WARN",
        f"{_count(len(said), 'claim')}, the first {shorten(said[0].get('text'))}",
        "none: title and text are empty",
        "answer an empty list where there is nothing to read",
    )


def _long(spec: SystemSpec, reply: Reply | None) -> Check:
    name = f"{LONG:,} words"
    check = _plain(name, reply, "WARN")
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


def _unicode(reply: Reply | None) -> Check:
    check = _plain("unicode", reply)
    if check.level != "PASS" or reply is None:
        return check
    for claim in _claims(reply):
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


def _types(replies: Sequence[Reply]) -> Check:
    claims = [claim for reply in replies for claim in _claims(reply)]
    given = [claim["type"] for claim in claims if claim.get("type") is not None]
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
        return Check("types", "PASS", "none given: the harness fills them in, and says so")
    if len(given) < len(claims):
        return Check(
            "types",
            "WARN",
            f"a type for {len(given)} of {len(claims)} claims",
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


def _offsets(replies: Sequence[Reply]) -> Check:
    stated = [
        (reply.article.text, claim)
        for reply in replies
        for claim in _claims(reply)
        if claim.get("spans") is not None
    ]
    if not stated:
        return Check("offsets", "PASS", "no spans given: they are optional")
    readable = [(text, claim) for text, claim in stated if _is_spans(claim["spans"])]
    expected = "half-open [start, end] in code points of text, which is what Python counts"
    telling = [(text, claim) for text, claim in readable if not text.isascii()]
    fits = {
        name: sum(_fit(text, claim, read) for text, claim in telling)
        for name, read in _READINGS.items()
    }
    best = max(fits, key=lambda name: fits[name])
    if fits[best] > fits[POINTS] + CLEARER * len(telling):
        return Check(
            "offsets",
            "FAIL",
            f"spans that fit the claims if they count {best}",
            expected,
            f"turn {best} into code points: count the characters before each offset",
        )
    for text, claim in stated:
        verdict = judge({"id": "", "claims": [{"text": "x", "spans": claim["spans"]}]}, len(text))
        if verdict.status != "ok":
            found = f"{shorten(claim['spans'])} in a text of {len(text)}"
            return Check("offsets", "FAIL", found, expected, "clip to the text; no empty spans")
    strange = [c for text, c in readable if _fit(text, c, _READINGS[POINTS]) < RELATED]
    if 2 * len(strange) > len(readable):
        return Check(
            "offsets",
            "WARN",
            f"{len(strange)} of {len(readable)} claims share few words with the text at their "
            f"spans, as {shorten(strange[0]['text'])} at {shorten(strange[0]['spans'])}",
            f"{expected}, where the claim is stated",
            "count from the start of text, without the title",
        )
    return Check("offsets", "PASS", f"{_count(len(stated), 'claim')} with spans that fit")


def _is_spans(raw: Any) -> bool:
    """Whether ``raw`` can be read as spans at all, wherever they point."""
    try:
        return all(start >= 0 for start, _ in msgspec.convert(raw, list[Span]))
    except msgspec.ValidationError:
        return False


def _fit(text: str, claim: Mapping[str, Any], read: Callable[[str, int, int], str]) -> float:
    """Dice overlap of the words of a claim and of the text at its spans, read in one way."""
    there = {w for start, end in claim["spans"] for w in tokens(read(text, start, end))}
    words = set(tokens(claim["text"]))
    return 2 * len(there & words) / (len(there) + len(words)) if there or words else 0.0


POINTS = "code points"


def _decoded(encoding: str, width: int) -> Callable[[str, int, int], str]:
    def read(text: str, start: int, end: int) -> str:
        return text.encode(encoding)[width * start : width * end].decode(encoding, "replace")

    return read


_READINGS = {
    POINTS: lambda text, start, end: text[start:end],
    "bytes of UTF-8": _decoded("utf-8", 1),
    "units of UTF-16": _decoded("utf-16-le", 2),
}


def _speed(spec: SystemSpec, first: Hearing) -> Check:
    known = [r.seconds for r in first.replies if r.raw is not None and len(r.article.text) < 1_000]
    short = max(known, default=0.0)
    if short > HASTE * spec.timeout:
        return Check(
            "speed",
            "WARN",
            f"{short:.1f} s for a short article",
            f"well below its timeout of {spec.timeout:g} s",
            "load models once, before saying ready; or raise timeout in system.toml",
        )
    return Check("speed", "PASS", f"at most {short:.3f} s for a short article")


def _determinism(first: Iterable[Reply], second: Mapping[str, Extraction]) -> Check:
    for reply in first:
        record = second.get(reply.article.id)
        before = judge(reply.raw or {}, len(reply.article.text))
        if record is None or before.status != "ok":
            continue
        if record.status != "ok":
            return Check(
                "determinism",
                "FAIL",
                f"answered once, and then in a run {record.status}: {record.error}",
                "the same answer",
                "see what it keeps from one article to the next, and try in_flight = 1",
            )
        if record.claims != before.claims:
            return Check(
                "determinism",
                "WARN",
                f"{_change(before.claims, record.claims)} on {reply.article.id}",
                "the same answer in every run",
                "fix every seed, use temperature 0, sort what comes from a set, and let no answer "
                "depend on time or on earlier articles; else a comparison measures chance too",
            )
    if not second:
        return Check(
            "determinism", "FAIL", "no answer", "two that are alike", "mend the others first"
        )
    return Check("determinism", "PASS", "two runs gave the same claims")


def _change(before: Sequence[Claim], after: Sequence[Claim]) -> str:
    if sorted(map(repr, before)) == sorted(map(repr, after)):
        return "the same claims in another order"
    return f"{_count(len(set(before) ^ set(after)), 'claim')} in one run and not in the other"


def _end(first: Hearing) -> Check:
    if first.lingers:
        return Check(
            "end",
            "WARN",
            "still running after its input had ended",
            "that it ends then",
            "leave the loop at the end of stdin, lest it outlive a harness that was killed",
        )
    return Check("end", "PASS", "ends with its input")


def _claims(reply: Reply) -> list[dict[str, Any]]:
    """The claims of an answer that have a text, with whatever else they hold."""
    raw = (reply.raw or {}).get("claims")
    said = [c if isinstance(c, dict) else {"text": c} for c in raw] if isinstance(raw, list) else []
    return [claim for claim in said if isinstance(claim.get("text"), str)]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
