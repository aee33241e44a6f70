"""A sanity rule for types: words that hardly go, or hardly do without, a type.

It decides nothing. Where it disagrees with a label somebody looks again, and either corrects the
label or records why it stands. Words are written as in facts: whole, in any case, ``*`` for a stem.
"""

from __future__ import annotations

from bench.model import ClaimType
from bench.text import counted, missing_facts

_NEEDS: dict[ClaimType, tuple[str, ...]] = {
    "rule": (
        *"law* rule* regulat* act treaty code contract* constitution* court* convention*".split(),
        *"must may can cannot shall require* need* entitle* oblige* mandat* compulsory".split(),
        *"forbid* forbad* ban* bar* prohibit* permit* allow* limit* cap legal* illegal*".split(),
        *"penalt* punish* fine* sentence* free exempt* right guarantee* protect* licen*".split(),
        *("have to", "has to", "not"),
    ),
    "causal": (
        *"cause* because why reason* lead* led result* trigger* prevent* help* owing due".split(),
        *"thanks bring* brought make* made mean* meant forc* drove driv* spark* through".split(),
        *"explain* contribut* produc* allow* enabl* behind so keep* kept cost* by from".split(),
    ),
    "prediction": (
        *"will would shall may might could can should plan* due set expect* likely".split(),
        *"aim* intend* hope* forecast* promis* schedul* until want* next future project*".split(),
        *"predict* chance* risk* threat* possib* propos* consider* seek* to by if".split(),
    ),
    "comparison": (
        *"first second third last only record* more most less least fewer than as same".split(),
        *"like unlike similar* main* rank* better worse best worst never ever since again".split(),
        *"rise* rose fell fall* grow* grew increas* decreas* high* low* larg* small* old*".split(),
        *"new* early earli* great* unprecedented compar* lead* led unique* top chief ahead".split(),
        *"big* fast* slow* long* short* strong* weak* previous* differ* beat* win* won".split(),
    ),
    "numerical": (
        *"half dozen* twice double* triple* quarter* third* hundred* thousand* million*".split(),
        *"billion* percent fold one single no zero times".split(),
    ),
}
"""Words of which a claim of the type has one."""

_LIMITS: tuple[tuple[tuple[str, ...], frozenset[ClaimType]], ...] = (
    (
        ("by law", "forbids", "prohibits", "is banned", "is illegal", "is forbidden"),
        frozenset(("rule", "causal", "prediction", "position")),
    ),
    (
        ("because", "caused", "led to", "thanks to", "resulted in", "triggered", "prevented"),
        frozenset(("rule", "causal", "prediction")),
    ),
    (
        ("will", "plans to", "intends to", "is due to", "is set to", "is expected to"),
        frozenset(("rule", "causal", "prediction", "position", "comparison")),
    ),
    (
        ("urged", "demanded", "condemned", "criticised", "criticized", "praised", "blamed"),
        frozenset(("position", "causal", "event")),
    ),
)
"""Cues, and the types that a claim with one of them may well have."""


def doubt(text: str, kind: ClaimType) -> str:
    """What was expected of the type of a claim that reads ``text``, or nothing if ``kind`` fits."""
    for cues, kinds in _LIMITS:
        if kind not in kinds and not missing_facts(text, [cues]):
            cue = next(c for c in cues if not missing_facts(text, [[c]]))
            return f"one of {', '.join(sorted(kinds))}, for {cue!r}"
    if kind == "numerical" and counted(text):
        return ""
    if kind in _NEEDS and missing_facts(text, [_NEEDS[kind]]):
        return f"another type, as no word speaks for {kind}"
    return ""
