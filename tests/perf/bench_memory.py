"""Peak memory of run + score while the corpus text grows twentyfold and the labels do not.

python tests/perf/bench_memory.py [ARTICLES]
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.store import digest

SHORT, LONG = 2_000, 40_000
SENTENCE = "The ferry of Port Alder sank in the spring of that year. "
CLAIM = (
    '{"id":"%s-c01","text":"The Port Alder ferry sank.","forms":["A ferry sank at Port Alder.",'
    '"The ferry of Port Alder sank."],"type":"event","spans":[[0,20]],"facts":[["sank"]]}\n'
)
HEAD = 'schema = 1\nname = "big"\ntitle = "Synthetic"\nversion = "1.0.0"\nlanguage = "en"\n'


def build(root: Path, articles: int, size: int) -> None:
    folder = root / "gold" / "big"
    for name in ("articles", "claims"):
        (folder / name).mkdir(parents=True)
    toml = [HEAD + 'licence = "none"\ntext = "held"\nnormalise = []\n']
    for n in range(articles):
        name = f"a{n}"
        text = f"{SENTENCE * (size // len(SENTENCE))}Number {n}.\n"
        (folder / "articles" / f"{name}.txt").write_text(text, encoding="utf-8")
        header = f'{{"schema":1,"article":"{name}","summary":"One. Two."}}\n'
        (folder / "claims" / f"{name}.jsonl").write_text(header + CLAIM % name, encoding="utf-8")
        toml.append(
            f'[[article]]\nid = "{name}"\ntitle = "T"\ndate = "2031-05-06"\nsplit = "test"\n'
            f'topic = "t"\nsha256 = "{digest(text)}"\n'
        )
    (folder / "corpus.toml").write_text("\n".join(toml), encoding="utf-8")


def peak(root: Path) -> float:
    """Peak resident memory of the harness process in MB."""
    code = (
        "import resource, sys; from bench.cli import app;"
        "app(['run', 'lead', '--corpus', 'big'], standalone_mode=False);"
        "print('peak', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    environment = {**os.environ, "CLAIMBENCH_ROOT": str(root)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    (found,) = re.findall(r"^peak (\d+)$", done.stdout, re.MULTILINE)
    return int(found) / 1024


def main() -> None:
    articles = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    peaks = {}
    for size in (SHORT, LONG):
        with tempfile.TemporaryDirectory() as folder:
            build(Path(folder), articles, size)
            peaks[size] = peak(Path(folder))
        print(f"{articles} articles x {size:6} characters: peak {peaks[size]:6.1f} MB")
    grown = articles * (LONG - SHORT) / 1e6
    print(
        f"the text grew by {grown:.0f} MB, the peak by {peaks[LONG] - peaks[SHORT]:.1f} MB: "
        f"{(peaks[LONG] - peaks[SHORT]) / grown:.2f} of it"
    )


if __name__ == "__main__":
    main()
