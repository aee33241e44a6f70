import re

from bench.text import numbers, type_of

from clauses import Clause, clauses, has_verb

_NAME = re.compile(r"(?<=\s)[A-Z]\w+")
_DATE = re.compile(
    r"\b(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June|July|"
    r"August|September|October|November|December|yesterday|today|tomorrow|last|next|since|[12]\d{3})\b"
)
_MODAL = re.compile(r"\b(?:will|would|may|might|could|should|must|plans?|expected|likely)\b")
_HAPPENING = re.compile(r"\b(?:was|were|had|has|have|is|are|[a-z]{3,}ed)\b")
_CUES = (_NAME, _DATE, _MODAL, _HAPPENING)

_TALK = re.compile(
    r"\b(?:thank\w*|congratulat\w+|hopes? (?:that|to)|I|my|you|let us|let's)\b|[?!]$"
)

_STANCE = re.compile(
    r"\b(?:call(?:s|ed) on|demand\w*|urg(?:es?|ed)|oppos\w+|welcom\w+|condemn\w*|critici[sz]\w+|"
    r"prais\w+|blam(?:es?|ed)|reject(?:s|ed)|refus(?:es?|ed)|declin(?:es?|ed)|disput(?:es?|ed)|"
    r"appeal(?:s|ed)|insist\w*|support(?:s|ed)|call(?:s|ed) (?:the|it|for)|must|should|"
    r"unfair|grave|disgrace|convincing)\b"
)
_SETTLED = ("rule", "causal")  # earlier in the decision list than a stance, whatever the speaker


class Cues:
    """Clauses that hold something to check: a name, number, date, modal verb or happening."""

    def extract(self, article: dict) -> list[dict]:
        found = {}
        for clause in clauses(article["text"]):
            if _worth_checking(clause):
                claim = _claim(clause)
                found.setdefault(claim["text"], claim)
        return list(found.values())


def _worth_checking(clause: Clause) -> bool:
    words = clause.text.split()
    if len(words) < 4 or not has_verb(clause.text) or _TALK.search(clause.text):
        return False
    return bool(numbers(clause.text)) or any(cue.search(clause.text) for cue in _CUES)


def _claim(clause: Clause) -> dict:
    kind = type_of(clause.text)
    if kind not in _SETTLED and _STANCE.search(clause.text):
        kind = "position"
    text = clause.as_position() if kind == "position" else clause.text
    return {"text": text, "type": kind, "source": clause.source, "spans": [list(clause.span)]}
