"""claimbench: how good is a claim extractor.

The five-line library::

    from bench import evaluate, load_gold

    gold = load_gold("core", split="test")
    predictions = {i.article.id: my_extractor(i.article.text) for i in gold.items}
    card = evaluate(gold, predictions)
    print(card.claims.f1, {t: c.f1 for t, c in card.types.items()})
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.model import Claim, Gold, GoldClaim, Scorecard
    from bench.score import evaluate

__all__ = ["Claim", "Gold", "GoldClaim", "Scorecard", "evaluate", "load_gold"]


def load_gold(corpus: str = "core", split: str = "all") -> Gold:
    """The labelled articles of a corpus; ``split`` is train, dev, test or all.

    Raises UnknownName, or DataError if a file is not what it should be. Articles whose text has
    not been fetched are named in ``absent``.
    """
    from bench.gold import load
    from bench.store import find_places

    return load(corpus, find_places(), split)


def __getattr__(name: str) -> object:
    """Import the public names when they are used: the command line must start fast."""
    if name == "evaluate":
        from bench.score import evaluate

        return evaluate
    if name in __all__:
        import bench.model

        return getattr(bench.model, name)
    raise AttributeError(f"module 'bench' has no attribute {name!r}")
