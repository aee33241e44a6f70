"""The regression gate as a pytest plugin, for the repository of who writes a system.

::

    @pytest.mark.claimbench(system="mine", baseline="results")
    def test_no_regression(claimbench):
        claimbench.assert_no_regression()

pytest imports this module in every run of everybody who has claimbench installed; so it
imports nothing itself that is not there already, and does not lie in ``bench``, of which the
working directory may hold another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, fields
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

import pytest

if TYPE_CHECKING:
    from bench.compare import Verdict
    from bench.model import Extraction, Gold, Scorecard, SystemSpec
    from bench.store import Places

T = TypeVar("T")

PROPERTY = "claimbench"
"""Under this name a test's report (and JUnit XML) holds the outcome of its comparison."""

MARKER = (
    "claimbench(system, baseline='results', corpus='core', tolerance=0.005, "
    "headline='claims' or 'typed')"
)


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the marker says. ``baseline`` is whatever ``claimbench compare`` takes as BASE.

    A path is relative to the project, which is the nearest folder at or above pytest's root
    folder that holds systems. ``tolerance`` is the smallest drop of F1 that fails, ``headline``
    the F1 that gates.
    """

    system: str
    baseline: str = "results"
    corpus: str = "core"
    tolerance: float = 0.005
    headline: Literal["claims", "typed"] = "claims"


def _once(work: Callable[[Claimbench], T]) -> Callable[[Claimbench], T]:
    """Do ``work`` once a test, which fails by the message alone of what claimbench raises."""

    @wraps(work)
    def done(self: Claimbench) -> T:
        from bench.model import ClaimbenchError

        if work not in self._done:
            try:
                self._done[work] = work(self)
            except ClaimbenchError as error:
                pytest.fail(str(error), pytrace=False)
        return cast(T, self._done[work])

    return done


class Claimbench:
    """A system under test: ``run``, ``score``, ``compare``, each once; then the assertion.

    Outputs are kept in pytest's cache folder, with those in ``results``, where nothing is
    written: a test leaves the repository as it was, and no finished article is run twice; one
    that failed is. What keeps them from their work fails the test.
    """

    def __init__(self, node: pytest.Item, options: Options, root: Path, kept: Path) -> None:
        self.options = options
        self._node = node
        self._root = root
        self._kept = kept
        self._done: dict[object, Any] = {}

    @_once
    def run(self) -> dict[str, Extraction]:
        """The system's answers by article; a failure is an answer too."""
        from bench.gold import training
        from bench.run import run

        spec, gold, places = self._spec, self._gold, self._places
        folder = self._kept / gold.corpus / spec.name
        self._bring(places.results / gold.corpus / spec.name, folder)
        lessons = training(spec, gold.corpus, places)
        summary = run(spec, gold.articles, lessons, folder, corpus=gold.corpus, retry=True)
        return {record.article_id: record for record in summary.extractions}

    @_once
    def score(self) -> Scorecard:
        """The scorecard of ``run`` under the gold of the installed claimbench."""
        from bench.score import evaluate

        return evaluate(self._gold, self.run(), system=self.options.system)

    @_once
    def baseline(self) -> Scorecard:
        """The scorecard to hold the system to, which has been committed."""
        from bench import results
        from bench.model import DataError

        o, places = self.options, self._places
        beside = places.results.parent / o.baseline
        where = str(beside) if beside.exists() else o.baseline
        card = results.cards(where, places.results).get(o.corpus, {}).get(o.system)
        if card is None:
            raise DataError(
                f"{where}: found no scorecard of {o.system} on {o.corpus}; expected the baseline",
                hint=f"claimbench run {o.system} --corpus {o.corpus}, then commit results/",
            )
        return card

    @_once
    def compare(self) -> Verdict:
        """What changed against the baseline."""
        from bench.compare import compare
        from bench.report import verdict as rendered

        o = self.options
        _ = self._spec, self._gold  # a misspelt name is told before its baseline is missed
        verdict = compare(self.baseline(), self.score(), tolerance=o.tolerance, headline=o.headline)
        self._node.user_properties.append((PROPERTY, str(rendered(verdict, {})[-1])))
        return verdict

    @_once
    def assert_no_regression(self) -> None:
        """Fail the test, with claims lost and the table of changes, if the gate does."""
        verdict = self.compare()
        if verdict.failed:
            from bench.report import plain
            from bench.report import verdict as rendered

            pytest.fail(plain(rendered(verdict, self._claim_texts())), pytrace=False)

    def _bring(self, committed: Path, folder: Path) -> None:
        """Keep the committed answers too: what the system has answered is not asked again."""
        from bench.model import SCHEMA
        from bench.run import FILE, kept
        from bench.store import Appender, Header, exclusive

        with exclusive(folder, lambda _: None):
            ours = {key for key, record in kept(folder).items() if record.status == "ok"}
            new = [r for key, r in kept(committed).items() if r.status == "ok" and key not in ours]
            if new:
                header = Header(schema=SCHEMA, system=self._spec.name, corpus=self._gold.corpus)
                with closing(Appender(folder / FILE, header)) as log:
                    for record in new:
                        log.append(record)

    @cached_property
    def _places(self) -> Places:
        from bench.store import find_places

        return find_places(self._root)

    @cached_property
    def _spec(self) -> SystemSpec:
        from bench import systems

        spec = systems.find(self.options.system, systems.discover(self._places))
        systems.require_ready(spec)
        return spec

    @cached_property
    def _gold(self) -> Gold:
        from bench.gold import load
        from bench.model import TextAbsent

        gold = load(self.options.corpus, self._places, "test")
        if gold.absent:
            raise TextAbsent(
                f"{gold.corpus}: the text of {', '.join(gold.absent)} is not here",
                hint=f"claimbench fetch {gold.corpus}",
            )
        return gold

    def _claim_texts(self) -> Mapping[str, str]:
        return {claim.id: claim.text for item in self._gold.items for claim in item.claims}


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers", f"{MARKER}: what the fixture claimbench runs and compares with"
    )


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail a marked test that would pass without having compared anything."""
    marked = any(mark.name == "claimbench" for mark in item.own_markers)
    if marked and "claimbench" not in getattr(item, "fixturenames", ()):
        pytest.fail(
            f"{item.nodeid}: found the marker claimbench on a test that does not use the fixture; "
            f"expected an argument named claimbench, and claimbench.assert_no_regression()",
            pytrace=False,
        )


@pytest.fixture
def claimbench(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Claimbench:
    """The system that the test's marker names: run, score, compare, assert_no_regression."""
    _require_own_bench()
    cache = getattr(request.config, "cache", None)
    kept = cache.mkdir("claimbench") if cache else tmp_path_factory.mktemp("claimbench")
    return Claimbench(request.node, _options(request.node), request.config.rootpath, kept)


def _require_own_bench() -> None:
    """Fail the test if another ``bench`` stands in front of claimbench's on the path."""
    try:
        from bench.model import ClaimbenchError  # noqa: F401  (a name that no other has)
    except ImportError as error:
        import bench

        if not (error.name or "").startswith("bench"):
            raise
        pytest.fail(
            f"{bench.__file__ or list(bench.__path__)}: found another module named bench; "
            "expected that of claimbench\n  next: rename it, or run this test in a way that "
            "does not see it: pytest --import-mode=importlib",
            pytrace=False,
        )


def _options(node: pytest.Item) -> Options:
    import msgspec

    mark = node.get_closest_marker("claimbench")
    given = f"claimbench{mark.args}{mark.kwargs}" if mark else "no marker"
    known = {field.name for field in fields(Options)}
    if mark and not mark.args and mark.kwargs.keys() <= known:
        try:
            return msgspec.convert(mark.kwargs, Options)
        except msgspec.ValidationError as error:
            given += f" ({error})"
    pytest.fail(f"{node.nodeid}: found {given}; expected @pytest.mark.{MARKER}", pytrace=False)


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
