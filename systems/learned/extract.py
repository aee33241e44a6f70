import re
from itertools import groupby, pairwise

from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline

from bench.text import content_key, tokens, type_of

from clauses import Clause, clauses, has_verb

STRENGTHS = (0.01, 0.1, 1.0)
FOLDS = 4
SAME = 0.6  # overlap of content words from which a clause counts as stating a gold claim


class Learned:
    """Two classifiers over clauses: whether one is a claim, and of which type.

    The first learns from the clauses of the train articles, the second from the wordings of
    their gold claims. Whole sentences and the clauses that they are cut into compete; of each
    sentence, the cut with the higher mean probability of being claims is kept.
    """

    def train(self, labelled: list) -> None:
        clauses_seen, is_claim, wordings, types, origin = [], [], [], [], []
        for number, item in enumerate(labelled):
            for clause in _candidates(item["article"]["text"]):
                clauses_seen.append(_features(clause))
                is_claim.append(_states_any(clause.text, item["claims"]))
            for claim in item["claims"]:
                for wording in (claim["text"], *claim["forms"]):
                    wordings.append(_wording_features(wording))
                    types.append(claim["type"])
                    origin.append(number)
        if len(set(is_claim)) < 2 or len(set(types)) < 2:
            raise ValueError(f"{len(labelled)} train articles: too few to learn from")
        self._claimhood = _model(0.3).fit(clauses_seen, is_claim)
        strength = _best_strength(wordings, types, origin)
        self._typing = _model(strength, class_weight="balanced").fit(wordings, types)

    def extract(self, article: dict) -> list:
        found = {}
        for _, group in groupby(_candidates(article["text"]), key=lambda clause: clause.span):
            for clause, confidence in self._best_cut(list(group)):
                claim = self._claim(clause, confidence)
                found.setdefault(claim["text"], claim)
        return list(found.values())

    def _best_cut(self, candidates: list) -> list:
        """(clause, probability of being a claim) of the cut that promises more claims."""
        sure = self._claimhood.predict_proba([_features(c) for c in candidates])[:, 1]
        scored = list(zip(candidates, map(float, sure), strict=True))
        cuts = [cut for cut in (scored[:1], scored[1:]) if cut]
        best = max(cuts, key=lambda cut: sum(p - 0.5 for _, p in cut))
        return [(clause, p) for clause, p in best if p >= 0.5]

    def _claim(self, clause: Clause, confidence: float) -> dict:
        kind = str(self._typing.predict([_wording_features(clause.text)])[0])
        return {
            "text": clause.as_position() if kind == "position" else clause.text,
            "type": kind,
            "source": clause.source,
            "spans": [list(clause.span)],
            "confidence": round(confidence, 4),
        }


def _model(strength: float, class_weight: str | None = None) -> Pipeline:
    return make_pipeline(
        DictVectorizer(), LogisticRegression(C=strength, max_iter=2000, class_weight=class_weight)
    )


def _best_strength(examples: list, labels: list, articles: list) -> float:
    """The inverse regularisation that types wordings of unseen articles best."""
    known = len(set(articles))
    if known < 2:
        return STRENGTHS[0]
    folds = GroupKFold(min(known, FOLDS))
    scores = {
        strength: cross_val_score(
            _model(strength, class_weight="balanced"),
            examples,
            labels,
            groups=articles,
            cv=folds,
            scoring="accuracy",
        ).mean()
        for strength in STRENGTHS
    }
    return max(scores, key=scores.get)


def _candidates(text: str) -> list:
    """Each sentence as one clause, then the clauses it is cut into if they are others."""
    found = []
    for span, group in groupby(clauses(text), key=lambda clause: clause.span):
        parts = list(group)
        whole = text[slice(*span)]
        found.append(Clause(whole, span))
        found += [part for part in parts if part.text != whole]
    return found


def _states_any(text: str, claims: list) -> bool:
    """Whether the text is close to some wording of a gold claim."""
    return any(
        _overlap(text, wording) >= SAME
        for claim in claims
        for wording in (claim["text"], *claim["forms"])
    )


def _overlap(one: str, other: str) -> float:
    a, b = _content(one), _content(other)
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0


def _content(text: str) -> set:
    return {content_key(word) for word in tokens(text)} - {""}


def _wording_features(text: str) -> dict:
    words = tokens(text)
    stems = [content_key(word) or word for word in words if not word[0].isdigit()]
    return {
        **{f"word {stem}": 1.0 for stem in stems},
        **{f"pair {a} {b}": 1.0 for a, b in pairwise(words)},
        f"cue {type_of(text)}": 10.0,
        "number": float(any(word[0].isdigit() for word in words)),
    }


def _features(clause: Clause) -> dict:
    words = tokens(clause.text)
    return {
        f"cue {type_of(clause.text)}": 1.0,
        f"opens {words[0] if words else ''}": 1.0,
        "number": float(any(word[0].isdigit() for word in words)),
        "verb": float(has_verb(clause.text)),
        "credited": float(clause.source is not None),
        "quoted": float(clause.quoted),
        "name": float(bool(re.search(r"\s[A-Z]\w", clause.text))),
        "question": float(clause.text.endswith("?")),
        **{f"length {n}": float(len(words) > n) for n in (4, 8, 12, 16, 20, 25)},
    }
