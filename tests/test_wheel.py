"""The wheel carries the embedded corpus and the built-in systems and works from any folder."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


SHIPPED = {"cues", "lead", "learned", "openie", "sentences"}
OWN_PYTHON = {"openie"}  # skipped until the user makes their environment; see test_openie.py


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built beside a system and an environment of the user's own, which must not travel along."""
    folder, source = tmp_path_factory.mktemp("dist"), tmp_path_factory.mktemp("source")
    ignored = shutil.ignore_patterns("__pycache__", ".venv")
    for name in ("bench", "gold", "systems"):
        shutil.copytree(ROOT / name, source / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    (source / "systems" / "openie" / ".venv").mkdir()
    (source / "systems" / "openie" / ".venv" / "pyvenv.cfg").touch()
    (source / "systems" / "private").mkdir()
    (source / "systems" / "private" / "system.toml").write_text('command = ["true"]\n')
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", folder, source],
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def claimbench(wheel, tmp_path_factory):
    """Run the installed command in a folder that has nothing to do with the project."""
    site, here = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("anywhere")
    zipfile.ZipFile(wheel).extractall(site)
    environment = {
        **os.environ,
        "PYTHONPATH": str(site),
        "CLAIMBENCH_CACHE": str(here / "cache"),
    }
    environment.pop("CLAIMBENCH_ROOT", None)

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "bench", *arguments],
            cwd=here,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    run.folder = here
    return run


def test_the_wheel_holds_what_it_needs_and_no_text_that_is_not_ours(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert "bench/py.typed" in names
    assert "bench/_data/systems/cues/system.toml" in names
    assert "bench/_data/systems/learned/clauses.py" in names
    assert "bench/_data/gold/wikinews/claims/zebra-stripes.jsonl" in names
    texts = [n for n in names if "/articles/" in n]
    assert texts
    assert all(n.startswith("bench/_data/gold/core/articles/") for n in texts)
    assert any(n.endswith("licenses/LICENSE") for n in names)
    systems = {n.split("/")[3] for n in names if n.startswith("bench/_data/systems/")}
    assert systems == SHIPPED
    assert not any(".venv" in name for name in names)


def test_the_embedded_corpus_runs_from_any_folder(claimbench):
    done = claimbench("run", "cues", "learned")
    assert done.returncode == 0, done.stderr
    assert "Leaderboard of core" in done.stdout
    card = claimbench.folder / "results" / "core" / "cues" / "score.json"
    assert json.loads(card.read_bytes())["scorecard"]["system"] == "cues"
    again = claimbench("run", "cues")
    assert "3 finished before and not run again, 0 run now" in again.stdout


def test_the_committed_results_are_what_a_fresh_run_gives(claimbench):
    assert claimbench("run").returncode == 0
    for system in SHIPPED - OWN_PYTHON:
        kept = ROOT / "results" / "core" / system / "score.json"
        fresh = claimbench.folder / "results" / "core" / system / "score.json"
        done = claimbench("compare", str(kept), str(fresh))
        assert done.returncode == 0, done.stdout + done.stderr
        assert "identical counts on every article" in done.stdout


def test_a_system_without_its_environment_is_listed_with_the_command_that_makes_it(claimbench):
    listing = json.loads(claimbench("list", "--json").stdout)["systems"]
    (openie,) = (system for system in listing if system["name"] == "openie")
    assert openie["missing"]
    assert "-m venv" in openie["install"]
    assert "pip install triplet-extract==" in openie["install"]


def test_a_system_of_ones_own_joins_the_shipped_ones(claimbench):
    assert claimbench("new", "mine").returncode == 0
    tried = claimbench("try", "mine", "--text", "The ferry sank.")
    assert "The ferry sank." in tried.stdout
    assert claimbench("run", "mine").returncode == 0
    listing = json.loads(claimbench("list", "--json").stdout)
    assert {"mine", "cues", "lead"} <= {s["name"] for s in listing["systems"]}
