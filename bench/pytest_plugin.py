"""The regression gate as a pytest plugin, for the repository of who writes a system.

::

    @pytest.mark.claimbench(system="mine", baseline="results")
    def test_no_regression(claimbench):
        claimbench.assert_no_regression()

pytest imports this module in every session of everybody who has claimbench installed; so it
imports nothing itself that is not there already.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from bench.compare import Headline, Verdict
    from bench.model import Extraction, Gold, Scorecard, SystemSpec
    from bench.store import Places

PROPERTY = "claimbench"
"""Under this name a test's report (and JUnit XML) holds the outcome of its comparison."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the marker says. ``baseline`` is whatever ``claimbench compare`` takes as BASE.

    A path is relative to pytest's root folder. ``tolerance`` is the smallest drop of F1 that
    fails, ``headline`` the F1 that gates: ``claims`` or ``typed``.
    """

    system: str
    baseline: str = "results"
    corpus: str = "core"
    split: str = "test"
    tolerance: float = 0.005
    headline: Headline = "claims"


class Claimbench:
    """A system under test: ``run``, ``score``, ``compare``, each once; then the assertion.

    Outputs are kept in pytest's cache folder, which starts from those in ``results`` and never
    writes there: a test leaves the repository as it was, and no finished article is run twice.
    All raise ClaimbenchError.
    """

    def __init__(self, node: pytest.Item, options: Options, root: Path, kept: Path) -> None:
        self.options = options
        self._node = node
        self._root = root
        self._kept = kept

    def run(self) -> dict[str, Extraction]:
        """The system's answers by article; a failure is an answer too."""
        from bench.gold import training
        from bench.run import run

        spec, gold, places = self._spec(), self._gold(), self._places()
        folder = self._kept / gold.corpus / spec.name
        self._bring(places.results / gold.corpus / spec.name, folder)
        lessons = training(spec, gold.corpus, places)
        summary = run(spec, gold.articles, lessons, folder, corpus=gold.corpus)
        return {record.article_id: record for record in summary.extractions}

    def score(self) -> Scorecard:
        """The scorecard of ``run`` under the gold of the installed claimbench."""
        from bench.score import evaluate

        return evaluate(self._gold(), self.run(), system=self.options.system)

    def baseline(self) -> Scorecard:
        """The scorecard to hold the system to; raises DataError if it has not been committed."""
        from bench import results
        from bench.model import DataError

        o, places = self.options, self._places()
        beside = self._root / o.baseline
        where = str(beside) if beside.exists() else o.baseline
        card = results.cards(where, places.results).get(o.corpus, {}).get(o.system)
        if card is None:
            raise DataError(
                f"{where}: found no scorecard of {o.system} on {o.corpus}; expected the baseline",
                hint=f"claimbench run {o.system} --corpus {o.corpus}, then commit results/",
            )
        return card

    def compare(self) -> Verdict:
        """What changed against the baseline. Raises Incomparable if it was measured otherwise."""
        from bench.compare import compare
        from bench.report import verdict as rendered

        o = self.options
        self._spec()  # a misspelt name is told before its baseline is missed
        self._gold()
        verdict = compare(self.baseline(), self.score(), tolerance=o.tolerance, headline=o.headline)
        self._node.user_properties.append((PROPERTY, str(rendered(verdict, {})[-1])))
        return verdict

    def assert_no_regression(self) -> None:
        """Fail the test, with claims lost and the table of changes, if the gate does."""
        verdict = self.compare()
        if verdict.failed:
            from bench.report import plain
            from bench.report import verdict as rendered

            pytest.fail(plain(rendered(verdict, self._claim_texts())), pytrace=False)

    def _bring(self, committed: Path, folder: Path) -> None:
        """Start from the committed outputs: what the system has answered is not asked again."""
        from bench.results import OUTPUTS
        from bench.store import exclusive, write_atomic

        with exclusive(folder, lambda _: None):
            if (committed / OUTPUTS).exists() and not (folder / OUTPUTS).exists():
                write_atomic(folder / OUTPUTS, (committed / OUTPUTS).read_bytes())

    def _places(self) -> Places:
        from bench.store import find_places

        return find_places(None if "CLAIMBENCH_ROOT" in os.environ else self._root)

    def _spec(self) -> SystemSpec:
        from bench import systems

        spec = systems.find(self.options.system, systems.discover(self._places()))
        systems.require_ready(spec)
        return spec

    def _gold(self) -> Gold:
        from bench.gold import load
        from bench.model import TextAbsent

        gold = load(self.options.corpus, self._places(), self.options.split)
        if gold.absent:
            raise TextAbsent(
                f"{gold.corpus}: the text of {', '.join(gold.absent)} is not here",
                hint=f"claimbench fetch {gold.corpus}",
            )
        return gold

    def _claim_texts(self) -> Mapping[str, str]:
        return {claim.id: claim.text for item in self._gold().items for claim in item.claims}


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        "claimbench(system, baseline='results', corpus='core', split='test', tolerance=0.005, "
        "headline='claims'): what the fixture claimbench runs and compares with",
    )


@pytest.fixture
def claimbench(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Claimbench:
    """The system that the test's marker names: run, score, compare, assert_no_regression."""
    cache = getattr(request.config, "cache", None)
    kept = cache.mkdir("claimbench") if cache else tmp_path_factory.mktemp("claimbench")
    return Claimbench(request.node, _options(request.node), request.config.rootpath, kept)


def _options(node: pytest.Item) -> Options:
    mark = node.get_closest_marker("claimbench")
    known = {field.name for field in fields(Options)}
    if mark is None or mark.args or "system" not in mark.kwargs or mark.kwargs.keys() - known:
        found = "no marker" if mark is None else f"claimbench{mark.args}{mark.kwargs}"
        pytest.fail(
            f"{node.nodeid}: found {found}; expected @pytest.mark.claimbench(system=…) with "
            f"keywords out of {', '.join(field.name for field in fields(Options))}",
            pytrace=False,
        )
    return Options(**mark.kwargs)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Tell what every comparison came to: once, also where xdist shares the tests out."""
    if hasattr(config, "workerinput"):
        return
    lines = list(dict.fromkeys(_compared(terminalreporter)))
    if lines:
        terminalreporter.section("claimbench")
        for line in lines:
            terminalreporter.write_line(line)


def _compared(reporter: pytest.TerminalReporter) -> Iterator[str]:
    for reports in reporter.stats.values():
        for report in reports:
            properties = getattr(report, "user_properties", ())
            yield from (value for name, value in properties if name == PROPERTY)
