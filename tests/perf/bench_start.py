"""Start of the command line: ``claimbench --help`` against a bare Python and a bare typer.

python tests/perf/bench_start.py
"""

from __future__ import annotations

import subprocess
import sys
import time

ROUNDS = 9
TYPER = "import typer; app = typer.Typer(rich_markup_mode=None); app.command()(lambda: None); app()"
WAYS = {
    "python -c pass": ["-c", "pass"],
    "a typer app of one command": ["-c", TYPER, "--help"],
    "claimbench --help": ["-m", "bench", "--help"],
}


def best(arguments: list[str]) -> float:
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    taken = {name: best(arguments) for name, arguments in WAYS.items()}
    floor = taken["a typer app of one command"]
    for name, seconds in taken.items():
        print(f"{name:28} {seconds:.3f} s   {seconds / floor:.2f} of a bare typer app")


if __name__ == "__main__":
    main()
