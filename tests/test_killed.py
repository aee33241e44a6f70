"""The whole command, killed at random points and run again, gives the scorecard of a calm run."""

import os
import random
import signal
import subprocess
import sys
import time

import msgspec
import pytest

from bench.results import bare, load
from bench.store import digest

ARTICLES, KILLS = 40, 20
HEAD = (
    'schema = 1\nname = "towns"\ntitle = "Invented"\nversion = "1.0.0"\nlanguage = "en"\n'
    'licence = "none"\ntext = "held"\nnormalise = []\n'
)
SLOW = """
import time

class Slow:
    def extract(self, article):
        time.sleep(0.02)
        if article["id"] == "town-7":
            raise ValueError("does not like sevens")
        return [{"text": line, "type": "event"} for line in article["text"].splitlines()]
"""


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "project"
    for folder in ("gold/towns/articles", "gold/towns/claims", "systems/slow"):
        (root / folder).mkdir(parents=True)
    toml = [HEAD]
    for n in range(ARTICLES):
        text = f"The mayor of Town {n} resigned.\nTown {n} closed {n + 2} schools.\n"
        claim = {
            "id": f"town-{n}-c01",
            "text": f"The mayor of Town {n} resigned.",
            "forms": [f"Town {n}'s mayor resigned.", f"In Town {n} the mayor resigned."],
            "type": "event",
            "spans": [[0, 10]],
            "facts": [["mayor"], [str(n)]],
        }
        header = {"schema": 1, "article": f"town-{n}", "summary": "One. Two."}
        (root / f"gold/towns/articles/town-{n}.txt").write_text(text)
        lines = b"\n".join(map(msgspec.json.encode, (header, claim))) + b"\n"
        (root / f"gold/towns/claims/town-{n}.jsonl").write_bytes(lines)
        toml.append(
            f'[[article]]\nid = "town-{n}"\ntitle = "T"\ndate = "2031-05-06"\nsplit = "test"\n'
            f'topic = "t"\nsha256 = "{digest(text)}"\n'
        )
    (root / "gold/towns/corpus.toml").write_text("\n".join(toml))
    (root / "systems/slow/system.toml").write_text('class = "extract.py:Slow"\n')
    (root / "systems/slow/extract.py").write_text(SLOW)
    return root


def start(root, results):
    """``claimbench run`` in a process group of its own; ``results`` gets a root with it."""
    for name in ("gold", "systems"):
        link = results / name
        if not link.exists():
            results.mkdir(exist_ok=True)
            link.symlink_to(root / name)
    return subprocess.Popen(
        [sys.executable, "-m", "bench", "run", "slow", "--corpus", "towns"],
        env={**os.environ, "CLAIMBENCH_ROOT": str(results)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.process
def test_twenty_kills_leave_no_trace_in_the_scorecard(project, tmp_path):
    calm, wild = tmp_path / "calm", tmp_path / "wild"
    assert start(project, calm).wait() == 3  # town-7 fails: the run is not complete

    chance, kills = random.Random(7), 0
    while kills < KILLS:  # one that was done before it was killed does not count
        process = start(project, wild)
        time.sleep(chance.uniform(0.1, 0.5))
        process.kill()
        kills += process.wait() == -signal.SIGKILL
    assert start(project, wild).wait() == 3

    cards = [load(root / "results" / "towns" / "slow" / "score.json") for root in (calm, wild)]
    one, other = (msgspec.json.encode(bare(card)) for card in cards)
    assert one == other
    assert cards[0].claims.tp == ARTICLES - 1
    assert cards[0].failures == {"error": 1}
