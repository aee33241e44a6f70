"""Rank stability: how far the order of systems hangs on how claims are matched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan

from bench.audit.pairs import turned
from bench.matching import (
    Matcher,
    Once,
    align,
    containment,
    exact,
    tfidf,
    token_f1,
)
from bench.model import Claim, Counts, Frozen, Gold, Labelled, total
from bench.score import Prediction, claims_of

REACH = 0.1
"""A matcher whose kappa is further than this below the default's agrees too badly with people for
its order of systems to cast doubt on the default's."""

SWAY = (-0.1, -0.05, 0.05, 0.1)
"""How far a threshold may well have been chosen otherwise."""

ALWAYS_HERE: tuple[Matcher, ...] = (
    exact(),
    token_f1(),
    containment(),
    tfidf(),
)
"""Rivals of the default that need no extra, so that a leaderboard is the same on every machine."""

Outputs = Mapping[str, Mapping[str, Prediction]]
"""What systems said: by system, then by article."""


class Ranking(Frozen, frozen=True):
    """Claim F1 of every system under one matcher, in the order of the systems given.

    ``tau`` is Kendall's tau-b with the first matcher's F1; None where either ties all systems.
    """

    matcher: str
    f1: dict[str, float | None]
    tau: float | None

    @property
    def ranks(self) -> dict[str, int]:
        """1 for the best; equal F1 share a rank; an undefined one is last."""
        values = self._values
        return {s: 1 + sum(v > values[s] for v in values.values()) for s in values}

    @property
    def winners(self) -> tuple[str, ...]:
        """The systems of rank 1."""
        return tuple(system for system, rank in self.ranks.items() if rank == 1)

    @property
    def _values(self) -> dict[str, float]:
        return {system: -1.0 if f1 is None else f1 for system, f1 in self.f1.items()}


class Dependence(Frozen, frozen=True):
    """Whether the first place depends on the matcher.

    ``winner`` is first under the default; ``others`` are by matcher the systems that are first
    instead, over all matchers that agree with people about as well. ``tried`` are those matchers,
    ``doubtful`` the others, which agree too badly to count.
    """

    winner: str
    others: dict[str, tuple[str, ...]]
    tried: tuple[str, ...]
    doubtful: tuple[str, ...] = ()


def rankings(gold: Gold, outputs: Outputs, matchers: Sequence[Matcher]) -> tuple[Ranking, ...]:
    """Claim F1 of every system on ``gold`` under each matcher; tau is with the first's order."""
    items = tuple(gold.items)
    said_by = {
        item.article.id: {
            system: claims_of(item.article.id, found.get(item.article.id))
            for system, found in outputs.items()
        }
        for item in items
    }
    found: list[Ranking] = []
    for matcher in matchers:
        f1 = _f1(items, said_by, matcher)
        first = found[0].f1 if found else f1
        found.append(Ranking(repr(matcher), f1, _tau(first, f1)))
    return tuple(found)


def variants(matcher: Matcher) -> list[Matcher]:
    """``matcher`` with its threshold moved by each of SWAY, within (0, 1]."""
    at = getattr(matcher, "threshold", None)
    if not isinstance(at, float):
        return []
    return turned(matcher, [t for s in SWAY if 0 < (t := round(at + s, 4)) <= 1])


def within_reach(kappa: float | None, default: float | None) -> bool:
    """Whether a matcher's ``kappa`` with people is at most REACH below the default's."""
    if kappa is None or default is None:
        return False
    return round(default - kappa, 9) <= REACH  # 0.8 - 0.7 is a little more than 0.1


def winner_depends(
    ranked: Sequence[Ranking], kappas: Mapping[str, float | None]
) -> Dependence | None:
    """Whether another system is first under a matcher that agrees with people about as well.

    ``ranked`` begins with the default; ``kappas`` are by repr, on judged pairs, and a matcher that
    lacks one is doubtful. A tie for the first place changes nothing. None where fewer than two
    systems were ranked.
    """
    default, *rest = ranked
    if len(default.f1) < 2:
        return None
    at = kappas.get(default.matcher)
    tried = [r for r in rest if within_reach(kappas.get(r.matcher), at)]
    known = dict.fromkeys((*(r.matcher for r in rest), *kappas))
    return Dependence(
        winner=default.winners[0],
        others={r.matcher: r.winners for r in tried if default.winners[0] not in r.winners},
        tried=tuple(r.matcher for r in tried),
        doubtful=tuple(
            m for m in known if m != default.matcher and not within_reach(kappas.get(m), at)
        ),
    )


def _f1(
    items: Sequence[Labelled],
    said_by: Mapping[str, Mapping[str, Sequence[Claim]]],
    matcher: Matcher,
) -> dict[str, float | None]:
    counts: dict[str, list[Counts]] = {}
    for item in items:
        by_system = said_by[item.article.id]
        once = Once(matcher)
        for system, claims in by_system.items():
            found = align(item.article.id, item.claims, claims, once)
            one = Counts(tp=len(found.pairs), fp=len(found.spurious), fn=len(found.missed))
            counts.setdefault(system, []).append(one)
    return {system: total(each).f1 for system, each in counts.items()}


def _tau(first: Mapping[str, float | None], other: Mapping[str, float | None]) -> float | None:
    """Kendall's tau-b (Kendall 1945) of two lists of F1; an undefined one is below all others."""
    from scipy.stats import kendalltau

    if len(first) < 2:
        return None
    one, two = ([-1.0 if f is None else f for f in side.values()] for side in (first, other))
    tau = float(kendalltau(one, two).statistic)
    return None if isnan(tau) else tau
