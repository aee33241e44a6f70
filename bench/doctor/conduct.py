"""How a system behaves around its answers: start, stdout, ids, speed, the same again, its end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bench.doctor.check import HASTE, Check
from bench.doctor.probe import Hearing, Opening, Reply
from bench.model import Claim, Extraction, Status, SystemSpec, count
from bench.run.answers import READY, judge, shorten

SHORT = 1_000
"""Characters below which an article is short."""


def start(spec: SystemSpec, opening: Opening) -> Check:
    """Whether it says in time that it is ready."""
    failure, seconds = opening.failure, opening.seconds or 0.0
    if failure is not None:
        remedy = _START[failure.status if opening.seconds is not None else None]
        expected = f"the first line {READY} within {spec.startup:g} s"
        return Check("start", "FAIL", str(failure), expected, remedy)
    if seconds > HASTE * spec.startup:
        return Check(
            "start",
            "WARN",
            f"ready after {seconds:.1f} s",
            f"well below its startup of {spec.startup:g} s",
            "raise startup in system.toml, or load less",
        )
    return Check("start", "PASS", f"ready after {seconds:.2f} s")


_START: dict[Status | None, str] = {
    None: "see command in system.toml: is the program there, and may it be executed",
    "crash": "mend what stderr says",
    "timeout": "print that line as soon as requests can be answered, and flush it; if loading "
    "takes longer, raise startup in system.toml",
    "invalid": "print exactly that line before any other",
}
"""By how a start failed; None if there was nothing to start."""


def stdout(first: Hearing) -> Check:
    """Whether nothing but answers comes on stdout."""
    asked = [line for reply in first.replies for line in reply.stray]
    stray = [*first.opening.stray, *asked, *first.trailing]
    if not stray:
        return Check("stdout", "PASS", "nothing but what was asked for")
    expected = "one JSON object on one line for every request, and nothing else"
    foreign = [line for line in stray if not _is_utf8(line)]
    if foreign:
        return Check(
            "stdout",
            "FAIL",
            f"{count(len(foreign), 'line')} not in UTF-8, the first {shorten(foreign[0])}",
            expected,
            "write stdout as UTF-8, or JSON with everything beyond ASCII escaped",
        )
    return Check(
        "stdout",
        "FAIL",
        f"{count(len(stray), 'line')} that nobody asked for, the first {shorten(stray[0])}",
        expected,
        "write logs to stderr, answer each request once, and put no line breaks into the JSON",
    )


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def ids(replies: Iterable[Reply]) -> Check:
    """Whether each answer names the article it is about."""
    answers = [(reply.article.id, reply.raw) for reply in replies if reply.raw is not None]
    if not answers:
        return Check("ids", "–", "no answer")
    wrong = [(name, raw.get("id")) for name, raw in answers if raw.get("id") != name]
    if not wrong:
        return Check("ids", "PASS", "every answer has the id of its request")
    name, found = wrong[0]
    return Check(
        "ids",
        "FAIL",
        f"{shorten(found)} in {count(len(wrong), 'answer')}",
        f"{name!r}, as in the request",
        "copy id from the request, unchanged",
    )


def speed(spec: SystemSpec, replies: Iterable[Reply]) -> Check:
    """Whether a short article leaves time to spare."""
    known = [r.seconds for r in replies if r.raw is not None and len(r.article.text) < SHORT]
    if not known:
        return Check("speed", "–", "no answer to a short article")
    short = max(known)
    if short > HASTE * spec.timeout:
        return Check(
            "speed",
            "WARN",
            f"{short:.1f} s for a short article",
            f"well below its timeout of {spec.timeout:g} s",
            "load models once, before saying ready; or raise timeout in system.toml",
        )
    return Check("speed", "PASS", f"at most {short:.3f} s for a short article")


def determinism(first: Iterable[Reply], second: Mapping[str, Extraction]) -> Check:
    """Whether a run hears what the first round heard."""
    compared = 0
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
        compared += bool(record.claims)
    if not compared:
        return Check("determinism", "–", "no claims in two sound answers to the same request")
    return Check("determinism", "PASS", f"the same claims of {count(compared, 'article')} twice")


def _change(before: Sequence[Claim], after: Sequence[Claim]) -> str:
    if sorted(map(repr, before)) == sorted(map(repr, after)):
        return "the same claims in another order"
    return f"{count(len(set(before) ^ set(after)), 'claim')} in one run and not in the other"


def end(first: Hearing) -> Check:
    """Whether the process ends with its input."""
    if first.lingers is None:
        return Check("end", "–", "it broke off before its input ended")
    if first.lingers:
        return Check(
            "end",
            "WARN",
            "still running after its input had ended",
            "that it ends then",
            "leave the loop at the end of stdin, lest it outlive a harness that was killed",
        )
    return Check("end", "PASS", "ends with its input")
