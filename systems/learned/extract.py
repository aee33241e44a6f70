import numpy as np

from choice import choose, enough, unseen
from clauses import Clause
from features import of_wording
from lessons import claimhood, f1, read, study, typing

THRESHOLDS = np.linspace(0.1, 0.6, 11)


class Learned:
    """Two classifiers: whether a clause is a claim, and of which type.

    The first learns from the clauses of the train articles, the second from the wordings of
    their gold claims. Whole sentences and the clauses that they are cut into compete; of each
    sentence the cut that promises more claims is kept. The confidence of a claim is the
    probability that the gold has it.
    """

    def train(self, labelled: list) -> None:
        """Choose and fit both; raises ValueError if cross-validation has too few articles."""
        lessons = [study(item) for item in labelled]
        clauses, wordings = enough(claimhood(lessons)), enough(typing(lessons))
        if not clauses or not wordings:
            raise ValueError(f"{len(labelled)} train articles: too few to learn from")
        self.claimhood = choose(clauses, "roc_auc")
        self.typing = choose(wordings, "f1_macro")
        sure = unseen(self.claimhood.model, clauses)[:, 1]
        self.threshold = float(max(THRESHOLDS, key=lambda at: f1(lessons, sure, at)))

    def extract(self, article: dict) -> list:
        candidates = read(article["text"])
        if not candidates.clauses:
            return []
        sure = self.claimhood.model.predict_proba(candidates.examples)[:, 1]
        found = {}
        for index in candidates.kept(sure, self.threshold):
            claim = self._claim(candidates.clauses[index], float(sure[index]))
            found.setdefault(claim["text"], claim)
        return list(found.values())

    def _claim(self, clause: Clause, confidence: float) -> dict:
        kind = str(self.typing.model.predict([of_wording(clause.text)])[0])
        return {
            "text": clause.as_position() if kind == "position" else clause.text,
            "type": kind,
            "source": clause.source,
            "spans": [list(clause.span)],
            "confidence": round(confidence, 4),
        }
