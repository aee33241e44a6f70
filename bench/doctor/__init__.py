"""Does a system keep to the contract: it is asked about invented texts, and told what to mend.

``examine`` asks, ``diagnose`` judges what was said; nothing is printed here.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench.doctor import conduct, content
from bench.doctor.articles import probes
from bench.doctor.check import Check
from bench.doctor.offsets import offsets
from bench.doctor.probe import Hearing, hear
from bench.model import Extraction, Labelled, SystemSpec
from bench.run import run

__all__ = ["REQUESTS", "Check", "diagnose", "examine"]

REQUESTS = 2 * len(probes()) - 1
"""How often a system is asked if it answers everything: the long article only once."""


def examine(
    spec: SystemSpec,
    train: Sequence[Labelled] = (),
    on_answer: Callable[[str], None] = lambda _: None,
) -> tuple[Check, ...]:
    """Ask ``spec`` about every probe, then about all but the long one again as a run would.

    ``on_answer`` is told in a line what came of each request, as soon as it has.

    Raises ClaimbenchError if the system's requirements are not met.
    """
    articles = probes()
    first = hear(spec, articles, train, lambda reply: on_answer(reply.summary))
    answered = [reply.article for reply in first.replies if reply.raw is not None]
    again = [article for article in articles[:-1] if article in answered]
    with tempfile.TemporaryDirectory() as folder:
        second = run(
            spec,
            again,
            train,
            Path(folder),
            corpus="doctor",
            on_result=lambda record: on_answer(f"{record.article_id} again: {record.status}"),
        ).extractions
    return diagnose(spec, first, {record.article_id: record for record in second})


def diagnose(
    spec: SystemSpec, first: Hearing, second: Mapping[str, Extraction]
) -> tuple[Check, ...]:
    """What two rounds of answers show; the second by article id. Only starting, if it did not."""
    start, stdout = conduct.start(spec, first.opening), conduct.stdout(first)
    if first.opening.failure is not None:
        return (start, stdout) if first.opening.stray else (start,)
    replies = {reply.article.id.removeprefix("doctor-"): reply for reply in first.replies}
    return (
        start,
        stdout,
        conduct.ids(first.replies),
        content.news(replies.get("news")),
        content.types(first.replies),
        offsets(first.replies),
        content.unicode(replies.get("unicode")),
        content.empty(replies.get("empty")),
        content.plain("non-news text", replies.get("other")),
        content.long(spec, replies.get("long")),
        conduct.speed(spec, first.replies),
        conduct.determinism(first.replies, second),
        conduct.end(first),
    )
