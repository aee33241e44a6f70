"""Two scorecards in, a verdict out. No printing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from bench import stats
from bench.model import TYPES, ArticleScore, Counts, Frozen, Incomparable, Scorecard
from bench.score import ranked

TOLERANCE = 0.005
"""A drop of the headline F1 smaller than this is never a regression."""

Headline = Literal["claims", "typed"]

ROWS = ("claims", "typed", *TYPES)
"""Rows of every comparison: types ignored, types counted, then each type."""

_LEVEL = 0.05
"""Chance of telling apart what is not, over all pairs of a leaderboard."""

_SUMMARIES = 2
"""The first rows sum up the others and stay out of the correction for many types."""


class Row(Frozen, frozen=True):
    """One line of the delta table; None where a number is undefined.

    ``delta`` is new - base with its paired 95 % interval; ``p`` is corrected over the types
    (Holm), uncorrected in the two summary rows; ``detectable`` is the smallest true difference
    that a comparison on these articles would find in 80 % of cases.
    """

    name: str
    base: float | None
    new: float | None
    delta: float | None
    low: float | None
    high: float | None
    p: float | None
    detectable: float | None


class Verdict(Frozen, frozen=True):
    """What changed between two scorecards of equal signature.

    ``reasons`` are the grounds on which the gate fails, empty if it passes. ``gained`` and
    ``lost`` are ids of gold claims that only the new or only the base system found.
    ``failures`` are counts of articles not answered, base and new. ``articles`` is the number
    compared; ``unseen`` are those that the base was never asked about and that are left out.
    ``judged`` is False where the counts differ and no interval says by how much.
    """

    base: str
    new: str
    corpus: str
    headline: Headline
    reasons: tuple[str, ...]
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    rows: tuple[Row, ...]
    failures: tuple[int, int]
    summary: str
    articles: int = 0
    unseen: tuple[str, ...] = ()
    judged: bool = True

    @property
    def failed(self) -> bool:
        """Whether the gate fails."""
        return bool(self.reasons)


def compare(
    base: Scorecard,
    new: Scorecard,
    *,
    tolerance: float = TOLERANCE,
    headline: Headline = "claims",
    seed: int = 0,
) -> Verdict:
    """Compare two scorecards on the articles that the base was asked about.

    An article without any output in the base is new: counting it as empty there would hide a
    regression behind an improvement.

    The gate fails when an article vanished, when failures rose, or when the paired 95 %
    interval of the headline F1 lies below zero and the drop is at least ``tolerance``.

    Raises
    ------
    Incomparable
        The signatures differ; names every field that does.
    """
    require_equal(base, new)
    asked = {a.article_id: a for a in base.by_article if a.status != "missing"}
    unseen = {a.article_id for a in new.by_article} - asked.keys()
    base, new = _on(asked, base), _on(asked, new)
    unchanged = base.by_article == new.by_article
    rows = _rows(base, new, seed)
    failures = (_failed(base), _failed(new))
    gone = _missing(new)
    top = rows[ROWS.index(headline)]
    reasons = []
    if gone:
        reasons.append(f"no output any more for {_some(gone)}")
    if failures[1] - len(gone) > failures[0]:
        reasons.append(f"failures rose from {failures[0]} to {failures[1]}")
    if _regressed(top, tolerance):
        reasons.append(
            f"F1 of {headline} fell by {-(top.delta or 0):.3f}, "
            f"95 % interval {top.low:+.3f} to {top.high:+.3f}"
        )
    return Verdict(
        base=base.system,
        new=new.system,
        corpus=new.signature.corpus,
        headline=headline,
        reasons=tuple(reasons),
        gained=tuple(sorted(_found(new) - _found(base))),
        lost=tuple(sorted(_found(base) - _found(new))),
        rows=rows,
        failures=failures,
        summary=_summary(top, len(base.by_article), same=unchanged),
        articles=len(base.by_article),
        unseen=tuple(sorted(unseen)),
        judged=top.low is not None or unchanged,
    )


def _on(asked: Mapping[str, ArticleScore], card: Scorecard) -> Scorecard:
    """The card on the articles ``asked`` for, by id: their order means nothing."""
    scores = {article.article_id: article for article in card.by_article}
    kept = tuple(scores.get(name, _vanished(asked[name])) for name in sorted(asked))
    return msgspec.structs.replace(card, by_article=kept)


def _vanished(article: ArticleScore) -> ArticleScore:
    """The score of an article that has none: all its gold is missed."""
    return ArticleScore(
        article_id=article.article_id,
        status="missing",
        claims=_all_missed(article.claims),
        types={kind: _all_missed(counts) for kind, counts in article.types.items()},
        slices={},
    )


def _all_missed(counts: Counts) -> Counts:
    return Counts(fn=counts.tp + counts.fn)


class Suite(Frozen, frozen=True):
    """The comparison of two sets of systems on one corpus."""

    verdicts: tuple[Verdict, ...]
    vanished: tuple[str, ...]
    added: tuple[str, ...]

    @property
    def failed(self) -> bool:
        """Whether any gate fails; a vanished system is a regression."""
        return bool(self.vanished) or any(v.failed for v in self.verdicts)


def compare_all(
    base: Mapping[str, Scorecard],
    new: Mapping[str, Scorecard],
    *,
    tolerance: float = TOLERANCE,
    headline: Headline = "claims",
) -> Suite:
    """Compare scorecards by key; a key that only ``base`` has is a vanished system."""
    return Suite(
        verdicts=tuple(
            compare(base[key], new[key], tolerance=tolerance, headline=headline)
            for key in base
            if key in new
        ),
        vanished=tuple(key for key in base if key not in new),
        added=tuple(key for key in new if key not in base),
    )


class Standing(Frozen, frozen=True):
    """Which of several systems on one corpus can be told apart, types ignored.

    ``ranks`` gives systems of one tie the same place: that of the best of them. Every system of
    a tie is detectably better than every one of the ties below; within a tie not every two can
    be told apart. ``lead`` compares the first (as ``new``) with the second, None if there is no
    second; ``detected`` says whether these two can be told apart.
    """

    ranks: dict[str, int]
    lead: Verdict | None = None
    detected: bool = False


def standing(cards: Sequence[Scorecard]) -> Standing:
    """Rank systems by claim F1, one place for those that these articles cannot tell apart.

    All pairs are put to the paired permutation test over articles, p corrected for their number
    (Holm). A line is drawn where everything above differs at 0.05 from everything below, as in
    the clusters of the WMT shared tasks (Bojar et al. 2013, aclanthology.org/W13-2201). Raises
    Incomparable where the cards were not measured alike.
    """
    best = ranked(cards)
    for card in best[1:]:
        require_equal(best[0], card)
    apart = _told_apart([counts_table(card)[:, :1] for card in best])
    ranks, place = {}, 0
    for i, card in enumerate(best):
        if all(apart[a, b] for a in range(i) for b in range(i, len(best))):
            place = i + 1
        ranks[card.system] = place
    if len(best) < 2:
        return Standing(ranks)
    return Standing(ranks, compare(best[1], best[0]), detected=apart[0, 1])


def _told_apart(tables: Sequence[NDArray[np.int64]]) -> dict[tuple[int, int], bool]:
    pairs = list(combinations(range(len(tables)), 2))
    p = stats.holm([stats.paired(tables[b], tables[a])[0].p for a, b in pairs])
    return {pair: q is not None and q < _LEVEL for pair, q in zip(pairs, p, strict=True)}


def require_equal(base: Scorecard, new: Scorecard) -> None:
    """Raise Incomparable, naming every field in which the signatures differ."""
    differing = base.signature.differences(new.signature)
    if differing:
        raise Incomparable(
            f"{base.system} and {new.system} were not measured alike: " + "; ".join(differing),
            hint="score both under the same gold and matcher: `claimbench score` rescoring from "
            "kept outputs runs no system; `claimbench compare --rescore` does it for you",
        )


def counts_table(card: Scorecard) -> NDArray[np.int64]:
    """Counts as (articles by id, len(ROWS), 3), rows as in ROWS; tp, fp, fn in the last axis."""
    table = [
        [
            _triple(article.claims),
            _triple(sum(article.types.values(), Counts())),
            *(_triple(article.types.get(kind, Counts())) for kind in TYPES),
        ]
        for article in sorted(card.by_article, key=lambda article: article.article_id)
    ]
    return np.array(table, dtype=np.int64).reshape(len(table), len(ROWS), 3)


def _triple(counts: Counts) -> tuple[int, int, int]:
    return counts.tp, counts.fp, counts.fn


def _rows(base: Scorecard, new: Scorecard, seed: int) -> tuple[Row, ...]:
    tested = stats.paired(counts_table(base), counts_table(new), overall=_SUMMARIES, seed=seed)
    return tuple(
        Row(
            name=name,
            base=row.base,
            new=row.new,
            delta=row.delta,
            low=row.low,
            high=row.high,
            p=row.p if row.p_holm is None else row.p_holm,
            detectable=row.detectable,
        )
        for name, row in zip(ROWS, tested, strict=True)
    )


def _regressed(row: Row, tolerance: float) -> bool:
    if row.delta is None or row.high is None:
        return False
    return row.high < 0 and -row.delta >= tolerance


def _summary(row: Row, articles: int, *, same: bool) -> str:
    """One plain sentence; never "the same" on the strength of a test that found nothing."""
    if not articles:
        return "nothing to compare: the base has no outputs"
    if same:
        return "identical counts on every article"
    if row.delta is None or row.low is None or row.high is None:
        return "the change cannot be judged: fewer than two articles, or no scores"
    if row.low > 0:
        return f"improved by {row.delta:.3f}"
    if row.high < 0:
        return f"fell by {-row.delta:.3f}"
    return f"no detectable change ({row.delta:+.3f}); {_power(row, articles)}"


def _power(row: Row, articles: int) -> str:
    if articles < stats.TESTABLE:
        return f"{articles} articles are too few to say what could be detected"
    return f"could detect >= {row.detectable or 0:.3f}"


def _failed(card: Scorecard) -> int:
    return sum(card.failures.values())


def _missing(card: Scorecard) -> set[str]:
    return {a.article_id for a in card.by_article if a.status == "missing"}


def _found(card: Scorecard) -> set[str]:
    return {claim for article in card.by_article for claim in article.found}


def _some(names: Iterable[str], most: int = 5) -> str:
    listed: Sequence[str] = sorted(names)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more
