"""PLUGINS.md is followed word for word: its files are written, its commands are run, in order."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
GUIDE = (ROOT / "PLUGINS.md").read_text()


class Block(NamedTuple):
    language: str
    content: str

    @property
    def file(self):
        """Where the block is to be written, if its first line says so."""
        named = re.match(r"# (\S+\.\w+)\n", self.content)
        return named and named[1]

    @property
    def commands(self):
        return re.findall(r"^\$ (.+)$", self.content, re.MULTILINE)


BLOCKS = [Block(*found) for found in re.findall(r"^```(\w+)\n(.*?)^```$", GUIDE, re.M | re.S)]


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """What every command of the guide said, by command, and the folder it was followed in."""
    folder, programs = tmp_path_factory.mktemp("newcomer"), tmp_path_factory.mktemp("bin")
    for name, module in {"claimbench": "bench", "pytest": "pytest"}.items():
        script = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m {module} "$@"\n'
        (programs / name).write_text(script)
        (programs / name).chmod(0o755)
    unwanted = ("CLAIMBENCH_", "PYTEST_", "GIT_")
    env = {k: v for k, v in os.environ.items() if not k.startswith(unwanted)} | {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "CLAIMBENCH_CACHE": str(folder.parent / "cache"),
        **{
            f"GIT_{who}_{what}": "ada"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        },
    }
    said = {}
    for block in BLOCKS:
        if block.file and block.file != "pyproject.toml":
            path = folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.content)
        for command in block.commands:
            done = subprocess.run(
                shlex.split(command),
                cwd=folder,
                env=env,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, (command, done.stdout, done.stderr)
            said[command] = done.stdout
    return folder, said


def test_every_command_does_what_the_guide_says(followed):
    folder, said = followed
    assert "The ferry sank." in said['claimbench try mine --text "The ferry sank."']
    assert "WARN     types" in said["claimbench doctor mine"]
    assert "FAIL" not in said["claimbench doctor mine"] + said["claimbench doctor figures"]
    assert "Leaderboard of core" in said["claimbench run mine"]
    assert "storm-update" in said["claimbench show storm-update --system mine"]
    assert "identical counts on every article" in said["claimbench compare HEAD results"]
    assert "PASS mine on core" in said["pytest test_mine.py"]
    made = sorted(path.name for path in (folder / "systems/prompted").iterdir())
    assert made == ["extract.py", "prompt.txt", "system.toml"]


def test_the_plugin_in_another_language_finds_what_the_python_one_does(followed):
    folder, _ = followed
    mine, figures = (
        (folder / f"results/core/{name}/outputs.jsonl").read_text().splitlines()[1:]
        for name in ("mine", "figures")
    )
    varying = r'"key":"\w+"|"seconds":[\d.e-]+'
    assert [re.sub(varying, "", line) for line in mine] == [
        re.sub(varying, "", line) for line in figures
    ]
    assert '"numerical"' in mine[0]


def test_it_stays_a_page():
    perl = next(block for block in BLOCKS if block.language == "perl")
    assert len([line for line in perl.content.splitlines()[1:] if line.strip()]) <= 12
    assert len(GUIDE.splitlines()) < 170
