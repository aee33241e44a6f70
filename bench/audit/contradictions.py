"""Claims of the gold turned false by one small edit, which a matcher must not take for the claim.

Every edit is a rule on the words of a claim's canonical text, and made only where it surely
changes the truth: a claim with a condition, a bound or a quantifier in reach of the edit is passed
over rather than edited in doubt. What is left is still English, if not always elegant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from bench.audit.attacks import Finding
from bench.matching import DEFAULT, Matcher, Said
from bench.model import Frozen, Gold, GoldClaim


class Rejected(Frozen, frozen=True):
    """How many claims made false by one kind of edit a matcher rejects.

    ``passed`` are those it takes for the claim they were made from, each beside that claim's id.
    """

    kind: str
    made: int
    passed: tuple[tuple[str, str], ...] = ()

    @property
    def rejected(self) -> int:
        """How many the matcher turns down."""
        return self.made - len(self.passed)

    @property
    def share(self) -> float | None:
        """The share that it turns down; None where no edit could be made."""
        return self.rejected / self.made if self.made else None


ENOUGH = 0.95
"""The share of each kind that a matcher must turn down to be trusted."""


def contradict(gold: Gold, matcher: Matcher = DEFAULT) -> tuple[Rejected, ...]:
    """Make false claims of every kind from ``gold``, and let ``matcher`` compare each with its own.

    Only whether the claim it was made from accepts it counts: it may well be true to another.
    """
    made = dict.fromkeys(EDITS, 0)
    passed: dict[str, list[tuple[str, str]]] = {kind: [] for kind in EDITS}
    for item in gold.items:
        edits = [
            (i, kind, edited)
            for i, claim in enumerate(item.claims)
            for kind, edit in EDITS.items()
            for edited in sorted({*edit(claim)} - {*claim.wordings})
        ]
        stated = [Said((edited,), item.claims[i].spans) for i, _, edited in edits]
        accepted = matcher.accepted(item.claims, stated)
        for n, (i, kind, edited) in enumerate(edits):
            made[kind] += 1
            if (i, n) in accepted:
                passed[kind].append((item.claims[i].id, edited))
    return tuple(Rejected(kind, made[kind], tuple(passed[kind])) for kind in EDITS)


def trusted(rejected: Sequence[Rejected]) -> tuple[Finding, ...]:
    """One finding for each kind of edit: whether ``ENOUGH`` of what it made is rejected."""
    return tuple(
        Finding(
            f"{ENOUGH:.0%} of claims made false are rejected: {r.kind}",
            passed=r.share is None or r.share >= ENOUGH,
            detail="" if r.share is None or r.share >= ENOUGH else _told(r),
        )
        for r in rejected
    )


def _told(rejected: Rejected) -> str:
    where, wording = rejected.passed[0]
    return f"{len(rejected.passed)} of {rejected.made} accepted, as for {where}: {wording}"


_CONDITIONAL = re.compile(
    r"\b(?:if|unless|provided|whether|until|once|should deadline)\b", re.IGNORECASE
)

# Numbers ---------------------------------------------------------------------------------------

_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
)
_DAY = re.compile(
    rf"\b(?:[Oo]n|[Ff]rom|(?:morning|afternoon|evening|night) of) (\d{{1,2}})(?= {_MONTH}\b)"
)
_YEAR = re.compile(r"\b[Ii]n ((?:19|20)\d\d)\b(?! [A-Z])")
_DATE = re.compile(
    rf"\b(?:\d{{1,2}} )?{_MONTH}(?: \d{{1,2}}\b)?(?:,? \d{{4}})?|\b(?:1[5-9]|20)\d\d(?:s|-\d+)?\b"
    r"|\b\d{1,2}(?:[.:]\d{2})? ?[ap]\.?m\b|\b\d{1,2}[.:]\d\d\b"
)
_FIGURE = re.compile(
    r"(?<![\w.,:/-])[£$€]?(\d+(?:,\d{3})*(?:\.\d+)?)(?:m|bn|%|k)?(?![\w:/-]|[.,]\d)"
)
_WORDS = (
    "two three four five six seven eight nine".split(),
    "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(),
    "twenty thirty forty fifty sixty seventy eighty ninety".split(),
)
_NUMBER_WORD = re.compile(
    rf"(?<![\w-])({'|'.join(word for row in _WORDS for word in row)})\b(?![- ](?:thirds?|quarters?"
    r"|fifths?|halves|tenths?))",
    re.IGNORECASE,
)
# Another number in these need not be false, or is another thing's: "at least 600", "the two posts".
_BOUND = re.compile(
    r"(?:\b(?i:least|most|to|than|over|under|above|below|within|the|these|those|all|both|other|next"
    r"|last|first|BC|minimum|maximum|every|per|any|into|of) "
    r"|\b(?!(?:In|On|At|By|For|After|From|Just) )[A-Z][\w'’]*\.? )[£$€]?\Z"
)


def _other_number(claim: GoldClaim) -> Iterator[str]:
    """Each figure and number word replaced by another one, dates apart."""
    words = claim.text
    if _CONDITIONAL.search(words):
        return
    dated = [match.span() for match in _DATE.finditer(words)]
    for pattern, other in ((_FIGURE, _other_figure), (_NUMBER_WORD, _other_word)):
        for match in pattern.finditer(words):
            start, end = match.span(1)
            sure = not any(a < end and start < b for a, b in dated)
            if sure and not _bounded(words, match.start()) and words.count(match[1]) == 1:
                yield words[:start] + other(match[1]) + words[end:]


def _bounded(words: str, at: int) -> bool:
    """Whether what stands before makes a number a bound, a name, or part of a known group."""
    return _BOUND.search(words[:at]) is not None


def _other_figure(figure: str) -> str:
    """The first digit another one: 14 becomes 34, 5,200 becomes 7,200."""
    return str((int(figure[0]) + 1) % 9 + 1) + figure[1:]


def _other_word(word: str) -> str:
    row = next(row for row in _WORDS if word.lower() in row)
    other = row[(row.index(word.lower()) + 3) % len(row)]
    return other.capitalize() if word[0].isupper() else other


def _other_date(claim: GoldClaim) -> Iterator[str]:
    """Each day of a month, and each year that stands alone, replaced by another one."""
    words = claim.text
    if _CONDITIONAL.search(words):
        return
    for pattern, other in ((_DAY, _other_day), (_YEAR, _other_year)):
        for match in pattern.finditer(words):
            start, end = match.span(1)
            if not _SUBORDINATE.search(words, 0, start):
                yield words[:start] + other(match[1]) + words[end:]


def _other_day(day: str) -> str:
    return str((int(day) + 10) % 28 + 1)


def _other_year(year: str) -> str:
    return str(int(year) - 3)


# Opposites -------------------------------------------------------------------------------------

_OPPOSITES = {
    word: other
    for pair in (
        ("before", "after"),
        ("rose", "fell"),
        ("north", "south"),
        ("east", "west"),
        ("largest", "smallest"),
        ("higher", "lower"),
    )
    for word, other in (pair, pair[::-1])
}
_OPPOSED = re.compile(rf"\b({'|'.join(_OPPOSITES)})\b(?= (?!and |into )(?:the |an? )?[a-z]{{3}})")


def _opposite(claim: GoldClaim) -> Iterator[str]:
    """A word made its opposite before a word that stays, where there is but one such word."""
    words = claim.text
    found = _OPPOSED.findall(words)
    if len(found) == 1 and not _CONDITIONAL.search(words) and not _NEGATED.search(words):
        yield _OPPOSED.sub(lambda match: _OPPOSITES[match[1]], words)


# Negation and hedges ---------------------------------------------------------------------------

_NEGATED = re.compile(
    r"\b(?:not|no|never|none|neither|nor|nobody|nothing|nowhere|without|deny|denie[sd]|refus\w+"
    r"|reject\w*|cannot|fail\w*|unlikely|hardly|barely|only|fell short)\b|n't\b",
    re.IGNORECASE,
)
_SCOPE = re.compile(
    r"\b(?:all|every|each|some|any|many|few|both|either|most|several|always|often|only|still|yet"
    r"|already|because|even|ever|at least|also|mainly|mostly|partly|until|before|again"
    r"|longer|just|other|others|anyone|anything|except|but)\b",
    re.IGNORECASE,
)
"""What a negation may bind with instead, so that both could be true."""

_SUBORDINATE = re.compile(
    r"\b(?:that|who|which|whom|when(?:ever)?|where(?:ver)?|while|as|after|what|how|said|says|claim\w*|believ\w+"
    r"|argu\w+|think\w*|thought|because|since|although|so|why|than|not)\b|[\"“;]",
    re.IGNORECASE,
)
_BE = re.compile(r"\b(?P<verb>is|are|was|were|will)\b(?! (?:not|to)\b)")
_HAVE = re.compile(
    r"\b(?P<verb>has|have|had)\b(?= (?:been|\w+ed|\w+en|made|left|begun|become|met|won|lost|sent"
    r"|paid|cut|run|found|put|led|held|said)\b)"
)
_OWN = re.compile(r"\b(?P<verb>has|have|had)\b(?= (?:an?|[\d£]+|two|three|ten) ?)")
_DO = {"has": "does not have", "have": "do not have", "had": "did not have"}


def _negation(claim: GoldClaim) -> Iterator[str]:
    """A negation put behind the verb of the main clause, or the only one there is taken out."""
    words = claim.text
    if _CONDITIONAL.search(words) or _SCOPE.search(words):
        return
    if _NEGATED.search(words):
        yield from _affirmed(claim)
        return
    for pattern in (_BE, _HAVE, _OWN):
        verb = _main(pattern, words)
        if verb and claim.certainty == "certain":
            denied = _DO[verb["verb"]] if pattern is _OWN else f"{verb['verb']} not"
            yield words[: verb.start()] + denied + words[verb.end() :]
            return


def _main(pattern: re.Pattern[str], words: str) -> re.Match[str] | None:
    """The first match of a verb that no word before it puts into another clause."""
    found = pattern.search(words)
    return None if found is None or _SUBORDINATE.search(words, 0, found.start()) else found


_DENIAL = re.compile(
    r"\b(is|are|was|were|will|would|did|do|does|has|have|had|must|could|can) ?not\b ?"
    r"|\b(has|have|had) (?:never|no) "
)


def _affirmed(claim: GoldClaim) -> Iterator[str]:
    words = claim.text
    found = _DENIAL.search(words)
    once = len(_NEGATED.findall(words)) == 1
    if found and once and not _SUBORDINATE.search(words, 0, found.start()):
        yield f"{words[: found.start()]}{found[1] or found[2]} {words[found.end() :]}"


_HEDGED = re.compile(
    r"\b(?:may|might|could|would|should|can|possibl[ey]|perhaps|probabl[ey]|likely|apparent(?:ly)?"
    r"|report\w*|alleg\w+|seem\w*|appear\w*|suspect\w*|principle|plan\w*|expect\w*|about|almost"
    r"|around|nearly|believed|thought|presum\w+|estimat\w+|potential\w*)\b",
    re.IGNORECASE,
)
_CERTAIN = {"is": "may be", "are": "may be", "was": "may have been", "were": "may have been"}
_CERTAIN |= {"will": "may", "has": "may have", "have": "may have", "had": "may have"}
_WEAK = re.compile(r"\b(?:may|might)(?= (?:be|have|not|\w+)\b)|\b(?:probably|possibly|perhaps) ")


def _hedge(claim: GoldClaim) -> Iterator[str]:
    """The verb of the main clause made a mere possibility, or the only hedge there is taken out."""
    words = claim.text
    if claim.type == "rule" or _CONDITIONAL.search(words):
        return
    hedges = _HEDGED.findall(words)
    if claim.certainty == "hedged" and len(hedges) == 1 and (weak := _WEAK.search(words)):
        sure = "will" if weak[0] in {"may", "might"} else ""
        yield words[: weak.start()] + sure + words[weak.end() :]
    elif claim.certainty == "certain" and not hedges and not _NEGATED.search(words):
        verb = next(filter(None, (_main(pattern, words) for pattern in (_BE, _HAVE))), None)
        if verb and verb["verb"] in _CERTAIN:
            yield words[: verb.start()] + _CERTAIN[verb["verb"]] + words[verb.end() :]


# Roles -----------------------------------------------------------------------------------------

_QUANTIFIER = r"(?:The|An?|Some|Any|All|Each|Every|No|Many|Most|Few|Both|Several|One)\b"
_NAME = (
    rf"(?!{_QUANTIFIER})(?:[A-Z][\w'’]*[^\W\dA-Z_]\b)"
    r"(?: (?:(?:of|the|de|&|and) )?[A-Z][\w'’]*[^\W\dA-Z_]\b)*+"
)
_ROLES = re.compile(
    rf"(?P<the>(?:The )?)(?P<one>{_NAME}) "
    r"(?P<verb>(?:was|were|is|are) [a-z]+(?:ed|en|t|d) by"
    r"|[a-z]+(?:ed|s|t|w|ve|de|d)(?: (?!the )[a-z]+)?) "
    rf"(?P<art>(?:the )?)(?P<other>{_NAME})"
    r"(?=[.,]| (?:in|on|at|by|for|to|of|from|with|after|as|down|a|an|\d|that)\b)"
)
_MUTUAL = re.compile(
    r"\b(?!.* by\Z)(?:me[et]ts?|met|join\w*|marr\w+|agree\w*|drew|and|faces?|with|is|are|was|were"
    r"|in|on|at|to|of|until|since|before|after|left|between|neighbour\w*|resembl\w+)\b"
)


def _swapped_roles(claim: GoldClaim) -> Iterator[str]:
    """Two names on either side of a verb that is not mutual, each in the place of the other."""
    words = claim.text
    found = _ROLES.match(words)
    if not found or _MUTUAL.search(found["verb"]) or _CONDITIONAL.search(words):
        return
    one, other = found["one"], found["other"]
    if re.search(rf"['’]|\b{_MONTH}\b", one + other) or words.count(one) + words.count(other) > 2:
        return
    rest = words[found.end() :]
    yield f"{found['art'].capitalize()}{other} {found['verb']} {found['the'].lower()}{one}{rest}"


EDITS: Mapping[str, Callable[[GoldClaim], Iterator[str]]] = {
    "number": _other_number,
    "date": _other_date,
    "opposite": _opposite,
    "negation": _negation,
    "hedge": _hedge,
    "swapped names": _swapped_roles,
}
"""By kind, what makes a claim false; nothing where no edit surely does."""
