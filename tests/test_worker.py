import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench import worker
from bench.model import PROTOCOL

SYSTEMS = Path(__file__).parent / "fixtures" / "systems"
READY = {"ready": 1, "protocol": PROTOCOL}


class Conversation:
    """A worker, asked line by line."""

    def __init__(self, target, *options, **more):
        self.process = subprocess.Popen(
            [sys.executable, worker.__file__, target, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
            **more,
        )

    def say(self, value):
        self.process.stdin.write(json.dumps(value) + "\n")

    def hear(self):
        return json.loads(self.process.stdout.readline())

    def ask(self, name, title):
        self.say({"id": name, "title": title, "date": "2031-05-06", "text": "Boats left."})
        return self.hear()

    def end(self):
        """Close stdin; return the exit code, and what came on stdout and stderr."""
        said, words = self.process.communicate(timeout=20)
        return self.process.returncode, said, words


@pytest.fixture
def talk():
    started = []

    def start(target, *options, **more):
        started.append(Conversation(str(SYSTEMS / target), *options, **more))
        return started[-1]

    yield start
    for conversation in started:
        conversation.process.kill()
        conversation.process.communicate()


pytestmark = pytest.mark.process


def test_it_speaks_the_protocol_of_the_harness():
    assert worker.PROTOCOL == PROTOCOL


def test_it_is_written_for_python_3_8():
    source = Path(worker.__file__).read_text()
    tree = ast.parse(source, feature_version=(3, 8))
    imported = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    imported |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    assert {(name or "").split(".")[0] for name in imported} <= sys.stdlib_module_names


@pytest.mark.parametrize(
    ("title", "answer"),
    [
        ("strings", {"claims": ["one", {"text": "two"}]}),
        ("generator", {"claims": ["one", "two"]}),
        ("usage", {"claims": ["one"], "usage": {"tokens": 7, "details": {"cached": 3}}}),
        ("print", {"claims": ["fine"]}),
        ("child", {"claims": ["fine"]}),
        ("raise", {"error": "KeyError: 'missing'"}),
        ("exit", {"error": "SystemExit: enough"}),
        ("set", {"error": "TypeError: Object of type set is not JSON serializable"}),
        ("none", {"error": "TypeError: extract() returned NoneType; expected a list of claims"}),
        ("string", {"error": "TypeError: extract() returned str; expected a list of claims"}),
        ("number", {"error": "TypeError: 'int' object is not iterable"}),
    ],
)
def test_what_extract_returns_or_raises_is_the_answer(talk, title, answer):
    it = talk("class/extract.py:System")
    assert it.hear() == READY
    assert it.ask("a", title) == {"id": "a"} | answer
    assert it.ask("b", "strings")["id"] == "b"
    code, said, words = it.end()
    assert (code, said) == (0, "")
    assert ("Traceback" in words) == ("error" in answer)


def test_nan_is_an_error_in_the_words_of_the_interpreter(talk):
    it = talk("class/extract.py:System")
    it.hear()
    assert it.ask("a", "nan")["error"].startswith("ValueError: Out of range float")


def test_what_is_printed_goes_to_stderr(talk):
    it = talk("class/extract.py:System")
    it.hear()
    it.ask("a", "print")
    assert it.end() == (0, "", "not JSON\nnor this\n")


def test_with_several_in_flight_every_answer_comes(talk):
    it = talk("class/extract.py:System", "--in-flight", "3")
    it.hear()
    for name in "abcdef":
        it.say({"id": name, "title": "strings", "date": "", "text": ""})
    assert sorted(it.hear()["id"] for _ in "abcdef") == list("abcdef")


def test_training_comes_before_readiness(talk):
    it = talk("trains/extract.py:Trained", "--train")
    claim = {"text": "Boats left.", "type": "event", "polarity": "positive"}
    it.say({"train": {"article": {"id": "t"}, "claims": [claim]}})
    it.say({"train": None})
    assert it.hear() == READY
    assert it.ask("a", "")["claims"] == ["t: Boats left. (event, positive)"]


def test_it_leaves_at_the_end_of_stdin_though_extract_hangs(talk, tmp_path):
    (tmp_path / "slow.py").write_text(
        "import time\nclass Slow:\n    def extract(self, article):\n        time.sleep(60)\n"
    )
    it = talk(f"{tmp_path}/slow.py:Slow")
    assert it.hear() == READY
    it.say({"id": "a", "title": "", "date": "", "text": ""})
    assert it.end() == (0, "", "")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("", "AttributeError: module 'broken' has no attribute 'System'"),
        ("1/0", "ZeroDivisionError: division by zero"),
        ("class System:\n    def __init__(self): raise OSError('no model')", "OSError: no model"),
    ],
)
def test_a_system_that_cannot_be_made_is_told_on_stderr(talk, tmp_path, code, words):
    (tmp_path / "broken.py").write_text(code)
    it = talk(f"{tmp_path}/broken.py:System")
    assert it.process.stdout.readline() == ""
    assert it.process.wait(20) == 1
    assert it.end()[2].rstrip().endswith(words)


def test_modules_beside_the_file_are_found_and_those_of_the_harness_are_not(talk, tmp_path):
    (tmp_path / "beside.py").write_text("word = 'beside'")
    (tmp_path / "extract.py").write_text(
        "import importlib.util, beside\n"
        "class System:\n"
        "    def extract(self, article):\n"
        "        return [beside.word, str(importlib.util.find_spec('store'))]\n"
    )
    it = talk(f"{tmp_path}/extract.py:System")
    it.hear()
    assert it.ask("a", "")["claims"] == ["beside", "None"]


def test_a_further_folder_to_import_from_comes_last(talk, tmp_path):
    (tmp_path / "far").mkdir()
    for name in ("far/distant", "far/beside", "beside"):
        (tmp_path / f"{name}.py").write_text(f"word = {name!r}")
    (tmp_path / "extract.py").write_text(
        "import beside, distant\n"
        "class System:\n"
        "    def extract(self, article):\n"
        "        return [beside.word, distant.word]\n"
    )
    it = talk(f"{tmp_path}/extract.py:System", "--path", f"{tmp_path}/far")
    it.hear()
    assert it.ask("a", "")["claims"] == ["beside", "far/distant"]
