"""Commands on the gold: check, fetch, audit, export."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bench.cli import shared
from bench.cli.meta import audit_pairs
from bench.model import ANNOTATORS, TYPES, ClaimbenchError, Counts, DataError, GateFailed, GoldClaim

if TYPE_CHECKING:
    from bench.audit import Agreement, Estimate, Finding, Measurement, Part
    from bench.gold import Corpus
    from bench.report import Measure, Table
    from bench.store import Places

Labels = dict[str, tuple[GoldClaim, ...]]

Corpora = Annotated[
    list[str] | None, typer.Argument(metavar="CORPUS", help="Corpora (default: all)")
]


def check(
    corpora: Corpora = None,
    fix: Annotated[
        bool,
        typer.Option("--fix", help="First turn quoted spans into offsets and number the claims"),
    ] = False,
    release: Annotated[
        bool, typer.Option("--release", help="Record the content of CORPUS under its version")
    ] = False,
) -> None:
    """Check the gold; tell every problem by file, line and field."""
    from bench import audit, gold

    places = shared.places()
    stuck: list[object] = []
    if fix:
        changed, obstacles = gold.fix_all(places, corpora)
        stuck += obstacles
        for path in changed:
            typer.echo(f"{path}: fixed")
    if release:
        _record(corpora, places)
    problems = list(dict.fromkeys([*stuck, *audit.check(places, corpora)]))
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


def _record(names: list[str] | None, places: Places) -> None:
    """Record releases of the corpora named: all of them, or none if any is not fit for it."""
    from bench import audit, gold

    if not names:
        raise ClaimbenchError("found --release without a CORPUS; expected the corpora to record")
    errors = [p for p in audit.check(places, names) if p.severity == "error"]
    unfit = [p for p in errors if p.field != "version"]
    for problem in unfit:
        typer.echo(str(problem))
    lacking = gold.absent(places, names)
    if unfit or lacking:
        found = shared.count(len(unfit), "error")
        for name, ids in lacking.items():
            found += f"; {name}: {shared.absence(ids)}"
        raise GateFailed(f"nothing is recorded: {found}", hint="mend or fetch, then again")
    for name in names:
        recorded = gold.release(gold.find_corpus(name, places))
        typer.echo(f"{name} {recorded.version}: {recorded.digest}, of {recorded.date}")


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
    pairs: Annotated[
        bool, typer.Option("--pairs", help="Every matcher's agreement with people's judgements")
    ] = False,
    part: Annotated[
        str, typer.Option(metavar="NAME", help="--pairs: test, dev or all judged pairs")
    ] = "test",
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="--pairs: what needs the article to be understood is no match"
        ),
    ] = False,
    json: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="--pairs: also write all numbers")
    ] = None,
    properties: Annotated[
        bool, typer.Option("--properties", help="The property proxies against readers' judgement")
    ] = False,
) -> None:
    """Attack the scorer, or measure annotators, matchers, proxies."""
    from bench.matching import DEFAULT, matcher_named

    if not pairs and (part != "test" or strict or json):
        raise ClaimbenchError("found --part, --strict or --json without --pairs; they go with it")
    if pairs + agreement + properties > 1:
        raise ClaimbenchError(
            "found several of --pairs, --agreement and --properties; expected one of them"
        )
    if properties and corpora:
        raise ClaimbenchError(
            f"found --properties with {', '.join(corpora)}; expected no corpus: the judged "
            "predictions are of all corpora"
        )
    if (properties or agreement) and matcher_named(matcher) != DEFAULT:
        raise ClaimbenchError(
            f"found --matcher {matcher} with --properties or --agreement; expected none: they are "
            "not measured by it"
        )
    places = shared.places()
    if pairs:
        audit_pairs(corpora, matcher, part, json, strict=strict)
    elif agreement:
        _print_agreement(places, corpora)
    elif properties:
        _print_properties(places)
    else:
        _print_attacks(places, corpora, matcher)


def _print_attacks(places: Places, corpora: list[str] | None, matcher: str) -> None:
    from bench import gold
    from bench.audit import attack, contradict, exhaust, trusted
    from bench.matching import matcher_named
    from bench.report import contradiction_table, terminal

    chosen = matcher_named(matcher)
    lost = _print_findings(f"small cases, {chosen!r}", exhaust(chosen))
    for name in shared.corpus_names(corpora, places):
        labelled = gold.load(name, places)
        if not labelled.items:
            lack, command = shared.absence(labelled.absent), shared.how_to_fetch(name, places)
            typer.echo(f"{name}: not attacked: {lack}; next: {command}")
            continue
        rejected = contradict(labelled, chosen)
        findings = (*attack(labelled, chosen), *trusted(rejected))
        lost += _print_findings(f"{name}, {chosen!r}", findings)
        terminal([contradiction_table(rejected, name)])
    if lost:
        raise GateFailed(
            f"{shared.count(lost, 'attack')} succeeded: scorer and matcher cannot be trusted",
            hint="the lines that begin with FAIL say where they give in",
        )


def _print_findings(title: str, findings: Sequence[Finding]) -> int:
    """Print what became of every attack; return how many succeeded."""
    typer.echo(f"{title}:")
    for finding in findings:
        typer.echo(f"  {'PASS' if finding.passed else 'FAIL'} {finding.attack}")
        if finding.detail:
            typer.echo(f"       {finding.detail}")
    return sum(not finding.passed for finding in findings)


def _print_agreement(places: Places, corpora: list[str] | None) -> None:
    from bench import gold
    from bench.audit import agreement
    from bench.report import terminal

    names = shared.corpus_names(corpora, places)
    a, b = ({n: gold.raw_labels(who, n, places) for n in names} for who in ANNOTATORS)
    final = {n: _final(gold.find_corpus(n, places)) for n in names}
    both = [n for n in names if a[n].keys() & b[n].keys()]
    if not both:
        raise DataError(f"{', '.join(names)}: found no articles that two annotators labelled")

    for name in (n for n in names if n not in both):
        shared.note(f"{name}: no articles that two annotators labelled")

    def measured(one: dict[str, Labels], two: dict[str, Labels]) -> dict[str, Agreement]:
        pairs = {n: (one[n], two[n]) for n in both}
        if len(both) > 1:
            pairs["all"] = (_merged(one, both), _merged(two, both))
        return {n: agreement(*labels) for n, labels in pairs.items()}

    first = measured(a, b)
    sides = dict(zip(ANNOTATORS, (measured(final, a), measured(final, b)), strict=True))
    terminal([_agreement_table(first), _agreement_types(first), _final_table(sides)])


def _print_properties(places: Places) -> None:
    from bench.audit import judged, measure
    from bench.report import terminal

    measured = measure(judged(places))
    if not measured:
        raise DataError(
            f"{places.gold[0]}: found no judged predictions; expected pairs/properties.jsonl"
        )
    terminal([_readers_table(measured), _proxies_table(measured)])


def _readers_table(measured: dict[tuple[str, Part], Measurement]) -> Table:
    from bench.report import Table

    return Table(
        title="Two readers of the same predictions",
        columns=("property", "part", "judged", "alike", "kappa"),
        rows=tuple(
            (
                name,
                part,
                str(m.readers.examples),
                *map(_estimate, (m.readers.accuracy, m.readers.kappa)),
            )
            for (name, part), m in measured.items()
        ),
        words=2,
    )


def _proxies_table(measured: dict[tuple[str, Part], Measurement]) -> Table:
    from bench.report import Table

    proxies = {key: m.proxy for key, m in measured.items() if m.proxy}
    return Table(
        title="Property proxies against readers, where these say the same",
        columns=(
            "property",
            "part",
            "judged",
            "lacking",
            "kappa",
            "accuracy",
            "P of no",
            "R of no",
        ),
        rows=tuple(
            (
                name,
                part,
                str(c.examples),
                str(c.lacking),
                *map(_estimate, (c.kappa, c.accuracy, c.precision, c.recall)),
            )
            for (name, part), c in proxies.items()
        ),
        notes=(
            "dev was looked at while the proxies were written, test was used once",
            "lacking: so many of these lack the property, as both readers say",
            "a property without a proxy has none that agrees with readers",
        ),
        words=2,
    )


def _final(corpus: Corpus) -> Labels:
    from bench.gold import read_claims

    return {entry.id: read_claims(corpus.labels(entry.id)) for entry in corpus.article}


def _merged(labels: dict[str, Labels], names: Sequence[str]) -> Labels:
    return {article: claims for name in names for article, claims in labels[name].items()}


_FIELDS = ("type_kappa", "source", "polarity", "certainty", "central")


def _agreement_table(measured: dict[str, Agreement]) -> Table:
    from bench.report import Table

    return Table(
        title="Agreement of two annotators before adjudication",
        columns=(
            *("corpus", "articles", "A", "B", "claim F1"),
            *(field.replace("_", " ") for field in _FIELDS),
        ),
        rows=tuple(
            (
                name,
                str(m.articles),
                str(m.claims.tp + m.claims.fn),
                str(m.claims.tp + m.claims.fp),
                *_estimates(m),
            )
            for name, m in measured.items()
        ),
        notes=(
            "claim F1: B's claims against A's by the default matcher over all forms, optional "
            f"claims set aside; A's against B's: {_reverse(measured)}",
            "kappa (Cohen) and shares of equal labels: over the aligned pairs",
            "in brackets 95 % intervals that resample articles",
        ),
    )


def _estimates(measured: Agreement) -> tuple[Measure, ...]:
    return tuple(_estimate(getattr(measured, field)) for field in ("claim_f1", *_FIELDS))


def _reverse(measured: dict[str, Agreement]) -> str:
    from bench.report import ratio

    return ", ".join(f"{name} {ratio(m.reverse.f1)}" for name, m in measured.items())


def _estimate(estimate: Estimate) -> Measure:
    from bench.report import Measure

    return Measure(estimate.value, estimate.low, estimate.high)


def _agreement_types(measured: dict[str, Agreement]) -> Table:
    from bench.report import Table

    return Table(
        title="F1 by type before adjudication, types having to agree",
        columns=("type", *measured, "A", "B", "both"),
        rows=tuple(
            (
                kind,
                *(_estimate(m.type_f1[kind]) for m in measured.values()),
                *_sides(list(measured.values())[-1].types[kind]),
            )
            for kind in TYPES
        ),
        notes=(f"A, B, both: claims of {list(measured)[-1]} so typed by A, by B, by both",),
    )


def _sides(counts: Counts) -> tuple[str, str, str]:
    return str(counts.tp + counts.fn), str(counts.tp + counts.fp), str(counts.tp)


def _final_table(sides: dict[str, dict[str, Agreement]]) -> Table:
    from bench.report import Table

    return Table(
        title="Each annotator against the adjudicated gold",
        columns=(
            *("annotator", "corpus", "claims", "claim F1"),
            *(field.replace("_", " ") for field in _FIELDS),
        ),
        rows=tuple(
            (
                who,
                name,
                str(m.claims.tp + m.claims.fp),
                *_estimates(m),
            )
            for who, measured in sides.items()
            for name, m in measured.items()
        ),
    )


def _may_be_passed_on(corpus: Corpus) -> bool:
    """Whether the texts are ours or published; says so where they are a user's own copy."""
    if corpus.text == "held" or corpus.file:
        return True
    shared.note(
        f"{corpus.name}: its texts stay out, as they may not be passed on; for your own use: "
        f"--corpus {corpus.name}"
    )
    return False


def export(
    form: Annotated[
        Literal["hf", "csv", "label-studio"],
        typer.Argument(
            metavar="hf|csv|label-studio",
            help="For Hugging Face datasets and Croissant, as tables, or to relabel by hand",
        ),
    ],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder to write")],
    corpora: Annotated[
        list[str] | None,
        typer.Option("--corpus", metavar="NAME", help="Corpus, may be repeated (default: all)"),
    ] = None,
    url: Annotated[
        str, typer.Option(metavar="URL", help="hf: where the data set will be published")
    ] = "",
    blank: Annotated[
        bool, typer.Option("--blank", help="label-studio: without the labels that there are")
    ] = False,
) -> None:
    """Write the gold as a data set that other tools read."""
    from bench import gold

    places = shared.places()
    found = [gold.find_corpus(name, places) for name in shared.corpus_names(corpora, places)]
    texts = {corpus: bool(corpora) or _may_be_passed_on(corpus) for corpus in found}
    missing = gold.absent(places, [corpus.name for corpus, may in texts.items() if may])
    for corpus in found:
        ids = missing.get(corpus.name, ())
        if ids and (form != "label-studio" or len(ids) < len(corpus.article)):
            lack, command = shared.absence(ids), shared.how_to_fetch(corpus.name, places)
            shared.note(f"{corpus.name}: {lack}; next: {command}")
    if form == "hf":
        names = ", ".join(corpus.name for corpus in found)
        gold.export_hf(texts, folder, places, url)
        typer.echo(f"{folder}: datasets.load_dataset({str(folder)!r}, NAME) with NAME of {names}")
        return
    for corpus, may in texts.items():
        if form == "csv":
            gold.export_csv(corpus, folder / corpus.name, places, texts=may)
            typer.echo(f"{folder / corpus.name}: articles.csv, claims.csv")
        elif corpora or (may and len(missing.get(corpus.name, ())) < len(corpus.article)):
            left_out = gold.export_label_studio(corpus, folder, places, blank=blank)
            tasks = shared.count(len(corpus.article) - len(left_out), "task")
            typer.echo(f"{folder / corpus.name}.json: {tasks}")


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON exported by Label Studio")],
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Folder to write a file of labels an article")
    ],
) -> None:
    """Read labels back from Label Studio."""
    from bench import gold

    for path in gold.import_label_studio(file, folder):
        typer.echo(str(path))
