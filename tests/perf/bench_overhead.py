"""What a run costs beside the system: milliseconds an article, against a bare pipe.

The bare loop writes the same request to the same worker, reads the line that comes back and
decodes it; it keeps nothing, checks nothing and bounds nothing. The run keys every article, asks
two processes, checks each answer, and has it on disk before it goes on. Both include starting
and stopping.

    python tests/perf/bench_overhead.py [ARTICLES]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from bench import systems
from bench.model import Article, SystemSpec
from bench.run import run

SYSTEM = {
    "system.toml": 'class = "extract.py:First"\n',
    "extract.py": (
        "class First:\n"
        "    def extract(self, article):\n"
        "        return [article['text'].partition('.')[0]]\n"
    ),
}
JOBS = 2


def bare(spec: SystemSpec, articles: list[Article]) -> None:
    with subprocess.Popen(
        spec.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        answers = process.stdout.fileno()
        with open(answers, "rb", closefd=False) as lines:
            lines.readline()
            for article in articles:
                process.stdin.write(systems.request(article))
                msgspec.json.decode(lines.readline())


def timed(action, *arguments, **options) -> float:
    start = time.perf_counter()
    action(*arguments, **options)
    return time.perf_counter() - start


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    text = "The harbour of Port Alder was closed for a day. " * 40
    articles = [
        Article(f"a{n}", f"Report {n}", "2031-05-06", text, "test", "core") for n in range(count)
    ]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "first"
        home.mkdir()
        for name, content in SYSTEM.items():
            (home / name).write_text(content)
        spec = systems.load(home)
        pipe = timed(bare, spec, articles)
        options = {"corpus": "core", "jobs": JOBS}
        first = timed(run, spec, articles, [], Path(folder) / "out", **options)
        again = timed(run, spec, articles, [], Path(folder) / "out", **options)
    for name, seconds in (
        ("bare pipe", pipe),
        (f"run, {JOBS} jobs", first),
        ("run again, all kept", again),
    ):
        each = seconds / count * 1_000
        print(f"{name:20} {seconds:7.2f} s  {each:6.3f} ms/article  {seconds / pipe:5.2f} x bare")


if __name__ == "__main__":
    main()
