"""The annotators scored like systems: how well one who followed the guidelines would do."""

from __future__ import annotations

from msgspec.structs import replace

from bench.gold import Corpus, digest_unread, raw_labels, read_claims
from bench.matching import DEFAULT, Matcher
from bench.model import ANNOTATORS, Article, Claim, Gold, Labelled, Scorecard
from bench.score import evaluate
from bench.store import Places


def ceilings(
    corpus: Corpus, split: str, places: Places, matcher: Matcher = DEFAULT
) -> tuple[Scorecard, ...]:
    """A card for each annotator who labelled every article of ``split`` ("all" for all splits).

    It counts raw labels, as they were before anyone adjudicated, against the gold. Texts are not
    needed. Optional claims of an annotator are not among those scored. Raises DataError.
    """
    entries = [e for e in corpus.article if split in (e.split, "all")]
    gold = Gold(
        corpus=corpus.name,
        version=corpus.version,
        split=split,
        items=tuple(
            Labelled(
                Article(e.id, e.title, e.date, "", e.split, corpus.name, e.topic),
                read_claims(corpus.labels(e.id)),
            )
            for e in entries
        ),
    )
    digest = digest_unread(corpus, split)
    cards = (
        evaluate(
            gold,
            {
                e.id: [Claim(text=c.text, type=c.type) for c in raw[e.id] if not c.optional]
                for e in entries
            },
            system=f"annotator {who}",
            matcher=matcher,
        )
        for who in ANNOTATORS
        if (raw := raw_labels(who, corpus.name, places)).keys() >= {e.id for e in entries}
        and entries
    )
    return tuple(replace(card, signature=replace(card.signature, gold=digest)) for card in cards)
