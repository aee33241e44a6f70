"""Choosing features and model on unseen articles, and making probabilities of its scores."""

from collections import Counter
from typing import NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, PredefinedSplit, cross_val_predict
from sklearn.naive_bayes import ComplementNB
from sklearn.pipeline import Pipeline
from sklearn.svm import LinearSVC

from features import union
from lessons import Labelled

FOLDS = 4
CALIBRATION_FOLDS = 3

MODELS = [
    LogisticRegression(C=0.1, class_weight="balanced", max_iter=1000),
    LinearSVC(C=0.1, class_weight="balanced", random_state=0),
    LinearSVC(C=1.0, class_weight="balanced", random_state=0),
    ComplementNB(),
]
GRID = [
    {"features__stems": ["drop"], "model": MODELS},
    {"model": MODELS},
]


class Trial(NamedTuple):
    """One point of the grid and its mean score over the folds."""

    features: str
    model: str
    score: float


class Choice(NamedTuple):
    """The model that cross-validation has chosen, and all that it tried, the best first."""

    model: CalibratedClassifierCV
    trials: list[Trial]


def enough(data: Labelled) -> Labelled | None:
    """The examples of all labels that can be learned from; None if fewer than two can.

    Whichever fold is left out, there must be enough of a label to calibrate it on the rest.
    """
    in_all = Counter(data.labels)
    in_fold = Counter(zip(data.labels, fold_of(data.articles), strict=True))
    learnable = {
        label
        for label, number in in_all.items()
        if number - max(in_fold[label, fold] for fold in range(FOLDS)) >= CALIBRATION_FOLDS
    }
    rows = [row for row in zip(*data, strict=True) if row[1] in learnable]
    return Labelled(*map(list, zip(*rows, strict=True))) if len(learnable) > 1 else None


def choose(data: Labelled, scoring: str) -> Choice:
    """The best of ``GRID`` by the mean ``scoring`` over folds of whole articles, calibrated.

    Each class gets a sigmoid of its own, fitted to scores of articles that the model had not
    seen; the model itself is then fitted on all of them.
    """
    folds = _split(data)
    pipeline = Pipeline([("features", union()), ("model", MODELS[0])])
    search = GridSearchCV(pipeline, GRID, scoring=scoring, cv=folds, refit=False)
    search.fit(data.examples, data.labels)
    results = zip(search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True)
    trials = [_trial(clone(pipeline).set_params(**params), score) for params, score in results]
    model = CalibratedClassifierCV(
        pipeline.set_params(**search.best_params_), method="sigmoid", cv=folds, ensemble=False
    )
    return Choice(
        model.fit(data.examples, data.labels), sorted(trials, key=lambda trial: -trial.score)
    )


def _trial(pipeline: Pipeline, score: float) -> Trial:
    used = [name for name, step in pipeline["features"].transformer_list if step != "drop"]
    return Trial(" + ".join(used), str(pipeline["model"]), float(score))


def fold_of(articles: list[int]) -> list[int]:
    """The fold of each article: they take turns, so that every fold has its share of a corpus."""
    return [number % FOLDS for number in articles]


def _split(data: Labelled) -> PredefinedSplit:
    return PredefinedSplit(fold_of(data.articles))


def unseen(model: CalibratedClassifierCV, data: Labelled) -> np.ndarray:
    """Calibrated probabilities of each example by models that have seen nothing of its fold."""
    calibrated = clone(model).set_params(cv=CALIBRATION_FOLDS)
    return cross_val_predict(
        calibrated, data.examples, data.labels, cv=_split(data), method="predict_proba"
    )
