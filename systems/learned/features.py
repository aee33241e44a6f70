"""What the classifiers see of a wording: facts by name, and stems with pairs of words."""

import re
from itertools import pairwise
from typing import NamedTuple

from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer

from bench.text import Reading, content_key, counted, type_of

from clauses import VERB, Clause

_NAME = re.compile(r"\s[A-Z]\w")
_PRONOUNS = frozenset(
    "he she it they we i you this that these those there his her its their".split()
)
_BE = frozenset("is are was were be been being am".split())
# What the guidelines ask of each type, apart from numbers; two cues in one wording are both seen.
_CUES = {
    "norm": re.compile(
        r"\b(?:law|decree|charter|code|ruling|contract|statute|requir\w+|forbid\w*|allow\w*|"
        r"permit\w*|licen[cs]\w+|oblig\w+|entitle\w*|penalty|fine of|only if|may not)\b"
    ),
    "cause": re.compile(
        r"\b(?:because|caus\w+|led to|due to|thanks to|result\w*|help\w*|prevent\w*|forc\w+|"
        r"explain\w*|trigger\w*)\b"
    ),
    "outlook": re.compile(r"\b(?:will|would|may|might|could|shall|expected|plans?|due|to be)\b"),
    "comparison": re.compile(
        r"\b(?:first|only|record|than|more|most|less|least|fewer|main|\w{3,}est)\b"
    ),
    "stance": re.compile(
        r"\b(?:call(?:s|ed)|demand\w*|urg(?:es?|ed)|oppos\w+|welcom\w+|condemn\w*|critici[sz]\w+|"
        r"prais\w+|blam\w+|reject\w*|refus\w+|declin\w+|disput\w+|den(?:y|ies|ied)|insist\w*|"
        r"argued|thinks?|wants?|should|must|unfair|too|better|wrong|good|bad)\b"
    ),
}
_NO_COUNT = re.compile(r"\b(?:\d{1,2}[.:]\d{2}(?: ?[ap]m)?|\d{1,2} ?[ap]m|[\w-]+-year-olds?)\b")


class Example(NamedTuple):
    """A wording read once: ``facts`` by name, ``stems`` with pairs of neighbouring words."""

    text: str
    facts: dict[str, float]
    stems: list[str]


def of_wording(text: str) -> Example:
    """A wording by itself: its type hangs on nothing else."""
    reading = Reading(text)
    verbs = [match[0] for match in VERB.finditer(text)]
    passive = len(verbs) > 1 and verbs[0] in _BE and verbs[1].endswith("ed")
    facts = {
        f"type by cue: {type_of(text)}": 1.0,
        f"first verb: {verbs[0] if verbs else ''}": 1.0,
        "first verb is past": float(bool(verbs) and verbs[0].endswith("ed")),
        "first verb is be": float(bool(verbs) and verbs[0] in _BE),
        "passive": float(passive),
        "counts": float(bool(counted(_NO_COUNT.sub(" ", text)))),
        "negated": float(reading.negated),
        **{name: float(bool(cue.search(text))) for name, cue in _CUES.items()},
    }
    stems = [content_key(word) or word for word in reading.words if not word[0].isdigit()]
    return Example(text, facts, stems + [f"{a} {b}" for a, b in pairwise(reading.words)])


def of_clause(clause: Clause, sentence: str, place: float) -> Example:
    """A clause out of a ``sentence`` whose place in the article is from 0 (top) to 1 (end)."""
    text = clause.text
    alone = of_wording(text)
    words = Reading(text).words
    opening = words[0] if words else ""
    facts = {
        # a few hundred clauses are too few to learn from single verbs what is worth saying
        **{name: value for name, value in alone.facts.items() if not name.startswith("first")},
        f"opens {opening}": 1.0,
        "opens with a pronoun": float(opening in _PRONOUNS),
        "pronouns": float(sum(word in _PRONOUNS for word in words)),
        "no verb": float(not VERB.search(text)),
        "credited": float(clause.source is not None),
        "quoted": float(clause.quoted),
        "quotation marks": float(bool(re.search('[“”"]', text))),
        "name": float(bool(_NAME.search(text))),
        "names": min(len(_NAME.findall(text)), 4) / 4,
        "question": float(text.endswith("?")),
        "whole sentence": float(text == sentence),
        "share of the sentence": len(text) / len(sentence),
        "commas": min(text.count(","), 4) / 4,
        "place": place,
        **{f"longer than {n} words": float(len(words) > n) for n in (4, 8, 12, 16, 20, 25)},
    }
    return alone._replace(facts=facts)


def union() -> FeatureUnion:
    """Both sets of features by name; a search may drop one."""
    facts = make_pipeline(FunctionTransformer(_facts), DictVectorizer())
    return FeatureUnion([("facts", facts), ("stems", TfidfVectorizer(analyzer=_stems))])


def _facts(examples: list[Example]) -> list[dict[str, float]]:
    return [example.facts for example in examples]


def _stems(example: Example) -> list[str]:
    return example.stems
