"""From the outputs of all systems to the candidates that a reader is to judge."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from bench import text
from bench.gold.pooled import pooled_id
from bench.grounding import Grounding, Passages
from bench.matching import DEFAULT, Matcher, Said
from bench.model import Extraction, Frozen, Gold, GoldClaim, Labelled
from bench.pool.queue import Candidate, Nearest


class _Stated(Frozen, frozen=True):
    """A wording of one article, the systems that put it out, and what bears it out."""

    wording: str
    systems: frozenset[str]
    grounding: Grounding

    @property
    def rank(self) -> tuple[int, int, str]:
        """The more systems the earlier, then by position in the article, then by wording."""
        return -len(self.systems), self.grounding.sentences[0][0], self.wording


def gather(
    gold: Gold,
    outputs: Mapping[str, Mapping[str, Extraction]],
    known: Collection[str] = (),
    matcher: Matcher = DEFAULT,
) -> list[Candidate]:
    """What systems (name -> article id -> record) state with the article's words and gold lacks.

    A prediction that ``matcher`` accepts for some gold claim is left out: it is matched, or
    the claim is matched by another one and it is a duplicate; all others are spurious under
    ``align``. Left out too are those whose id is ``known`` and those that are not grounded
    (``bench.grounding``). The first candidates are those that most systems agree on.
    """
    found = [
        (group, item)
        for item in gold.items
        for group in _groups(_unlisted(item, outputs, known, matcher), matcher)
    ]
    found.sort(key=lambda pair: -len(_systems(pair[0])))  # stable: then by position
    return [_candidate(item, group, matcher) for group, item in found]


def _unlisted(
    item: Labelled,
    outputs: Mapping[str, Mapping[str, Extraction]],
    known: Collection[str],
    matcher: Matcher,
) -> list[_Stated]:
    """The distinct wordings that are no gold claim and look grounded."""
    article = item.article.id
    wordings: dict[tuple[str, ...], set[str]] = {}
    systems: dict[tuple[str, ...], set[str]] = {}
    for system, records in outputs.items():
        record = records.get(article)
        for claim in record.claims if record and record.status == "ok" else ():
            words = text.tokens(claim.text)
            wordings.setdefault(words, set()).add(claim.text)
            systems.setdefault(words, set()).add(system)
    chosen = {words: min(same) for words, same in wordings.items()}
    accepted = matcher.accepted(item.claims, [Said((wording,)) for wording in chosen.values()])
    listed = {j for _, j in accepted}
    passages = Passages(item.article)
    stated = [
        _Stated(wording, frozenset(systems[words]), passages.grounding(wording))
        for j, (words, wording) in enumerate(chosen.items())
        if j not in listed and pooled_id(article, wording) not in known
    ]
    return [s for s in stated if s.grounding.grounded]


def _groups(stated: Iterable[_Stated], matcher: Matcher) -> list[list[_Stated]]:
    """Wordings that accept one another, in order of position; the first stands for each group.

    Each joins the first group whose first wording it goes with, so that no chain of small
    differences makes one group of two claims.
    """
    ranked = sorted(stated, key=lambda s: s.rank)
    claims = [_as_gold(s.wording) for s in ranked]
    accepted = matcher.accepted(claims, [Said((s.wording,)) for s in ranked])
    groups: list[list[int]] = []
    for n in range(len(ranked)):
        fits = (g for g in groups if (g[0], n) in accepted and (n, g[0]) in accepted)
        group = next(fits, None)
        if group is None:
            groups.append([n])
        else:
            group.append(n)
    found = [[ranked[n] for n in group] for group in groups]
    return sorted(found, key=lambda group: group[0].rank[1:])


def _as_gold(wording: str) -> GoldClaim:
    return GoldClaim(id="", text=wording, forms=(), type="property", spans=(), facts=())


def _systems(group: Sequence[_Stated]) -> frozenset[str]:
    return frozenset[str]().union(*(s.systems for s in group))


def _candidate(item: Labelled, group: Sequence[_Stated], matcher: Matcher) -> Candidate:
    first, sentences = group[0], group[0].grounding.sentences
    return Candidate(
        id=pooled_id(item.article.id, first.wording),
        article=item.article.id,
        prediction=first.wording,
        also=tuple(s.wording for s in group[1:]),
        systems=tuple(sorted(_systems(group))),
        nearest=_nearest(item.claims, first.wording, matcher),
        sentences=sentences,
        support=item.article.text[sentences[0][0] : sentences[-1][1]],
    )


def _nearest(gold: Sequence[GoldClaim], wording: str, matcher: Matcher) -> Nearest | None:
    """The gold claim that comes closest to a wording, the first of several; None without gold."""
    said = Said((wording,))
    judged = [(matcher.judge(claim, said, gold), claim) for claim in gold]
    if not judged:
        return None
    verdict, claim = max(judged, key=lambda pair: pair[0].similarity)
    return Nearest(claim.id, claim.text, round(verdict.similarity, 4), verdict.reason)
