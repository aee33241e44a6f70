"""A small project on disk, and the command line in a process of its own; all text is invented."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from bench.model import SCHEMA
from bench.store import digest

SOURCE = Path(__file__).parents[1] / "bench"

TEXTS = {
    "harbour": (
        "test",
        "Ferry drivers in Port Alder went on strike.\nFourteen crossings were cancelled.\n"
        "The night boat had not left.\n",
    ),
    "bakery": ("test", "The bakery in Elm Lane closed.\nIts oven burned for two hours.\n"),
    "orchard": ("train", "Pears ripened early in Wexley.\n"),
    "mill": ("dev", "The mill at Oxbow stopped.\n"),
}
TALE = TEXTS["harbour"][1] + TEXTS["bakery"][1]
NOTE = "The pump in Oxbow broke.\n"
LETTER = "Dear all,\nthe well in Oxbow has run dry.\nYours, Ada\n"


def labels(text, *forms, quote, facts, type="event", **fields):  # noqa: A002
    kept = {"text": text, "forms": forms, "type": type, "spans": [quote], **fields, "facts": facts}
    phenomena = kept.pop("phenomena", None)  # the last key in the form that is kept
    return kept | ({"phenomena": phenomena} if phenomena else {})


CLAIMS = {
    "harbour": [
        labels(
            "Ferry drivers in Port Alder went on strike.",
            "In Port Alder, drivers of ferries went on strike.",
            "Ferry drivers began a strike in Port Alder.",
            quote="Ferry drivers in Port Alder went on strike",
            central=True,
            facts=[["driver*"], ["strike"]],
        ),
        labels(
            "Fourteen ferry crossings were cancelled.",
            "14 crossings were called off.",
            "Fourteen crossings were cancelled.",
            quote="Fourteen crossings were cancelled",
            type="numerical",
            facts=[["14"], ["crossing*"]],
            phenomena=["number-words"],
        ),
        labels(
            "The night boat had not left.",
            "The night boat hadn't departed.",
            "The night boat had not sailed.",
            quote="The night boat had not left",
            polarity="negative",
            facts=[["boat"], ["not", "n't"]],
            phenomena=["negation"],
        ),
    ],
    "bakery": [
        labels(
            "The bakery in Elm Lane closed.",
            "Elm Lane's bakery closed.",
            "The bakery on Elm Lane shut.",
            quote="The bakery in Elm Lane closed",
            central=True,
            facts=[["bakery"]],
        ),
        labels(
            "The oven of the bakery burned for two hours.",
            "Its oven burned for two hours.",
            "The bakery's oven was on fire for two hours.",
            quote="Its oven burned for two hours",
            facts=[["oven"], ["two"]],
            phenomena=["coreference"],
        ),
    ],
    "orchard": [
        labels(
            "Pears ripened early in Wexley.",
            "In Wexley pears were ripe early.",
            "Wexley's pears ripened early.",
            quote="Pears ripened early in Wexley",
            central=True,
            facts=[["pear*"]],
        )
    ],
    "mill": [
        labels(
            "The mill at Oxbow stopped.",
            "Oxbow's mill stopped.",
            "The mill in Oxbow came to a stop.",
            quote="The mill at Oxbow stopped",
            central=True,
            facts=[["mill"]],
        )
    ],
    "letter": [
        labels(
            "The well in Oxbow is dry.",
            "Oxbow's well has no water.",
            "A well in Oxbow dried up.",
            quote="the well in Oxbow has run dry",
            type="property",
            central=True,
            facts=[["well"]],
        )
    ],
    "note": [
        labels(
            "Oxbow's pump is broken.",
            "In Oxbow a pump does not work.",
            "A pump broke in Oxbow.",
            quote="The pump in Oxbow broke",
            central=True,
            facts=[["pump"]],
        )
    ],
}
NO_CLAIM = {
    "letter": [
        {"span": [0, 9], "reason": "greeting"},
        {"span": [42, 52], "reason": "signature"},
    ]
}
CLAIMS["tale"] = [*CLAIMS["harbour"], *CLAIMS["bakery"]]

LINES = """class Lines:
    def extract(self, article):
        return [{"text": t, "type": "event"} for t in article["text"].splitlines()]
"""
FIRST = """#!/usr/bin/env python3
import json, sys
print(json.dumps({"ready": 1, "protocol": 1}), flush=True)
for request in map(json.loads, sys.stdin):
    claim = {"text": request["text"].splitlines()[0], "type": "event"}
    print(json.dumps({"id": request["id"], "claims": [claim]}), flush=True)
"""
MOODY = """from pathlib import Path

class Moody:
    def extract(self, article):
        if article["id"] == "bakery" and not Path("../../oven").exists():
            raise ValueError("no oven today\\n\\x1b[2Jnor tomorrow")
        return []
"""


_UNWANTED = (
    "CLAIMBENCH_ROOT",
    "GITHUB_STEP_SUMMARY",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONUNBUFFERED",
)


class Done(NamedTuple):
    code: int
    out: str
    err: str


class Project:
    """``root`` is its folder; calling it runs the command line there.

    ``site`` holds a copy of the package that ships neither gold nor systems, so that a test
    sees what the project itself has and nothing else.
    """

    def __init__(self, root: Path, site: Path) -> None:
        self.root = root
        self.site = site
        self.env = {k: v for k, v in os.environ.items() if k not in _UNWANTED} | {
            "PYTHONPATH": str(site),
            "CLAIMBENCH_CACHE": str(root.parent / f"{root.name}-cache"),
        }

    def __call__(self, *args, code=0, stdin="", **env):
        done = subprocess.run(
            [sys.executable, "-m", "bench", *map(str, args)],
            cwd=self.root,
            env=self.env | env,
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        # of a system's own making, Traceback may be quoted; of ours there is never one
        assert not re.search("^Traceback", done.stderr, re.MULTILINE), done.stderr
        assert done.returncode == code, (done.stdout, done.stderr)
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, *args, **streams):
        command = [sys.executable, "-m", "bench", *args]
        return subprocess.Popen(command, cwd=self.root, env=self.env, **streams)

    def fails(self, *args, code, **env):
        """The one message on stderr of a command that must fail and say nothing else."""
        done = self(*args, code=code, **env)
        assert done.err.startswith("error: ")
        assert done.err.count("error: ") == 1
        return done.err

    def copy(self, root):
        shutil.copytree(self.root, root)
        return Project(root, self.site)

    def labels(self, article, corpus="core"):
        return self.root / "gold" / corpus / "claims" / f"{article}.jsonl"

    def kept(self, system, file="score.json", corpus="core"):
        return self.root / "results" / corpus / system / file

    def card(self, system):
        return json.loads(self.kept(system).read_bytes())["scorecard"]

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def edit(self, path, old, new):
        before = path.read_text()
        assert old in before
        path.write_text(before.replace(old, new))

    def add_corpus(self, name, texts, held=True):
        self.write(
            f"gold/{name}/corpus.toml",
            f'schema = {SCHEMA}\nname = "{name}"\ntitle = "Toy"\nversion = "0.1.0"\n'
            f'language = "en"\nlicence = "CC0"\ntext = "{"held" if held else "fetched"}"\n'
            + "".join(
                f'[[article]]\nid = "{article}"\ntitle = "On the {article}"\ndate = "2031-05-06"\n'
                f'split = "{split}"\nsha256 = "{digest(text)}"\n'
                for article, (split, text) in texts.items()
            ),
        )
        for article, (_, text) in texts.items():
            if held:
                self.write(f"gold/{name}/articles/{article}.txt", text)
            head = {"schema": SCHEMA, "article": article, "summary": "It is so. It stays so."}
            head |= {"no_claim": NO_CLAIM[article]} if article in NO_CLAIM else {}
            placed = [
                {"id": f"{article}-c{n:02}", **claim, "spans": [_span(claim["spans"][0], text)]}
                for n, claim in enumerate(CLAIMS[article], start=1)
            ]
            self.write_labels(article, [head, *placed], name)

    def write_labels(self, article, lines, corpus="core"):
        compact = [json.dumps(line, separators=(",", ":")) + "\n" for line in lines]
        self.write(self.labels(article, corpus).relative_to(self.root), "".join(compact))

    def add_system(self, name, toml, file, code):
        self.write(f"systems/{name}/system.toml", toml)
        self.write(f"systems/{name}/{file}", code).chmod(0o755)


def _span(quote, text):
    return [text.index(quote), text.index(quote) + len(quote)]


def make_project(folder):
    """A project with two corpora and four systems: good, poor, failing, and not installed."""
    site = folder / "site"
    for part in ("gold", "systems"):
        (site / "bench" / "_data" / part).mkdir(parents=True)
    ignored = shutil.ignore_patterns("__pycache__", "_data")
    shutil.copytree(SOURCE, site / "bench", ignore=ignored, dirs_exist_ok=True)
    project = Project(folder / "made", site)
    project.add_corpus("core", TEXTS)
    project.add_corpus("letters", {"letter": ("test", LETTER)}, held=False)
    project.add_system("lines", 'class = "lines.py:Lines"\n', "lines.py", LINES)
    project.add_system("first", 'command = ["./extract"]\n', "extract", FIRST)
    project.add_system("moody", 'class = "moody.py:Moody"\n', "moody.py", MOODY)
    needy = 'class = "lines.py:Lines"\nrequires = ["no-such-distribution>=3"]\n'
    project.add_system("needy", needy, "lines.py", LINES)
    return project
