"""What ``audit --pairs`` prints, and what a report says of the first place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bench.cli import shared
from bench.model import SCHEMA, ClaimbenchError, DataError, Frozen, GoldClaim, UnknownName

if TYPE_CHECKING:
    from bench.audit import Dependence, MetaEvaluation, Ranking
    from bench.gold import Corpus, JudgedPair
    from bench.matching import Matcher
    from bench.model import Extraction, Gold, Scorecard
    from bench.store import Places


class Judged(Frozen, frozen=True):
    """Judged pairs, and all gold claims of their articles."""

    pairs: tuple[JudgedPair, ...]
    claims: dict[str, tuple[GoldClaim, ...]]


class Order(Frozen, frozen=True):
    """The systems of one corpus under every matcher."""

    corpus: str
    split: str
    rankings: tuple[Ranking, ...]
    dependence: Dependence | None


class _File(Frozen, frozen=True, omit_defaults=False):
    """What ``--json`` writes."""

    schema: int
    corpora: tuple[str, ...]
    part: str
    strict: bool
    agreement: MetaEvaluation
    orders: tuple[Order, ...]


def audit_pairs(
    names: list[str] | None, matcher: str, part: str, path: Path | None, *, strict: bool
) -> None:
    """Measure every matcher on judged pairs, and how far the order of systems hangs on it."""
    from bench.audit import evaluate_matchers
    from bench.gold import PARTS, STATED, STATED_ALONE, find_corpus
    from bench.report import meta_tables, terminal

    if part not in (*PARTS, "all"):
        raise UnknownName("part", part, (*PARTS, "all"))
    places = shared.places()
    corpora = [find_corpus(name, places) for name in shared.corpus_names(names, places)]
    judged = judged_pairs(corpora, part, places)
    if not judged.pairs:
        raise DataError(
            f"{', '.join(c.name for c in corpora)}: found no judged pairs of part {part} "
            "that can be used here; expected gold/pairs/CORPUS.jsonl, and outputs that hold the "
            "predictions which it names by their hash",
            hint="claimbench check",
        )
    matchers, lacking = _matchers(matcher)
    stated = STATED_ALONE if strict else STATED
    found = evaluate_matchers(matchers, judged.pairs, judged.claims, stated=stated)
    found.skipped.update(lacking)
    target = "match alone" if strict else "match or described"
    title = f"Matchers against people: does it state the claim ({target})? Part {part}"
    terminal(meta_tables(found, title))
    usable = [m for m in matchers if repr(m) not in found.skipped]
    orders = tuple(
        order for c in corpora if (order := _order(c, usable, found, judged, places)) is not None
    )
    if path:
        _write(path, _File(SCHEMA, tuple(c.name for c in corpora), part, strict, found, orders))


def judged_pairs(corpora: Sequence[Corpus], part: str, places: Places) -> Judged:
    """The judged pairs of ``corpora`` in a part, or in all. Raises DataError.

    A pair whose prediction is in no kept output here is left out, and that is told; where none of
    those is, so are the others of its corpus, which are another kind of prediction.
    """
    from bench.gold import read_claims, read_pairs, worded

    pairs: list[JudgedPair] = []
    claims: dict[str, tuple[GoldClaim, ...]] = {}
    for corpus in corpora:
        wanted = [pair for pair in read_pairs(corpus) if part in (pair.part, "all")]
        hashed = any(not pair.prediction for pair in wanted)
        found = worded(wanted, _said(corpus, places) if hashed else ())
        if hashed and not any(pair.sha256 for pair in found):
            found = ()
        if lacking := len(wanted) - len(found):
            shared.note(
                f"{corpus.name}: {lacking:,} of {len(wanted):,} judged pairs left out, as no kept "
                f"output has their predictions; next: {_how_to_run(corpus, places)}"
            )
        pairs += found
        claims |= {a: read_claims(corpus.labels(a)) for a in {pair.article for pair in found}}
    return Judged(tuple(pairs), claims)


def _how_to_run(corpus: Corpus, places: Places) -> str:
    from bench import gold

    absent = gold.load(corpus.name, places, shared.KEPT_SPLIT).absent
    fetch = f"{shared.how_to_fetch(corpus.name, places)} && " if absent else ""
    return f"{fetch}claimbench run --corpus {corpus.name}"


def _said(corpus: Corpus, places: Places) -> Iterator[str]:
    """Every prediction in the kept outputs of a corpus."""
    for found in shared.kept_outputs(corpus.name, None, places).values():
        for record in found.values():
            yield from (claim.text for claim in record.claims)


def held_pairs(places: Places) -> Judged:
    """The test part of those judged pairs that are the same wherever they are read."""
    from bench import gold

    held = [corpus for corpus in gold.readable(places) if corpus.text == "held"]
    return judged_pairs(held, "test", places)


def note_agreement(matcher: Matcher, places: Places) -> None:
    """Tell how far a matcher agrees with people, if it is another than the default."""
    from bench.matching import DEFAULT

    if matcher != DEFAULT:
        shared.note(_agreement(matcher, places))


def _agreement(matcher: Matcher, places: Places) -> str:
    from bench.audit import kappas
    from bench.matching import DEFAULT, span

    judged = held_pairs(places)
    told = f"{matcher!r}: not measured against people's judgement"
    if not judged.pairs or isinstance(matcher, span):
        return told
    try:
        own, default = kappas([matcher, DEFAULT], judged.pairs, judged.claims)
    except ClaimbenchError:
        return told
    if own is None or default is None:
        return told
    return (
        f"{matcher!r} agrees with people's judgement of {len(judged.pairs):,} pairs with kappa "
        f"{own:.2f}, the default {DEFAULT!r} with {default:.2f}; claimbench audit --pairs"
    )


def dependence(
    cards: Sequence[Scorecard], judged: Judged, places: Places
) -> Dependence | str | None:
    """Whether the first place among ``cards`` depends on the matcher, or why it is not known.

    None where there is nothing to say: no judged pairs, or fewer than two systems that were asked
    about every article. It depends on nothing but gold and results, so that a leaderboard is the
    same wherever it is made: a corpus whose outputs cannot be kept in results is told nothing of,
    even where they are at hand, and of matchers only those that need no extra are tried.
    """
    from bench import gold
    from bench.audit import ALWAYS_HERE, kappas, rankings, variants, winner_depends, within_reach
    from bench.matching import DEFAULT

    full = [card for card in cards if "missing" not in card.failures]
    at = cards[0].signature
    if not judged.pairs or len(full) < 2 or at.matcher != repr(DEFAULT):
        return None
    corpus = {c.name: c for c in gold.readable(places)}.get(at.corpus)
    if corpus is None or corpus.text != "held":
        return (
            "its outputs quote texts that are not ours and are not kept; where texts and outputs "
            "are, claimbench audit --pairs tells"
        )
    matchers = [DEFAULT, *variants(DEFAULT), *ALWAYS_HERE]
    agreed = dict(
        zip(map(repr, matchers), kappas(matchers, judged.pairs, judged.claims), strict=True)
    )
    near = [m for m in matchers if within_reach(agreed[repr(m)], agreed[repr(DEFAULT)])]
    labelled = gold.load(at.corpus, places, at.split)
    outputs = _outputs(at.corpus, [card.system for card in full], places)
    if outputs.keys() != {card.system for card in full}:
        return "the outputs of some systems are not in results"
    ranked = rankings(labelled, outputs, list(dict.fromkeys([DEFAULT, *near])))
    if ranked[0].f1 != {card.system: card.claims.f1 for card in full}:
        return "the scorecards are not what outputs and gold score; next: claimbench score"
    return winner_depends(ranked, agreed)


def _outputs(
    corpus: str, systems: Sequence[str], places: Places
) -> dict[str, dict[str, Extraction]]:
    """Kept outputs of those of ``systems`` that have any, in the order given."""
    from bench.results import OUTPUTS
    from bench.run import read_outputs

    paths = {system: places.results / corpus / system / OUTPUTS for system in systems}
    return {system: read_outputs(path) for system, path in paths.items() if path.exists()}


def _matchers(name: str) -> tuple[list[Matcher], dict[str, str]]:
    """The default matcher, the one called ``name`` and all others; and what some of them lack."""
    from bench.matching import DEFAULT, MATCHERS, matcher_named

    found = {repr(m): m for m in (DEFAULT, matcher_named(name))}
    lacking: dict[str, str] = {}
    for kind in MATCHERS:
        try:
            made = matcher_named(kind)
        except ClaimbenchError as error:
            lacking[kind] = str(error)
        else:
            found.setdefault(repr(made), made)
    return list(found.values()), lacking


def _order(
    corpus: Corpus,
    matchers: Sequence[Matcher],
    found: MetaEvaluation,
    judged: Judged,
    places: Places,
) -> Order | None:
    """Print and return how systems on a corpus rank under each matcher; tells why if it cannot."""
    from bench import gold
    from bench.audit import kappas, rankings, variants, winner_depends
    from bench.report import dependence_notes, stability_table, terminal

    labelled = gold.load(corpus.name, places, shared.KEPT_SPLIT)
    if labelled.absent or not labelled.items:
        lack, command = shared.absence(labelled.absent), shared.how_to_fetch(corpus.name, places)
        shared.note(f"{corpus.name}: order of systems not known: {lack}; next: {command}")
        return None
    outputs = _finished(labelled, places)
    if len(outputs) < 2:
        shared.note(f"{corpus.name}: no order of systems: {len(outputs)} of them with all outputs")
        return None
    default, *others = matchers
    turned = variants(default)
    ranked = rankings(labelled, outputs, [default, *turned, *others])
    agreed = {rated.matcher: rated.whole.kappa.value for rated in found.rated}
    agreed |= dict(zip(map(repr, turned), kappas(turned, judged.pairs, judged.claims), strict=True))
    depends = winner_depends(ranked, agreed)
    place = f"{corpus.name}, {labelled.split} split"
    typer.echo()
    terminal([stability_table(ranked, agreed, place), *dependence_notes(depends)])
    return Order(corpus.name, labelled.split, ranked, depends)


def _finished(labelled: Gold, places: Places) -> dict[str, dict[str, Extraction]]:
    """Kept outputs of the systems that were asked about every article."""
    needed = {article.id for article in labelled.articles}
    kept = shared.kept_outputs(labelled.corpus, None, places)
    return {system: found for system, found in kept.items() if needed <= found.keys()}


def _write(path: Path, content: _File) -> None:
    import msgspec

    from bench.store import encode, write_atomic

    write_atomic(path, msgspec.json.format(encode(content)) + b"\n")
    typer.echo(str(path))
