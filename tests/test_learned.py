"""The system ``learned`` in this process, on the train and dev splits of the embedded corpus."""

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

FOLDER = Path(__file__).resolve().parent.parent / "systems" / "learned"
MODULES = ("candidates", "card", "choice", "extract", "lessons")
CARD = (FOLDER / "MODEL_CARD.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def learned():
    """The modules of the system by name; they leave with the last test."""
    before = set(sys.modules)
    sys.path.insert(0, str(FOLDER))
    try:
        yield SimpleNamespace(**{name: importlib.import_module(name) for name in MODULES})
    finally:
        sys.path.remove(str(FOLDER))
        for name in set(sys.modules) - before:
            if str(FOLDER) in str(getattr(sys.modules[name], "__file__", "")):
                del sys.modules[name]


@pytest.fixture(scope="module")
def items(learned):
    return learned.card.labelled("train")


@pytest.fixture(scope="module")
def system(learned, items):
    return learned.card.trained(items)


@pytest.fixture(scope="module")
def article(learned):
    return learned.card.labelled("dev")[0]["article"]


class TestChoice:
    def test_the_card_says_what_training_chooses(self, learned, system):
        for line in learned.card.chosen(system):
            assert line in CARD

    def test_the_card_lists_all_that_was_tried(self, learned, system):
        for choice in (system.claimhood, system.typing):
            assert set(learned.card.tried(choice)) <= set(CARD.splitlines())

    def test_the_chosen_scored_best(self, system):
        for choice in (system.claimhood, system.typing):
            assert choice.trials[0].score == max(trial.score for trial in choice.trials)
            assert choice.trials[0].model == str(choice.model.estimator["model"])

    def test_training_again_gives_the_same_claims(self, learned, items, system, article):
        again = learned.card.trained(items)
        assert again.threshold == system.threshold
        assert again.claimhood.trials == system.claimhood.trials
        assert again.extract(article) == system.extract(article)

    def test_no_article_is_on_both_sides_of_a_fold(self, learned):
        articles = [0, 0, 1, 2, 3, 4, 4, 5]
        folds = learned.choice.fold_of(articles)
        assert len({*zip(articles, folds, strict=True)}) == len(set(articles))
        assert set(folds) == set(range(learned.choice.FOLDS))

    @pytest.mark.parametrize("number", [0, 1])
    def test_too_few_articles_are_told(self, learned, items, number):
        with pytest.raises(ValueError, match=f"^{number} train articles: too few to learn from$"):
            learned.extract.Learned().train(items[:number])

    def test_articles_without_claims_are_too_few(self, learned, items):
        bare = [{**item, "claims": []} for item in items]
        with pytest.raises(ValueError, match="too few to learn from"):
            learned.extract.Learned().train(bare)

    def test_two_articles_are_enough_and_rare_types_are_left_out(self, learned, items):
        small = learned.card.trained(items[:2])
        types = [{claim["type"] for claim in item["claims"]} for item in items[:2]]
        assert set(small.typing.model.classes_) <= types[0] & types[1]
        assert small.extract(items[2]["article"])


class TestProbabilities:
    def test_they_are_probabilities(self, learned, system, article):
        examples = learned.lessons.read(article["text"]).examples
        for choice in (system.claimhood, system.typing):
            sure = choice.model.predict_proba(examples)
            assert ((sure >= 0) & (sure <= 1)).all()
            assert np.allclose(sure.sum(axis=1), 1)

    def test_confidence_is_at_or_above_the_threshold(self, system, article):
        confidences = [claim["confidence"] for claim in system.extract(article)]
        assert confidences
        assert all(round(system.threshold, 4) <= c <= 1 for c in confidences)

    def test_calibration_lowers_the_brier_score_on_unseen_articles(self, learned, items, system):
        """Against the naive reading of a margin or log-odds as a logit, or of raw shares."""
        from sklearn.model_selection import PredefinedSplit, cross_val_predict

        lessons = [learned.lessons.study(item) for item in items]
        for choice, data in (
            (system.claimhood, learned.lessons.claimhood(lessons)),
            (system.typing, learned.lessons.typing(lessons)),
        ):
            plain = choice.model.estimator
            method = "predict_proba" if hasattr(plain, "predict_proba") else "decision_function"
            folds = PredefinedSplit(learned.choice.fold_of(data.articles))
            raw = cross_val_predict(plain, data.examples, data.labels, cv=folds, method=method)
            if method == "decision_function":
                raw = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
            truth = np.array(data.labels)[:, None] == choice.model.classes_[None, :]
            calibrated = learned.choice.unseen(choice.model, data)
            assert ((calibrated - truth) ** 2).mean() < ((raw - truth) ** 2).mean()


class TestCandidates:
    @pytest.mark.parametrize(
        ("text", "clause"),
        [
            (
                "Ada Brock founded the mill. In 1976 she became its owner, and Brock sold it.",
                "In 1976 Ada Brock became its owner.",
            ),
            ("Its leader, Ada Brock, voted.", "Ada Brock is its leader."),
            ("The Oska Mill (a landmark) burned down.", "The Oska Mill is a landmark."),
        ],
    )
    def test_a_clause_stands_alone(self, learned, text, clause):
        found = [c.text for ways in learned.candidates.cuts(text) for way in ways for c in way]
        assert clause in found

    def test_a_sentence_that_is_one_clause_has_one_way(self, learned):
        assert [len(ways) for ways in learned.candidates.cuts("The mill burned down.")] == [1]

    def test_the_cut_that_promises_more_is_kept(self, learned):
        candidates = learned.lessons.read("The mill burned down, and the dam broke.")
        assert candidates.cuts == [[[0], [1, 2]]]
        assert candidates.kept(np.array([0.9, 0.6, 0.5]), 0.1) == [1, 2]
        assert candidates.kept(np.array([0.9, 0.6, 0.5]), 0.4) == [0]
        assert candidates.kept(np.array([0.3, 0.3, 0.3]), 0.4) == []


CLAIM = {
    "text": "Nine people died in Port Amarel.",
    "forms": ["The storm killed nine in Port Amarel."],
    "facts": [["nine", "9"]],
    "type": "numerical",
    "optional": False,
}


class TestLessons:
    @pytest.mark.parametrize(
        ("text", "states"),
        [
            ("In Port Amarel 9 people died.", 0),
            ("In Port Amarel 8 people died.", None),
            ("People died in Port Amarel.", None),
            ("Nine people had not died in Port Amarel.", None),
            ("Nine bridges fell.", None),
        ],
    )
    def test_a_clause_states_what_the_scorer_would_accept(self, learned, text, states):
        lesson = learned.lessons.study({"article": {"text": text}, "claims": [CLAIM]})
        assert lesson.states == [states]

    def test_f1_counts_a_claim_once_and_optional_ones_not_at_all(self, learned):
        text = "Nine people died in Port Amarel.\nIn Port Amarel nine people died.\nIt rained."
        lesson = learned.lessons.study({"article": {"text": text}, "claims": [CLAIM]})
        sure = np.array([0.9, 0.9, 0.2])
        assert learned.lessons.f1([lesson], sure, 0.5) == pytest.approx(2 / 3)
        other = {**CLAIM, "text": "It rained.", "forms": [], "facts": [], "optional": True}
        lesson = learned.lessons.study({"article": {"text": text}, "claims": [CLAIM, other]})
        assert learned.lessons.f1([lesson], sure, 0.1) == pytest.approx(2 / 3)
