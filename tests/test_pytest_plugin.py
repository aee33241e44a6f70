"""The plugin in a repository such as an author's, in pytest processes of their own."""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
from project import make_project

TEST = """
import pytest

@pytest.mark.claimbench(system="lines", baseline="results")
def test_no_regression(claimbench):
    claimbench.assert_no_regression()
"""


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A repository with a system, and the results of it that were committed."""
    project = make_project(tmp_path_factory.mktemp("plugin"))
    project.write("pytest.ini", "[pytest]\naddopts = --strict-markers\n")
    project.write("test_mine.py", TEST)
    project("run", "lines", "first")
    return project


@pytest.fixture
def project(made, tmp_path):
    return made.copy(tmp_path / "project")


def pytest_in(project, *options, code=0, folder=".", **env):
    """Run pytest there; the plugin comes through the entry point of the installed claimbench."""
    # under CI pytest says more
    kept = {k: v for k, v in project.env.items() if not k.startswith(("PYTEST_", "COV", "CI"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=project.root / folder,
        env=kept | env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, (done.stdout, done.stderr)
    return done.stdout


def break_system(project):
    lines = project.root / "systems/lines/lines.py"
    project.edit(lines, 'article["text"].splitlines()', "[]")


def state(project):
    results = project.root / "results"
    return {path: path.read_bytes() for path in results.rglob("*.json*")}


def test_a_system_that_did_not_change_passes_and_changes_nothing(project):
    before = state(project)
    out = pytest_in(project)
    assert "PASS lines on core, F1 of claims: identical counts on every article" in out
    assert state(project) == before


@pytest.mark.parametrize("options", [(), ("-n", "2"), ("-p", "no:cacheprovider")])
def test_a_regression_fails_with_the_claims_that_were_lost(project, options):
    break_system(project)
    before = state(project)
    out = pytest_in(project, *options, code=1)
    assert "Ferry drivers in Port Alder went on strike." in out
    assert out.count("\nFAIL lines on core, F1 of claims: fell by ") == 2  # the failure, the end
    assert "1 failed" in out
    assert "Traceback" not in out
    assert state(project) == before


def test_the_summary_is_written_once_under_xdist(project):
    pairs = TEST.replace("test_no_regression", "test_again").partition("@")
    project.write("test_more.py", "import pytest\n" + "".join(pairs[1:]).replace("lines", "first"))
    out = pytest_in(project, "-n", "2")
    assert len(re.findall("^=+ claimbench =+$", out, re.MULTILINE)) == 1
    assert len(re.findall("^PASS lines on core", out, re.MULTILINE)) == 1
    assert len(re.findall("^PASS first on core", out, re.MULTILINE)) == 1


def test_finished_articles_are_not_asked_again(project):
    code = project.root / "systems/lines/lines.py"
    project.edit(
        code,
        "    def extract(self, article):\n",
        "    def extract(self, article):\n"
        '        open("../../asked", "a").write(article["id"] + "\\n")\n',
    )
    pytest_in(project)
    pytest_in(project, "-n", "2")
    assert sorted((project.root / "asked").read_text().split()) == ["bakery", "harbour"]
    project("run", "lines")
    (project.root / "asked").unlink()
    pytest_in(project, "--cache-clear")  # the committed answers will do
    assert not (project.root / "asked").exists()
    code.write_text(code.read_text() + "# a new idea\n")
    project("run", "lines")
    (project.root / "asked").unlink()
    pytest_in(project)  # and so will they beside older ones
    assert not (project.root / "asked").exists()


def test_a_failure_that_passes_is_not_held_against_the_system(project):
    project.write(
        "test_mine.py",
        """
import pytest

@pytest.mark.claimbench(system="moody")
def test_it(claimbench):
    assert {record.status for record in claimbench.run().values()} == {"ok"}
""",
    )
    assert "'error'" in pytest_in(project, code=1)
    project.write("oven", "")
    pytest_in(project)


def test_the_project_is_found_from_a_folder_of_tests(project):
    (project.root / "pytest.ini").unlink()
    (project.root / "tests").mkdir()
    (project.root / "test_mine.py").rename(project.root / "tests/test_mine.py")
    assert "PASS lines on core" in pytest_in(project, folder="tests")


@pytest.mark.parametrize("theirs", ["bench.py", "bench/__init__.py"])
def test_another_bench_is_in_the_way_only_where_ours_is_needed(project, theirs):
    project.write(theirs, "")
    project.write("test_other.py", "def test_other():\n    import bench\n")
    pytest_in(project, "test_other.py")
    out = pytest_in(project, "test_mine.py", code=1)
    assert f"{project.root / theirs}: found another module named bench; expected that of" in out
    assert "Traceback" not in out
    pytest_in(project, "test_mine.py", "--import-mode=importlib", PYTHONSAFEPATH="1")


def test_the_verdict_stands_in_junit_xml(project):
    twice = "    claimbench.compare()\n    claimbench.assert_no_regression()"
    project.edit(project.root / "test_mine.py", "    claimbench.assert_no_regression()", twice)
    pytest_in(project, "--junit-xml", "out.xml")
    (told,) = ET.parse(project.root / "out.xml").iter("property")  # noqa: S314  (our own file)
    assert told.get("name") == "claimbench"
    assert told.get("value").startswith("PASS lines on core")


def test_every_step_can_be_had(project):
    project.write(
        "test_mine.py",
        """
import pytest

@pytest.mark.claimbench(system="lines", baseline="results/core/first/score.json", tolerance=0.1)
def test_steps(claimbench):
    records = claimbench.run()
    assert [r.status for r in records.values()] == ["ok", "ok"]
    assert claimbench.score().claims.tp == 5
    with pytest.raises(pytest.fail.Exception, match="found no scorecard of lines on core; expec"):
        claimbench.compare()
""",
    )
    pytest_in(project)


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ("", "found no marker; expected @pytest.mark.claimbench(system, base"),
        ('@pytest.mark.claimbench("lines")', "found claimbench('lines',){}; expected @py"),
        ('@pytest.mark.claimbench(system="lines", base="results")', "'base': 'results'}; expected"),
        ('@pytest.mark.claimbench(system="lines", split="dev")', "'split': 'dev'}; expected @pyte"),
        ('@pytest.mark.claimbench(system="lines", headline="claim")', "Invalid enum value 'claim'"),
        ('@pytest.mark.claimbench(system="lines", tolerance="a")', "Expected `float`, got `str`"),
        ("@pytest.mark.claimbench(system=3)", "Expected `str`, got `int` - at `$.system`"),
        ('@pytest.mark.claimbench(system="line")', "no system named 'line'; did you mean 'lines'"),
        ('@pytest.mark.claimbench(system="needy")', "needy lacks no-such-distribution>=3"),
        ('@pytest.mark.claimbench(system="lines", baseline="reslts")', "git revision named 'resl"),
        ('@pytest.mark.claimbench(system="lines", corpus="letters")', "claimbench fetch letters"),
    ],
)
def test_wrong_use_is_a_message_that_helps(project, marker, message):
    project.write(
        "test_mine.py",
        f"import pytest\n{marker}\ndef test_it(claimbench):\n    claimbench.compare()\n",
    )
    out = pytest_in(project, code=1)
    assert message in out
    # None of what went on inside; a clone may well lie in a folder called claimbench.
    assert not re.search(r"\bbench/", out)


def test_a_marker_without_the_fixture_gates_nothing_and_fails(project):
    body = "(claimbench):\n    claimbench.assert_no_regression()"
    project.edit(project.root / "test_mine.py", body, "():\n    pass")
    out = pytest_in(project, code=1)
    assert "test_no_regression: found the marker claimbench on a test that does not use the" in out


def test_an_unused_plugin_imports_nothing(tmp_path):
    heavy = ["msgspec", "numpy", "scipy", "sklearn", "rich", "typer", "jinja2"]
    own = "[m for m in sys.modules if m.partition('.')[0] == 'bench']"
    (tmp_path / "test_other.py").write_text(
        "import sys\n"
        "def test_modules(pytestconfig):\n"
        "    assert pytestconfig.pluginmanager.has_plugin('claimbench')\n"
        f"    assert not {{*{heavy}}} & {{*sys.modules}}\n"
        f"    assert not {own}\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q"],
        cwd=tmp_path,
        env={k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "claimbench" not in done.stdout
