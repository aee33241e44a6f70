"""Print the tables of MODEL_CARD.md: ``python systems/learned/card.py``.

They are those of the embedded corpus: its train split, and its dev split for reliability.
"""

import json
import sys
from collections.abc import Iterator

import numpy as np

from bench import load_gold
from bench.systems import training

from choice import FOLDS, Choice
from extract import Learned
from features import of_wording
from lessons import Lesson, claimhood, study

BINS = 5


def labelled(split: str) -> list[dict]:
    """The labelled articles of a split of ``core`` as a system is handed them."""
    lines = training(load_gold("core", split).items).splitlines()
    return [json.loads(line)["train"] for line in lines[:-1]]


def trained(items: list[dict]) -> Learned:
    """The system after it was handed ``items``."""
    system = Learned()
    system.train(items)
    return system


def chosen(system: Learned) -> list[str]:
    """What cross-validation chose."""
    rows = ["| | features | model | mean over folds |", "|---|---|---|---|"]
    for task, measure, choice in (
        ("claimhood", "ROC AUC", system.claimhood),
        ("type", "macro-F1", system.typing),
    ):
        best = choice.trials[0]
        rows.append(f"| {task} | {best.features} | `{best.model}` | {measure} {best.score:.2f} |")
    return [*rows, "", f"Threshold on the probability of being a claim: {system.threshold:.2f}."]


def tried(choice: Choice) -> list[str]:
    """Every point of the grid, the best first."""
    rows = [f"| {t.features} | `{t.model}` | {t.score:.2f} |" for t in choice.trials]
    return ["| features | model | score |", "|---|---|---|", *rows]


def calibration(items: list[dict]) -> list[str]:
    """Brier scores and calibration errors on train articles that training had not seen at all."""
    held_out = [[*_held_out(items, fold)] for fold in range(FOLDS)]
    sure, right = (np.concatenate(part) for part in zip(*(h[0] for h in held_out), strict=True))
    rows = [_row("is a claim", sure, right)]
    types = sorted({kind for h in held_out for kind in h[1]})
    for kind in types:
        pairs = [h[1][kind] for h in held_out if kind in h[1]]
        sure, right = (np.concatenate(part) for part in zip(*pairs, strict=True))
        rows.append(_row(kind, sure, right))
    return [
        "| | n | share | Brier | Brier of the share | ECE |",
        "|---|---|---|---|---|---|",
        *rows,
    ]


def reliability(system: Learned, lessons: list[Lesson]) -> list[str]:
    """How often clauses of a given probability do state a gold claim."""
    sure, right = _claimhood(system, lessons)
    rows = [
        f"| {low:.1f} to {low + 1 / BINS:.1f} | {inside.sum()} "
        f"| {sure[inside].mean():.2f} | {right[inside].mean():.2f} |"
        for low, inside in _bins(sure)
    ]
    head = ["| probability | clauses | mean | state a claim |", "|---|---|---|---|"]
    return [*head, *rows, "", f"Brier {_brier(sure, right):.3f}, ECE {_ece(sure, right):.3f}."]


Judged = tuple[np.ndarray, np.ndarray]
"""Probabilities, and for each whether what it is of was so."""


def _held_out(items: list[dict], fold: int) -> Iterator[Judged | dict[str, Judged]]:
    """Of the articles of a fold: clauses as claims, then the clauses that are by type."""
    system = trained([item for number, item in enumerate(items) if number % FOLDS != fold])
    lessons = [study(item) for item in items[fold::FOLDS]]
    yield _claimhood(system, lessons)
    stated = [
        (of_wording(text), claim["type"])
        for lesson in lessons
        for claim, texts in lesson.stated()
        for text in texts
    ]
    kinds = np.array([kind for _, kind in stated])
    sure = system.typing.model.predict_proba([example for example, _ in stated])
    classes = map(str, system.typing.model.classes_)
    yield {kind: (sure[:, at], kinds == kind) for at, kind in enumerate(classes)}


def _claimhood(system: Learned, lessons: list[Lesson]) -> Judged:
    data = claimhood(lessons)
    return system.claimhood.model.predict_proba(data.examples)[:, 1], np.array(data.labels)


def _row(name: str, sure: np.ndarray, right: np.ndarray) -> str:
    share = right.mean()
    return (
        f"| {name} | {len(right)} | {share:.2f} | {_brier(sure, right):.3f} "
        f"| {share * (1 - share):.3f} | {_ece(sure, right):.3f} |"
    )


def _brier(sure: np.ndarray, right: np.ndarray) -> float:
    return float(((sure - right) ** 2).mean())


def _ece(sure: np.ndarray, right: np.ndarray) -> float:
    """Expected calibration error: |mean probability - share|, weighted by the size of its bin."""
    gaps = (abs(sure[i].mean() - right[i].mean()) * i.mean() for _, i in _bins(sure))
    return float(sum(gaps))


def _bins(sure: np.ndarray) -> list[tuple[float, np.ndarray]]:
    """Lower edge and mask of each bin of equal width that is not empty."""
    number = np.minimum((sure * BINS).astype(int), BINS - 1)
    return [(at / BINS, number == at) for at in np.unique(number)]


def main() -> None:
    """Print every table."""
    items = labelled("train")
    system = trained(items)
    for title, table in (
        ("What was chosen", chosen(system)),
        ("All that was tried: claimhood", tried(system.claimhood)),
        ("All that was tried: type", tried(system.typing)),
        ("Calibration on unseen train articles", calibration(items)),
        ("Reliability on dev", reliability(system, [study(item) for item in labelled("dev")])),
    ):
        sys.stdout.write("\n".join([f"### {title}", "", *table, "", ""]))


if __name__ == "__main__":
    main()
