"""Commands on the gold: check, fetch, audit, export."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bench.cli import shared
from bench.model import DataError, GateFailed, GoldClaim

if TYPE_CHECKING:
    from bench.audit import Agreement
    from bench.gold import Corpus
    from bench.report import Table
    from bench.store import Places

Corpora = Annotated[
    list[str] | None, typer.Argument(metavar="CORPUS", help="Corpora (default: all)")
]


def check(
    corpora: Corpora = None,
    fix: Annotated[
        bool,
        typer.Option("--fix", help="First turn quoted spans into offsets and number the claims"),
    ] = False,
) -> None:
    """Check the gold; tell every problem by file, line and field."""
    from bench import gold

    places = shared.places()
    stuck: list[object] = []
    if fix:
        changed, obstacles = gold.fix_all(places, corpora)
        stuck += obstacles
        for path in changed:
            typer.echo(f"{path}: fixed")
    problems = list(dict.fromkeys([*stuck, *gold.check(places, corpora)]))
    for problem in problems:
        typer.echo(str(problem))
    errors = sum(getattr(problem, "severity", "error") == "error" for problem in problems)
    if errors:
        raise GateFailed(
            f"the gold has {shared.count(errors, 'error')}",
            hint="mend the lines above, then claimbench check",
        )
    missing = gold.absent(places, corpora)
    for name in shared.corpus_names(corpora, places):
        typer.echo(_state(gold.find_corpus(name, places), missing.get(name, ()), places))
    if problems:
        typer.echo(shared.count(len(problems), "warning"))


def _state(corpus: Corpus, missing: Sequence[str], places: Places) -> str:
    from bench.gold import read_claims

    claims = sum(len(read_claims(corpus.labels(entry.id))) for entry in corpus.article)
    articles = shared.count(len(corpus.article), "article")
    line = f"{corpus.name} {corpus.version}: {articles}, {shared.count(claims, 'claim')}, no errors"
    if not missing:
        return line
    return f"{line}; {shared.absence(missing)}; next: {shared.how_to_fetch(corpus.name, places)}"


def fetch(
    corpus: Annotated[
        str, typer.Argument(metavar="CORPUS", help="Corpus whose texts the project does not hold")
    ],
    source: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="DIR", help="Folder with your own copies, known by their content"
        ),
    ] = None,
    mirror: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Download from this address instead (folder of the files)"
        ),
    ] = None,
) -> None:
    """Bring in the texts of a corpus and verify each by its hash."""
    from bench import gold

    places = shared.places()
    with shared.byte_progress() as progress:
        report = gold.fetch(
            gold.find_corpus(corpus, places), places, source, mirror, progress=progress
        )
    typer.echo(
        f"{corpus}: {shared.count(len(report.fetched), 'article')} fetched, "
        f"{len(report.kept)} already there, in {places.cache / corpus}"
    )


def audit(
    corpora: Corpora = None,
    matcher: shared.MatcherName = "keyed",
    agreement: Annotated[
        bool, typer.Option("--agreement", help="The annotators' agreement before adjudication")
    ] = False,
) -> None:
    """Attack the scorer, or measure how far the annotators agreed."""
    places = shared.places()
    if agreement:
        _print_agreement(places, corpora)
    else:
        _print_attacks(places, corpora, matcher)


def _print_attacks(places: Places, corpora: list[str] | None, matcher: str) -> None:
    from bench import gold
    from bench.audit import attack
    from bench.matching import matcher_named

    chosen = matcher_named(matcher)
    lost = 0
    for name in shared.corpus_names(corpora, places):
        labelled = gold.load(name, places)
        if not labelled.items:
            lack, command = shared.absence(labelled.absent), shared.how_to_fetch(name, places)
            typer.echo(f"{name}: not attacked: {lack}; next: {command}")
            continue
        typer.echo(f"{name}, {chosen!r}:")
        for finding in attack(labelled, chosen):
            typer.echo(f"  {'PASS' if finding.passed else 'FAIL'} {finding.attack}")
            if finding.detail:
                typer.echo(f"       {finding.detail}")
            lost += not finding.passed
    if lost:
        raise GateFailed(
            f"{shared.count(lost, 'attack')} succeeded: the scorer cannot be trusted",
            hint="the lines that begin with FAIL say where it gives in",
        )


def _print_agreement(places: Places, corpora: list[str] | None) -> None:
    from bench import gold
    from bench.audit import agreement
    from bench.report import terminal

    names = shared.corpus_names(corpora, places)
    by_corpus = {name: _first_pass(gold.find_corpus(name, places).name, places) for name in names}
    measured = {n: agreement(a, b) for n, (a, b) in by_corpus.items() if a.keys() & b.keys()}
    if not measured:
        raise DataError(f"{', '.join(names)}: found no articles that two annotators labelled")
    if len(measured) > 1:
        a, b = ({k: v for pair in by_corpus.values() for k, v in pair[i].items()} for i in (0, 1))
        measured["all"] = agreement(a, b)
    terminal([_agreement_table(measured), _agreement_types(measured)])


def _first_pass(
    corpus: str, places: Places
) -> tuple[dict[str, tuple[GoldClaim, ...]], dict[str, tuple[GoldClaim, ...]]]:
    """The raw labels of annotators A and B by article."""
    from bench.gold import read_claims

    a, b = (
        {
            path.stem: read_claims(path)
            for folder in places.gold
            for path in sorted((folder / "annotators" / who / corpus).glob("*.jsonl"))
        }
        for who in ("A", "B")
    )
    return a, b


def _agreement_table(measured: dict[str, Agreement]) -> Table:
    from bench.report import Table, ratio

    return Table(
        title="Agreement of two annotators before adjudication",
        columns=(
            *("corpus", "articles", "A", "B", "claim F1", "reverse", "type kappa"),
            *("source", "polarity", "certainty", "central"),
        ),
        rows=tuple(
            (
                name,
                str(m.articles),
                str(m.claims.tp + m.claims.fn),
                str(m.claims.tp + m.claims.fp),
                ratio(m.claims.f1),
                ratio(m.reverse.f1),
                ratio(m.type_kappa),
                *map(ratio, (m.source, m.polarity, m.certainty, m.central)),
            )
            for name, m in measured.items()
        ),
        notes=(
            "claim F1: B's claims against A's by the default matcher over all forms, optional "
            "claims set aside; reverse: A's against B's",
            "kappa (Cohen) and shares of equal labels: over the aligned pairs",
        ),
    )


def _agreement_types(measured: dict[str, Agreement]) -> Table:
    from bench.report import Table, ratio

    name, last = list(measured.items())[-1]
    return Table(
        title="By type, all corpora together" if name == "all" else f"By type, {name}",
        columns=("type", "A", "B", "both", "F1"),
        rows=tuple(
            (kind, str(c.tp + c.fn), str(c.tp + c.fp), str(c.tp), ratio(c.f1))
            for kind, c in last.types.items()
        ),
    )


def _may_be_passed_on(corpus: str, places: Places) -> bool:
    """Whether the texts are ours or published; says so where they are a user's own copy."""
    from bench.gold import find_corpus

    found = find_corpus(corpus, places)
    if found.text == "held" or found.file:
        return True
    shared.note(
        f"{corpus}: not exported: its texts may not be passed on; for your own use: "
        f"--corpus {corpus}"
    )
    return False


def export(
    form: Annotated[
        Literal["hf", "csv"],
        typer.Argument(metavar="hf|csv", help="For Hugging Face datasets, or as tables"),
    ],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder to write")],
    corpora: Annotated[
        list[str] | None,
        typer.Option("--corpus", metavar="NAME", help="Corpus, may be repeated (default: all)"),
    ] = None,
) -> None:
    """Write the gold as a data set that other tools read."""
    from bench import gold

    places = shared.places()
    golds = [gold.load(name, places) for name in shared.corpus_names(corpora, places)]
    for missing in (g for g in golds if g.absent):
        lack, command = shared.absence(missing.absent), shared.how_to_fetch(missing.corpus, places)
        shared.note(f"{missing.corpus}: not exported: {lack}; next: {command}")
    if not corpora:
        golds = [g for g in golds if g.items and _may_be_passed_on(g.corpus, places)]
    if form == "hf":
        gold.export_hf(golds, folder, places)
        names = ", ".join(g.corpus for g in golds)
        typer.echo(f"{folder}: datasets.load_dataset({str(folder)!r}, NAME) with NAME of {names}")
        return
    for labelled in golds:
        gold.export_csv(labelled, folder / labelled.corpus, places)
        typer.echo(f"{folder / labelled.corpus}: articles.csv, claims.csv")
