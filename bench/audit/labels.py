"""The whole check of the gold: its files, its labels under the matcher, its reviewed warnings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from bench import gold
from bench.gold.fields import Finding
from bench.matching import DEFAULT, Matcher, Said
from bench.model import GoldClaim, Problem
from bench.store import Places


def check(
    places: Places, names: Iterable[str] | None = None, matcher: Matcher = DEFAULT
) -> list[Problem]:
    """Everything that is wrong with the corpora called ``names``, or with all of them.

    Labels are shown to ``matcher`` only where the files hold no error. Warnings that somebody
    reviewed are left out. Raises UnknownName.
    """
    chosen = None if names is None else tuple(names)
    problems = gold.check(places, chosen)
    broken = {p.file for p in problems if p.severity == "error"}
    for corpus in gold.readable(places, chosen):
        paths = [corpus.labels(entry.id) for entry in corpus.article]
        for path in paths:
            if path.is_file() and str(path) not in broken:
                problems += confusions(path, gold.read_claims(path), matcher)
    return gold.unreviewed(problems, places, chosen)


def confusions(path: Path, claims: Sequence[GoldClaim], matcher: Matcher) -> Iterator[Problem]:
    """Yield claims of one article whose wordings the matcher does not keep apart.

    ``path`` is the file of labels in the form that is kept: a header, then a claim a line.
    """
    wordings = [(i, wording) for i, claim in enumerate(claims) for wording in claim.wordings]
    accepted = matcher.accepted(claims, [Said((wording,)) for _, wording in wordings])
    own = {n for k, n in accepted if wordings[n][0] == k}
    for n, (i, wording) in enumerate(wordings):
        if n not in own:
            reason = matcher.judge(claims[i], Said((wording,))).reason
            wanted = f"one that {matcher!r} accepts for its own claim"
            yield Finding("forms", f"{wording!r} ({reason})", wanted).at(path, i + 2, claims[i].id)
    confused: dict[tuple[int, int], str] = {}
    for k, n in sorted(accepted):
        i, wording = wordings[n]
        if i != k and not claims[k].optional:
            confused.setdefault((i, k), wording)
    for (i, k), wording in confused.items():
        if (k, i) not in confused:
            found = f"{wording!r}, which also fits {claims[k].text!r}"
            wanted = f"facts that tell it from {claims[k].id}"
            yield Finding("forms", found, wanted, "warning").at(path, i + 2, claims[i].id)
        elif i < k:
            found = f"wordings that fit {claims[k].text!r}, and the other way round"
            wanted = f"each claim once: compare {claims[k].id}"
            yield Finding("text", found, wanted, "warning").at(path, i + 2, claims[i].id)
