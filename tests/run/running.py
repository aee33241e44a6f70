"""Makers for tests that run systems."""

from pathlib import Path

from msgspec.structs import replace

from bench import systems
from bench.model import Article
from bench.run import run

TESTS = Path(__file__).resolve().parent.parent
SYSTEMS = TESTS / "fixtures" / "systems"


def article(name, title="good", text="Boats left."):
    return Article(id=name, title=title, date="2031-05-06", text=text, split="test", corpus="core")


def system(name, **changes):
    return replace(systems.load(SYSTEMS / name), **changes)


def answers(spec, articles, folder, **options):
    """Run and give back what is on disk, by article, after checking that it is all told."""
    heard = {}
    summary = run(
        spec,
        articles,
        options.pop("train", []),
        folder,
        corpus="core",
        on_result=lambda record: heard.update({record.article_id: record}),
        **options,
    )
    assert [record.article_id for record in summary.extractions] == [a.id for a in articles]
    found = {record.article_id: record for record in summary.extractions}
    assert heard.items() <= found.items()
    assert len(heard) == len(articles) - summary.kept
    return found


def texts(record):
    return [claim.text for claim in record.claims]
