"""What the confidences of scored systems are worth, for the commands that show it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.cli import shared
from bench.model import ClaimbenchError, DataError, Extraction, Gold

if TYPE_CHECKING:
    from bench.confidence import Confidences, Confident
    from bench.matching import Matcher
    from bench.store import Places

Outputs = Mapping[str, Mapping[str, Extraction]]
"""Records by system, then by article, of all splits."""


def measured(outputs: Outputs, gold: Gold, places: Places, matcher: Matcher) -> Confidences | None:
    """What confidences are worth on ``gold``; None where no system gives any."""
    from bench import confidence
    from bench.gold import load

    dev = load(gold.corpus, places, "dev")
    found = {
        name: confidence.measured(name, gold, records, dev, matcher)
        for name, records in sorted(outputs.items())
    }
    known = tuple(system for system in found.values() if system)
    if not known:
        return None
    notes = [note for s in known for note in _notes(s, gold, dev, outputs[s.system])]
    without = tuple(name for name, system in found.items() if not system)
    return confidence.Confidences(known, without, tuple(dict.fromkeys(notes)))


def _notes(
    found: Confident, gold: Gold, dev: Gold, records: Mapping[str, Extraction]
) -> Iterator[str]:
    from bench.confidence import CERTAIN, unanswered

    name, curve = found.system, found.curve
    if curve.unsure:
        yield (
            f"{name}: {shared.count(curve.unsure, 'claim')} of {curve.claims} without a "
            f"confidence; they count as stated with {CERTAIN:g}, and no threshold leaves them out"
        )
    if len(curve.thresholds) < curve.distinct:
        yield (
            f"{name}: {curve.distinct} different confidences; measured at {len(curve.thresholds)} "
            "of them, those at each hundredth of the claims"
        )
    if not dev.items:
        yield f"no threshold is chosen: no dev article of {gold.corpus} is here"
    elif lacking := unanswered(dev, records):
        corpus = "" if gold.corpus == shared.EMBEDDED else f" --corpus {gold.corpus}"
        yield (
            f"{name}: no threshold is chosen, as outputs lack for {len(lacking)} of "
            f"{shared.count(len(dev.items), 'dev article')}; next: claimbench run {name} "
            f"--split dev{corpus}"
        )
    elif found.threshold is None:
        yield f"{name}: no threshold is chosen, as it has no claims on dev"
    elif gold.split in ("dev", "all"):
        yield f"{name}: the threshold was chosen on articles that it is measured on here"


def require_one(
    curve: Path | None, systems: Sequence[str], corpora: Sequence[str], *, alone: bool
) -> None:
    """Raise ClaimbenchError where a ``curve`` is wanted and there is not exactly one."""
    if curve and not alone:
        raise ClaimbenchError("found --curve with --check or --alignment; expected it with neither")
    if curve and (len({*systems}) != 1 or len({*corpora}) != 1 or "all" in corpora):
        raise ClaimbenchError(
            f"found --curve with systems: {', '.join(systems) or 'all'}; "
            f"corpora: {', '.join(corpora)}; expected one of each",
            hint="claimbench score SYSTEM --curve FILE",
        )


def save_curve(file: Path | None, found: Confidences | None, system: str) -> None:
    """Write the curve of the one system in ``found``, if it is wanted.

    Raises DataError where the system gives no confidence.
    """
    if file is None:
        return
    from bench.report import curve_csv
    from bench.store import write_atomic

    if found is None:
        raise DataError(
            f"{system}: found no confidence in any claim; expected some, for a curve",
            hint="a claim may carry a confidence from 0 to 1 (claimbench schema)",
        )
    write_atomic(file, curve_csv(found.measured[0].curve).encode())
    shared.note(str(file))
