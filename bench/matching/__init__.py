"""Which prediction states which gold claim: matchers, and alignments of what they accept.

A matcher is a small frozen value; its ``repr`` is its identity in every signature. It decides
for pairs; an alignment chooses among the pairs it accepts.
"""

from __future__ import annotations

from bench.matching.alignment import Support, align, many
from bench.matching.base import Ground, Matcher, Measured, Said, Verdict, said
from bench.matching.embedding import embedding
from bench.matching.judge import judge, recorded
from bench.matching.keyed import DEFAULT, keyed
from bench.matching.lexical import chrf, containment, exact, tfidf, token_f1
from bench.matching.named import MATCHERS, matcher_named
from bench.matching.once import Once
from bench.matching.span import span

__all__ = [
    "DEFAULT",
    "MATCHERS",
    "Ground",
    "Matcher",
    "Measured",
    "Once",
    "Said",
    "Support",
    "Verdict",
    "align",
    "chrf",
    "containment",
    "embedding",
    "exact",
    "judge",
    "keyed",
    "many",
    "matcher_named",
    "recorded",
    "said",
    "span",
    "tfidf",
    "token_f1",
]
