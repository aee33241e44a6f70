"""Commands that measure: run, score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from bench.cli import confidences, shared
from bench.model import (
    ClaimbenchError,
    DataError,
    Extraction,
    GateFailed,
    Gold,
    IncompleteRun,
    Scorecard,
    SystemSpec,
    TextAbsent,
    UnknownName,
)

if TYPE_CHECKING:
    from bench.cli.confidences import Outputs
    from bench.matching import Matcher
    from bench.store import Places

ALL = "all"

CorpusNames = Annotated[
    list[str] | None,
    typer.Option(
        "--corpus",
        metavar="NAME",
        help="Corpus (default: core), may be repeated; 'all' is every one with its text here",
    ),
]
Split = Annotated[
    str, typer.Option(metavar="NAME", help="train, dev, test or all; only scores on test are kept")
]


def run(
    systems: Annotated[
        list[str] | None,
        typer.Argument(metavar="SYSTEM", help="Systems (default: all that can run)"),
    ] = None,
    corpus: CorpusNames = None,
    split: Split = shared.KEPT_SPLIT,
    jobs: Annotated[int, typer.Option(min=1, metavar="N", help="Processes per system")] = 2,
    retry: Annotated[bool, typer.Option("--retry", help="Ask failed articles again")] = False,
) -> None:
    """Run systems and score them; no finished article is run again."""
    from bench.matching import DEFAULT
    from bench.systems import discover, find, require_ready

    places = shared.places()
    specs = discover(places)
    chosen = [find(name, specs) for name in dict.fromkeys(systems or specs)]
    if not chosen:
        raise DataError(f"{places.systems[0]}: found no systems", hint="claimbench new NAME")
    for spec in chosen if systems else ():
        require_ready(spec)
    golds = _golds(corpus, split, places)
    cards = []
    for gold in golds:
        made = [_run_one(s, gold, places, jobs, retry=retry) for s in chosen if not s.missing]
        skipped = tuple((s.name, shared.need(s)) for s in chosen if s.missing)
        names = [card.system for card in made]
        kept = shared.kept_outputs(gold.corpus, names, places) if names else {}
        _print_scores(made, gold, places, kept, DEFAULT, skipped=skipped)
        cards += made
    for spec in chosen:
        if spec.broken:
            require_ready(spec)  # the others have run; this one must not pass for skipped
    _require_complete(cards, golds, places)


def _require_complete(
    cards: Sequence[Scorecard], golds: Sequence[Gold], places: Places, outputs: Path | None = None
) -> None:
    failing = [card for card in cards if card.failures]
    if failing:
        names = shared.some(list(dict.fromkeys(card.system for card in failing)))
        raise IncompleteRun(
            f"not every article was answered by {names}; what was not counts as empty",
            hint=_remedy(failing[0], outputs),
        )
    for gold in golds:
        if gold.absent:
            raise IncompleteRun(
                f"{gold.corpus}: {shared.absence(gold.absent)}; no score is kept",
                hint=shared.how_to_fetch(gold.corpus, places),
            )


def _remedy(card: Scorecard, outputs: Path | None) -> str:
    at, failed = card.signature, [a for a in card.by_article if a.status not in ("ok", "missing")]
    again = f"claimbench run {card.system}"
    again += "" if at.corpus == shared.EMBEDDED else f" --corpus {at.corpus}"
    again += "" if at.split == shared.KEPT_SPLIT else f" --split {at.split}"
    if failed:
        told = f"claimbench show {failed[0].article_id} --system {card.system}"
        return f"{told} says why; {again} --retry asks again"
    return f"add the missing articles to {outputs}" if outputs else again


def _golds(names: Sequence[str] | None, split: str, places: Places) -> list[Gold]:
    """The gold that was asked for; what has no text is told, or refused if asked for by name."""
    from bench import gold

    every = ALL in (names or ())
    wanted = shared.corpus_names(None if every else names or [shared.EMBEDDED], places)
    found, notes = [], []
    for name in wanted:
        labelled = gold.load(name, places, split)
        if labelled.absent:
            lack, command = shared.absence(labelled.absent), shared.how_to_fetch(name, places)
            if not labelled.items and not every:
                raise TextAbsent(f"{name}: not scored: {lack}", hint=command)
            notes.append(f"{name}: not scored: {lack}; next: {command}")
        if labelled.items:
            found.append(labelled)
        elif not labelled.absent:
            notes.append(f"{name}: no articles in split {split}")
    if not found:
        raise DataError("\n".join(notes), hint="claimbench list")
    for line in notes:
        shared.note(line)
    return found


def _run_one(spec: SystemSpec, gold: Gold, places: Places, jobs: int, *, retry: bool) -> Scorecard:
    from bench.gold import training
    from bench.run import run as run_system

    articles = gold.articles
    title = f"{spec.name} on {gold.corpus}/{gold.split}"
    folder = places.results / gold.corpus / spec.name
    with shared.item_progress(title, len(articles)) as advance:
        summary = run_system(
            spec,
            articles,
            training(spec, gold.corpus, places),
            folder,
            corpus=gold.corpus,
            jobs=jobs,
            retry=retry,
            on_result=lambda _: advance(),
            on_note=shared.note,
        )
    asked = len(articles) - summary.kept
    typer.echo(
        f"{title}: {shared.count(len(articles), 'article')}, {summary.kept} finished before and "
        f"not run again, {asked} run now, {sum(summary.failures.values())} failed"
    )
    for line in shared.failures(summary.extractions):
        shared.note(line)
    outputs = {record.article_id: record for record in summary.extractions}
    return _scored(gold, outputs, spec.name, spec.fingerprint, places)


def _scored(
    gold: Gold,
    outputs: Mapping[str, Extraction],
    name: str,
    fingerprint: str,
    places: Places,
    matcher: Matcher | None = None,
    *,
    keep: bool = True,
) -> Scorecard:
    from bench import results
    from bench.matching import DEFAULT
    from bench.score import evaluate

    card = evaluate(gold, outputs, system=name, matcher=matcher or DEFAULT)
    used = [outputs[a.article_id] for a in card.by_article if a.article_id in outputs]
    card = msgspec.structs.replace(
        card, provenance=results.provenance(places.results, fingerprint, used)
    )
    if keep and gold.split == shared.KEPT_SPLIT and matcher in (None, DEFAULT) and not gold.absent:
        results.save(card, places.results / gold.corpus / name / results.CARD)
    return card


def _print_scores(
    cards: Sequence[Scorecard],
    gold: Gold,
    places: Places,
    outputs: Outputs,
    matcher: Matcher,
    *,
    skipped: tuple[tuple[str, str], ...] = (),
    curve: Path | None = None,
) -> None:
    """Print what ``cards`` say, and what the ``outputs`` are like that they score."""
    from bench.report import tables, terminal, type_table

    sure = confidences.measured(outputs, gold, places, matcher)
    if curve:
        confidences.save_curve(curve, sure, cards[0].system)
    board = msgspec.structs.replace(
        shared.board(cards, places, skipped=skipped),
        properties=shared.properties(outputs, gold, places),
        confidences=sure,
    )
    terminal([*tables(board), *(type_table(card) for card in cards)])


def score(
    systems: Annotated[
        list[str] | None,
        typer.Argument(metavar="SYSTEM", help="Systems (default: all with kept outputs)"),
    ] = None,
    corpus: CorpusNames = None,
    split: Split = shared.KEPT_SPLIT,
    matcher: shared.MatcherName = "keyed",
    alignment: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="one_to_one; many: focus and coverage; parts: those, with splits and merges",
        ),
    ] = "one_to_one",
    outputs: Annotated[
        Path | None, typer.Option(metavar="FILE", help="JSON Lines of outputs made elsewhere")
    ] = None,
    name: Annotated[
        str,
        typer.Option(metavar="NAME", help="What to call the system of --outputs (default: FILE)"),
    ] = "",
    save: Annotated[
        bool, typer.Option("--save", help="Keep the outputs and the score of --outputs in results")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Recompute kept scorecards; fail on any difference")
    ] = False,
    curve: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="CSV of precision and recall by confidence, one system"),
    ] = None,
) -> None:
    """Score kept outputs again, or outputs made elsewhere."""
    from bench.cli.meta import note_agreement
    from bench.matching import DEFAULT, matcher_named
    from bench.run import read_outputs

    places = shared.places()
    chosen = matcher_named(matcher)
    standard = chosen == DEFAULT and split == shared.KEPT_SPLIT
    confidences.require_one(
        curve,
        [str(outputs)] if outputs else systems or (),
        corpus or [shared.EMBEDDED],
        alone=not check and alignment == _ONE_TO_ONE,
    )
    if outputs is None and (name or save):
        raise ClaimbenchError("found --name or --save without --outputs FILE; they go with it")
    if outputs is not None and (systems or check):
        raise ClaimbenchError(
            "found --outputs together with systems or --check; expected one or the other",
            hint="--name NAME says what to call the system of --outputs",
        )
    if (save or check) and not standard:
        raise ClaimbenchError(
            f"found --split {split}, --matcher {matcher}; expected neither with --save or --check: "
            f"kept scores are of split {shared.KEPT_SPLIT} by the default matcher"
        )
    if alignment != _ONE_TO_ONE:
        if save or check or outputs:
            raise ClaimbenchError(
                f"found --alignment {alignment} with --save, --check or --outputs; expected it "
                "with kept outputs alone: it is counted anew each time"
            )
        _print_support(systems, _golds(corpus, split, places), places, chosen, alignment)
        return
    if check:
        _check_cards(systems, corpus, places)
        return
    name = name or (outputs.stem if outputs else "")
    if save:
        _require_free(name, places)
    golds = _golds(corpus, split, places)
    cards = []
    for gold in golds:
        if outputs is not None:
            records = {name: read_outputs(outputs)}
            made = [_score_file(outputs, records[name], name, gold, places, chosen, save=save)]
        else:
            records = _placed(shared.kept_outputs(gold.corpus, systems, places), chosen)
            made = _score_kept(records, gold, places, chosen)
        _print_scores(made, gold, places, records, chosen, curve=curve)
        cards += made
    note_agreement(chosen, places)
    _require_complete(cards, golds, places, outputs)


def _placed(
    kept: dict[str, dict[str, Extraction]], matcher: Matcher
) -> dict[str, dict[str, Extraction]]:
    """``kept`` without the systems that name no places, if those are all that ``matcher`` reads."""
    from bench.matching import span

    if not isinstance(matcher, span):
        return kept
    unplaced = [
        name
        for name, found in kept.items()
        if not any(claim.spans for record in found.values() for claim in record.claims)
    ]
    if unplaced and len(unplaced) == len(kept):
        raise DataError(
            f"found no places in the outputs of {', '.join(unplaced)}; expected spans, which "
            f"{matcher!r} goes by",
            hint="score with another --matcher",
        )
    if unplaced:
        shared.note(f"not scored by {matcher!r}, as they name no places: {', '.join(unplaced)}")
    return {name: found for name, found in kept.items() if name not in unplaced}


_ONE_TO_ONE = "one_to_one"


def _print_support(
    systems: Sequence[str] | None,
    golds: Sequence[Gold],
    places: Places,
    matcher: Matcher,
    alignment: str,
) -> None:
    from bench.matching import many
    from bench.report import support_table, terminal
    from bench.score import supported

    named = {"many": many(), "parts": many(parts=True)}
    if alignment not in named:
        raise UnknownName("alignment", alignment, (_ONE_TO_ONE, *named))
    chosen = named[alignment]
    for gold in golds:
        kept = shared.kept_outputs(gold.corpus, systems, places)
        found = {
            name: [*supported(gold, outputs, matcher=matcher, alignment=chosen).values()]
            for name, outputs in kept.items()
        }
        title = f"Focus and coverage of {gold.corpus}, {gold.split} split, by {matcher!r}"
        terminal([support_table(found, chosen, title)])


def _score_kept(kept: Outputs, gold: Gold, places: Places, matcher: Matcher) -> list[Scorecard]:
    if not kept:
        raise DataError(
            f"{places.results / gold.corpus}: found no outputs",
            hint=f"claimbench run --corpus {gold.corpus}",
        )
    return [
        _scored(gold, found, system, _fingerprint(places, gold.corpus, system), places, matcher)
        for system, found in kept.items()
    ]


def _fingerprint(places: Places, corpus: str, system: str) -> str:
    """The fingerprint that the last scorecard recorded: outputs do not change by being scored."""
    from bench import results

    card = results.kept(places.results / corpus / system / results.CARD)
    return card.provenance.fingerprint if card else ""


def _score_file(
    path: Path,
    found: Mapping[str, Extraction],
    name: str,
    gold: Gold,
    places: Places,
    matcher: Matcher,
    *,
    save: bool,
) -> Scorecard:
    from bench import store
    from bench.model import SCHEMA
    from bench.results import OUTPUTS

    known = {item.article.id for item in gold.items}
    stray = sorted(found.keys() - known)
    if not known & found.keys():
        raise DataError(
            f"{path}: found outputs for {shared.some(stray, 3) or 'no article'}; expected articles "
            f"of {gold.corpus}/{gold.split}: {shared.some(sorted(known), 3)}",
            hint="claimbench list --json names all articles",
        )
    if stray:
        shared.note(f"{path}: not in {gold.corpus}/{gold.split}, not scored: {shared.some(stray)}")
    if missing := sorted(known - found.keys()):
        shared.note(f"{path}: no outputs for {shared.some(missing)}")
    if save:
        kept = places.results / gold.corpus / name / OUTPUTS
        header = store.Header(schema=SCHEMA, system=name, corpus=gold.corpus)
        store.write_jsonl(kept, header, found.values())
        shared.note(f"kept in {kept.parent}")
    return _scored(gold, found, name, "", places, matcher, keep=save)


def _require_free(name: str, places: Places) -> None:
    """Outputs made elsewhere must neither leave the results folder nor replace a system's own."""
    from bench.systems import discover

    shared.require_name(name, "claimbench score … --name")
    if name in discover(places):
        raise ClaimbenchError(
            f"{name} is a system that claimbench runs; its outputs are not to be replaced",
            hint="give --outputs another --name",
        )


def _check_cards(
    systems: Sequence[str] | None, corpora: Sequence[str] | None, places: Places
) -> None:
    from bench import results

    paths = [
        path
        for path in sorted(places.results.glob(f"*/*/{results.CARD}"))
        if path.parent.name in (systems or [path.parent.name])
        and (not corpora or {ALL, path.parent.parent.name} & {*corpora})
    ]
    if not paths:
        raise DataError(f"{places.results}: found no such scorecards", hint="claimbench run")
    wrong = 0
    for path in paths:
        verdict, right = _recomputed(path, places)
        typer.echo(f"{path}: {verdict}")
        wrong += not right
    if wrong:
        raise GateFailed(
            f"{shared.count(wrong, 'scorecard')} cannot be had again from kept outputs and gold",
            hint="claimbench score",
        )


def _recomputed(path: Path, places: Places) -> tuple[str, bool]:
    """Whether a kept scorecard is what its outputs score, in words, and False if it is not."""
    from bench import gold, results
    from bench.run import read_outputs
    from bench.score import evaluate

    card, outputs = results.load(path), path.with_name(results.OUTPUTS)
    corpus = gold.corpora(places).get(card.signature.corpus)
    if corpus is None:
        return f"differs: no corpus named {card.signature.corpus!r} any more", False
    labelled = gold.load(corpus.name, places, card.signature.split)
    if not outputs.exists():
        # Outputs that quote a text which is not ours are kept out of the repository.
        return "not checked: its outputs are not here", corpus.text == "fetched"
    if labelled.absent:
        return f"not checked: {shared.absence(labelled.absent)}", True
    differing = _differences(card, evaluate(labelled, read_outputs(outputs), system=card.system))
    return ("differs: " + "; ".join(differing), False) if differing else ("as recomputed", True)


def _differences(kept: Scorecard, again: Scorecard) -> list[str]:
    from bench.results import same

    if same(kept, again):
        return []
    fields = kept.signature.differences(again.signature)
    now = {a.article_id: a for a in again.by_article}
    was = {a.article_id: a for a in kept.by_article}
    changed = [name for name in {**was, **now} if was.get(name) != now.get(name)]
    counts = [f"counts of {shared.some(changed)}"] if changed else []
    return fields + counts or ["who gave the types"]
