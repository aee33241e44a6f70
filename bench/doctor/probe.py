"""A conversation that forgives: it listens past mistakes, so that all of them come to light.

The runs that count use :mod:`bench.run.driver`, which forgives nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from bench import systems
from bench.model import Article, Labelled, SystemSpec
from bench.run.answers import READY, Failure, decode, require_greeting, shorten
from bench.run.process import Process

PATIENCE = 2
"""Articles without an answer in time after which no more are asked."""

MAX_STRAY = 20
"""Lines that are no answer after which none is expected."""

LEAVE = 5.0
"""Seconds that a system is given to end once its input has ended."""


class Opening(NamedTuple):
    """How a start went: ``failure``, or none; ``stray`` lines came before the first one expected.

    ``seconds`` is wall time until then, None if it cannot be run at all.
    """

    failure: Failure | None = None
    seconds: float | None = None
    stray: tuple[bytes, ...] = ()


class Reply(NamedTuple):
    """What came of one request: an answer as it was sent, or ``failure``.

    ``seconds`` is wall time from request to answer. ``stray`` are lines that came before it.
    """

    article: Article
    raw: dict[str, Any] | None = None
    failure: Failure | None = None
    seconds: float = 0.0
    stray: tuple[bytes, ...] = ()

    @property
    def summary(self) -> str:
        """What came of it, in a line."""
        status = "answered" if self.failure is None else self.failure.status
        return f"{self.article.id}: {status} after {self.seconds:.2f} s"


class Hearing(NamedTuple):
    """What a system said to a series of requests, asked one at a time.

    Articles that were not asked, because it does not start or kept silent too often, have no
    reply. ``trailing`` came unasked after the last answer; ``lingers`` says whether it went on
    running when its input had ended, None if it broke off before.
    """

    opening: Opening
    replies: tuple[Reply, ...] = ()
    trailing: tuple[bytes, ...] = ()
    lingers: bool | None = None


def hear(
    spec: SystemSpec,
    articles: Sequence[Article],
    train: Iterable[Labelled] = (),
    on_reply: Callable[[Reply], None] = lambda _: None,
) -> Hearing:
    """Ask ``spec`` about ``articles`` in turn; a failure costs the process and one article.

    What does not start again costs the next article, and the others are not asked. ``on_reply``
    hears of every reply as it comes.

    Raises ClaimbenchError if the system's requirements are not met.
    """
    systems.require_ready(spec)
    training = systems.training(train) if spec.train else b""
    opening: Opening | None = None
    replies: list[Reply] = []
    ending: tuple[tuple[bytes, ...], bool | None] = ((), None)
    while opening is None or (len(replies) < len(articles) and _silent(replies) < PATIENCE):
        try:
            process = Process(spec, lambda: False)
        except Failure as failure:
            opened = Opening(failure)
        else:
            try:
                opened = _open(process, spec, training)
                if not opened.failure and _converse(process, spec, articles, replies, on_reply):
                    ending = _leave(process)
            finally:
                process.kill()
        if opening is None:
            opening = opened
        elif opened.failure is not None:
            lost = Failure(opened.failure.status, f"did not start again: {opened.failure}")
            replies.append(Reply(articles[len(replies)], failure=lost, stray=opened.stray))
            on_reply(replies[-1])
        if opened.failure is not None:
            break
    return Hearing(opening, tuple(replies), *ending)


def _silent(replies: Iterable[Reply]) -> int:
    return sum(r.failure is not None and r.failure.status == "timeout" for r in replies)


def _converse(
    process: Process,
    spec: SystemSpec,
    articles: Sequence[Article],
    replies: list[Reply],
    on_reply: Callable[[Reply], None],
) -> bool:
    """Add replies to the articles that have none, up to a failure; return whether all have."""
    for served, article in enumerate(articles[len(replies) :]):
        reply = _ask(process, article, spec, replies)
        if reply.failure is not None and reply.failure.status == "crash" and served:
            return False  # it may have ended by itself, as a run allows: once more, afresh
        replies.append(reply)
        on_reply(reply)
        if reply.failure is not None:
            return False
    return True


def _open(process: Process, spec: SystemSpec, training: bytes) -> Opening:
    began = time.monotonic()
    process.send(training)
    expected = f"{READY} within {spec.startup:g} s"
    said, stray, failure = _listen(process, began + spec.startup, expected, lambda o: "ready" in o)
    try:
        require_greeting(said or {})
    except Failure as mistaken:
        failure = failure or mistaken
    return Opening(failure, time.monotonic() - began, stray)


def _ask(process: Process, article: Article, spec: SystemSpec, before: Sequence[Reply]) -> Reply:
    began = time.monotonic()
    process.send(systems.request(article))
    expected = f'an answer whose "id" is {article.id!r} within {spec.timeout:g} s'
    answered = [reply.article.id for reply in before]

    def fits(said: dict[str, Any]) -> bool:
        # one that answers an earlier article again is passed over, a wrong id is told later
        return said.get("id") == article.id or (
            ("claims" in said or "error" in said) and said.get("id") not in answered
        )

    said, stray, failure = _listen(process, began + spec.timeout, expected, fits)
    return Reply(article, said, failure, time.monotonic() - began, stray)


def _listen(
    process: Process, deadline: float, expected: str, fits: Callable[[dict[str, Any]], bool]
) -> tuple[dict[str, Any] | None, tuple[bytes, ...], Failure | None]:
    """The first object that ``fits``, or why none came; with the lines before it."""
    stray: list[bytes] = []
    try:
        while len(stray) < MAX_STRAY:
            line = process.line(deadline, expected)
            try:
                said = decode(line)
            except Failure:
                said = {}
            if fits(said):
                return said, tuple(stray), None
            stray.append(line)
        found = f"{MAX_STRAY} other lines, the first {shorten(stray[0])}"
        raise Failure("invalid", f"found {found}; expected {expected}")
    except Failure as failure:
        return None, tuple(stray), failure


def _leave(process: Process) -> tuple[tuple[bytes, ...], bool]:
    """What is still said once nothing more will be asked, and whether it goes on running."""
    process.hang_up()
    deadline = time.monotonic() + LEAVE
    _, stray, _ = _listen(process, deadline, "its end", lambda _: False)
    return stray, not process.is_gone(deadline)
