import re
import shlex
import sys
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

import bench.systems
from bench import worker
from bench.model import Article, DataError, Labelled, UnknownName
from bench.store import Places, encode
from bench.systems import (
    discover,
    environment,
    find,
    key,
    load,
    references,
    request,
    require_ready,
    training,
)

from made import HARBOUR

ARTICLE = Article("a", "Boats", "2031-05-06", "Boats “left”.", "test", "core", topic="ships")


def make(folder, declaration='command = ["cat"]', **files):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "system.toml").write_text(declaration)
    for name, content in files.items():
        (folder / name.replace("_py", ".py")).write_text(content)
    return folder


def places(*systems):
    return Places(gold=(), systems=systems, results=Path("unused"), cache=Path("unused"))


def distribution(folder, value, name="theirs"):
    """Install a distribution that offers one system, as pip would leave it in ``folder``."""
    info = folder / "their_systems-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-systems\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[claimbench.systems]\n{name} = {value}\n")


def test_every_folder_with_a_declaration_is_a_system_and_earlier_places_win(tmp_path):
    make(tmp_path / "mine" / "cues", 'command = ["mine"]')
    make(tmp_path / "theirs" / "cues", 'command = ["theirs"]')
    make(tmp_path / "theirs" / "lead")
    make(tmp_path / "theirs" / ".hidden", "nonsense")
    make(tmp_path / "theirs" / "_draft", "nonsense")
    (tmp_path / "theirs" / "notes").mkdir()
    found = discover(places(tmp_path / "mine", tmp_path / "theirs", tmp_path / "absent"))
    assert list(found) == ["cues", "lead"]
    assert found["cues"].command == ("mine",)


def test_everything_that_may_be_declared_is_carried_over(tmp_path):
    spec = load(
        make(
            tmp_path / "full",
            'class = "extract.py:System"\ntimeout = 3\nstartup = 4.5\nin_flight = 2\ntrain = true\n'
            'description = "all of it"\nrequires = ["msgspec>=0.1"]\nenv = { A = "b" }\n',
            extract_py="",
        )
    )
    assert spec.command == (
        sys.executable,
        worker.__file__,
        f"{tmp_path}/full/extract.py:System",
        "--in-flight",
        "2",
        "--train",
    )
    assert (spec.name, spec.folder) == ("full", f"{tmp_path}/full")
    assert (spec.timeout, spec.startup, spec.in_flight, spec.train) == (3.0, 4.5, 2, True)
    assert (spec.description, spec.env) == ("all of it", {"A": "b"})
    assert (spec.requires, spec.missing, spec.install) == (("msgspec>=0.1",), (), "")


@pytest.mark.parametrize(
    ("program", "found"), [("./extract", "{}/s/extract"), ("cat", "cat"), ("/bin/cat", "/bin/cat")]
)
def test_a_program_with_a_slash_lies_in_the_folder(tmp_path, program, found):
    folder = make(tmp_path / "s", f'command = ["{program}", "./argument"]')
    assert load(folder).command == (found.format(tmp_path), "./argument")


@pytest.mark.parametrize(
    ("declaration", "message"),
    [
        ('comand = ["x"]', "found unknown key 'comand' (did you mean 'command'?); expected only"),
        ('command = ["x"]\ntimout = 1\nzzz = 2', "'timout' (did you mean 'timeout'?), unknown key"),
        ("timeout = 3", "found neither of command and class; expected one of them"),
        ('command = ["x"]\nclass = "a.py:B"', "found both of command and class; expected one"),
        ("command = []", "Expected `array` of length >= 1 - at `$.command`"),
        ('command = "./extract"', "Expected `array | null`, got `str` - at `$.command`"),
        ('command = ["x"]\ntimeout = 0', "Expected `float` > 0.0 - at `$.timeout`"),
        ('command = ["x"]\nin_flight = 1.5', "Expected `int`, got `float` - at `$.in_flight`"),
        ('class = "extract"', "found class = 'extract'; expected 'FILE.py:Class'"),
        ('class = "absent.py:System"', "found no file absent.py; expected it beside system.toml"),
        ('command = ["x"]\nrequires = ["spacy=>3"]', "requires: found 'spacy=>3' ("),
        ('command = ["x"', "expected TOML in UTF-8"),
    ],
)
def test_a_wrong_declaration_is_named_with_file_and_expectation(tmp_path, declaration, message):
    folder = make(tmp_path / "s", declaration)
    with pytest.raises(DataError) as caught:
        load(folder)
    assert str(caught.value).startswith(f"{folder}/system.toml: ")
    assert message in str(caught.value)


def test_a_broken_declaration_is_listed_and_in_nobodys_way(tmp_path):
    make(tmp_path / "half", 'class = "extr')
    make(tmp_path / "whole")
    found = discover(places(tmp_path))
    assert not found["whole"].broken
    assert found["half"].broken
    with pytest.raises(DataError, match=r"half/system\.toml: .*; expected TOML in UTF-8"):
        require_ready(found["half"])


def test_a_misspelt_name_is_answered_with_the_nearest(tmp_path):
    make(tmp_path / "sentences")
    specs = discover(places(tmp_path))
    assert find("sentences", specs) is specs["sentences"]
    with pytest.raises(UnknownName, match="'sentense'; did you mean 'sentences'"):
        find("sentense", specs)


class TestEntryPoints:
    def test_a_module_stands_for_its_folder_and_is_not_run(self, tmp_path, monkeypatch):
        make(tmp_path / "their_module", __init___py="raise SystemExit('was run')")
        distribution(tmp_path, "their_module")
        monkeypatch.syspath_prepend(tmp_path)
        assert discover(places())["theirs"].folder == str(tmp_path / "their_module")

    def test_an_object_is_the_path_of_a_folder(self, tmp_path, monkeypatch):
        make(tmp_path / "elsewhere")
        (tmp_path / "their_paths.py").write_text(f"FOLDER = {str(tmp_path / 'elsewhere')!r}")
        distribution(tmp_path, "their_paths:FOLDER")
        monkeypatch.syspath_prepend(tmp_path)
        spec = discover(places())["theirs"]
        assert (spec.name, spec.folder) == ("theirs", str(tmp_path / "elsewhere"))

    def test_a_folder_of_the_same_name_wins(self, tmp_path, monkeypatch):
        make(tmp_path / "systems" / "theirs", 'command = ["mine"]')
        distribution(tmp_path, "no_such_module")
        monkeypatch.syspath_prepend(tmp_path)
        assert discover(places(tmp_path / "systems"))["theirs"].command == ("mine",)

    @pytest.mark.parametrize(
        ("value", "name", "reason"),
        [
            ("their_absence", "theirs", "DataError: found no module their_absence"),
            ("their_error:FOLDER", "theirs", "ZeroDivisionError: division by zero"),
            ("their_exit:FOLDER", "theirs", "SystemExit: 3"),
            ("their_empty", "theirs", "system.toml: No such file or directory"),
            ("their_module", "../theirs", "found the name '../theirs'; expected one fit"),
        ],
    )
    def test_a_broken_one_is_listed_with_its_reason(
        self, tmp_path, monkeypatch, value, name, reason
    ):
        make(tmp_path / "their_module", __init___py="")
        (tmp_path / "their_error.py").write_text("1/0")
        (tmp_path / "their_exit.py").write_text("raise SystemExit(3)")
        (tmp_path / "their_empty").mkdir()
        (tmp_path / "their_empty" / "__init__.py").touch()
        distribution(tmp_path, value, name)
        monkeypatch.syspath_prepend(tmp_path)
        spec = discover(places())[name]
        assert reason in spec.missing[0]
        assert spec.install == f"{sys.executable} -m pip install --upgrade their-systems"


class TestRequirements:
    def test_what_is_not_met_comes_with_the_command_that_installs_it(self, tmp_path):
        wanted = ["msgspec>=0.1", "msgspec>=999", "no-such-thing-at-all[x]==1.0"]
        spec = load(make(tmp_path, f'command = ["cat"]\nrequires = {wanted}'))
        assert [re.sub(r"found \S+", "found V)", m) for m in spec.missing] == [
            "msgspec>=999 (found V)",
            "no-such-thing-at-all[x]==1.0 (not installed)",
        ]
        assert shlex.split(spec.install) == [sys.executable, "-m", "pip", "install", *wanted[1:]]

    def test_one_of_several_is_enough_and_the_last_is_what_is_installed(self, tmp_path):
        def needs(wanted):
            return load(make(tmp_path, f'command = ["cat"]\nrequires = ["{wanted}"]'))

        for met in ("nope | msgspec>=0.1", "msgspec>=0.1 | nope==1"):
            assert (needs(met).missing, needs(met).install) == ((), "")
        unmet = needs("msgspec>=999 | nope==1")
        assert re.sub(r"found [^)]+", "found V", unmet.missing[0]) == (
            "msgspec>=999 (found V) or nope==1 (not installed)"
        )
        assert shlex.split(unmet.install)[-2:] == ["install", "nope==1"]
        assert needs("msgspec>=0.1 | nope").fingerprint != needs("jinja2 | nope").fingerprint

    def test_what_is_for_other_pythons_is_not_asked_for(self, tmp_path):
        wanted = "no-such-thing-at-all; python_version < '3'"
        assert load(make(tmp_path, f'command = ["cat"]\nrequires = ["{wanted}"]')).missing == ()

    @pytest.mark.process
    def test_another_interpreter_is_asked_itself(self, tmp_path):
        folder = make(
            tmp_path,
            'class = "extract.py:System"\npython = "bin/python3"\nrequires = ["msgspec", "nope"]',
            extract_py="",
        )
        (folder / "bin").mkdir()
        python = folder / "bin" / "python3"
        python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
        python.chmod(0o755)
        spec = load(folder)
        assert spec.command[0] == str(python)
        assert spec.missing == ("nope (not installed)",)
        assert spec.install == f"{python} -m pip install nope"
        python.write_text("#!/bin/sh\nexit 1\n")
        assert load(folder).missing[0].startswith(f"interpreter {python} does not answer: ")

    def test_an_interpreter_that_is_not_there_comes_with_the_commands_that_make_it(self, tmp_path):
        folder = make(
            tmp_path,
            'class = "extract.py:System"\npython = ".venv/bin/python"\nrequires = ["spacy>=3"]',
            extract_py="",
        )
        spec = load(folder)
        assert spec.missing == (f"no interpreter {folder}/.venv/bin/python",)
        assert spec.install == (
            f"{sys.executable} -m venv {folder}/.venv && "
            f"{folder}/.venv/bin/python -m pip install 'spacy>=3'"
        )

    def test_claimbench_itself_is_at_hand_and_counts_by_what_may_be_imported(
        self, tmp_path, monkeypatch
    ):
        folder = make(
            tmp_path / "s", 'class = "extract.py:S"\nrequires = ["claimbench"]', extract_py=""
        )
        spec = load(folder)
        assert spec.missing == ()
        assert spec.command[-2:] == ("--path", str(Path(bench.systems.__file__).parents[1]))
        (tmp_path / "text.py").write_text("changed = True")
        monkeypatch.setattr(bench.systems, "_HERE", tmp_path)
        assert load(folder).fingerprint != spec.fingerprint


class TestFingerprint:
    @pytest.fixture
    def folder(self, tmp_path):
        (tmp_path / "shared").mkdir()
        folder = make(tmp_path / "s", 'command = ["cat"]\nenv = { KEY = "${MY_KEY}" }', code_py="1")
        (folder / "prompts").symlink_to(tmp_path / "shared")
        return folder

    @pytest.mark.parametrize(
        ("path", "counts"),
        [
            ("prompt.txt", True),
            ("deep/er/prompt.txt", True),
            ("prompts/linked.txt", True),
            ("code.py", True),
            ("code.pyc", False),
            (".cache/answers.json", False),
            (".hidden", False),
            ("__pycache__/code.bin", False),
            (".venv/lib/module.py", False),
        ],
    )
    def test_it_changes_with_every_file_that_is_the_systems_own(self, folder, path, counts):
        before = load(folder).fingerprint
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("new")
        assert (load(folder).fingerprint != before) == counts

    def test_it_changes_when_a_file_moves(self, folder):
        before = load(folder).fingerprint
        (folder / "code.py").rename(folder / "other.py")
        assert load(folder).fingerprint != before

    def test_it_is_the_same_in_another_place(self, folder, tmp_path):
        before = load(folder).fingerprint
        assert load(folder.rename(tmp_path / "moved")).fingerprint == before

    def test_a_virtual_environment_of_any_name_is_not_the_systems_own(self, folder):
        before = load(folder).fingerprint
        (folder / "venv").mkdir()
        (folder / "venv" / "pyvenv.cfg").touch()
        assert load(folder).fingerprint == before

    def test_a_folder_that_holds_itself_ends(self, folder):
        (folder / "loop").symlink_to(folder)
        assert load(folder).fingerprint

    def test_it_changes_with_what_is_installed(self, tmp_path, monkeypatch):
        folder = make(tmp_path / "s", 'command = ["cat"]\nrequires = ["their-systems"]')
        distribution(tmp_path / "site", "unused")
        monkeypatch.syspath_prepend(tmp_path / "site")
        before = load(folder)
        info = tmp_path / "site" / "their_systems-1.0.dist-info" / "METADATA"
        info.write_text(info.read_text().replace("Version: 1.0", "Version: 1.1"))
        after = load(folder)
        assert before.missing == after.missing == ()
        assert before.fingerprint != after.fingerprint

    def test_secrets_take_no_part_in_it(self, folder, monkeypatch):
        monkeypatch.setenv("MY_KEY", "opensesame")
        spec = load(folder)
        assert environment(spec) == {"KEY": "opensesame"}
        assert b"opensesame" not in encode(spec)
        monkeypatch.setenv("MY_KEY", "other")
        assert load(folder).fingerprint == spec.fingerprint

    def test_a_secret_with_a_default_may_be_unset_and_stays_one(self, tmp_path, monkeypatch):
        folder = make(tmp_path / "s", 'command = ["cat"]\nenv = { KEY = "${MY_KEY:-}" }')
        monkeypatch.delenv("MY_KEY", raising=False)
        spec = load(folder)
        assert (spec.missing, environment(spec)) == ((), {"KEY": ""})
        monkeypatch.setenv("MY_KEY", "opensesame")
        assert environment(spec) == {"KEY": "opensesame"}
        assert references(spec.env) == ["MY_KEY"]
        assert load(folder).fingerprint == spec.fingerprint

    @pytest.mark.parametrize("value", [None, ""])
    def test_a_setting_is_a_need_and_makes_another_system(self, tmp_path, monkeypatch, value):
        folder = make(tmp_path / "s", 'command = ["cat"]\nsettings = ["MY_MODEL"]')
        monkeypatch.setenv("MY_MODEL", value or "")
        if value is None:
            monkeypatch.delenv("MY_MODEL")
        spec = load(folder)
        assert spec.missing == ("environment variable MY_MODEL",)
        assert spec.install == "export MY_MODEL=…"
        seen = set()
        for model in ("small", "large"):
            monkeypatch.setenv("MY_MODEL", model)
            spec = load(folder)
            assert spec.missing == ()
            seen.add(spec.fingerprint)
        assert len(seen) == 2

    def test_a_secret_that_is_not_set_is_a_need(self, folder, monkeypatch):
        monkeypatch.delenv("MY_KEY", raising=False)
        spec = load(folder)
        assert spec.missing == ("environment variable MY_KEY",)
        assert spec.install == "export MY_KEY=…"


def test_a_request_says_what_a_reader_of_the_article_knows_and_no_more():
    asked = request(ARTICLE)
    assert asked.endswith(b"}\n")
    assert msgspec.json.decode(asked) == {
        "id": "a",
        "title": "Boats",
        "date": "2031-05-06",
        "text": "Boats “left”.",
    }


def test_training_data_carry_every_field_and_end_with_null():
    *lessons, end, nothing = training([Labelled(ARTICLE, HARBOUR)]).split(b"\n")
    assert (end, nothing) == (b'{"train":null}', b"")
    (lesson,) = map(msgspec.json.decode, lessons)
    assert lesson["train"]["article"] == msgspec.json.decode(request(ARTICLE))
    assert [claim["text"] for claim in lesson["train"]["claims"]] == [c.text for c in HARBOUR]
    assert lesson["train"]["claims"][0]["polarity"] == "positive"
    assert lesson["train"]["claims"][0]["optional"] is False


def test_the_key_depends_on_system_request_and_training(tmp_path, monkeypatch):
    spec = load(make(tmp_path / "s"))
    asked = request(ARTICLE)
    same = key(spec, asked, "t")
    assert key(replace(spec, timeout=1.0), asked, "t") == same
    monkeypatch.setattr(bench.systems, "PROTOCOL", 2)
    others = [key(spec, asked, "t")]
    monkeypatch.undo()
    others += [
        key(replace(spec, fingerprint="other"), asked, "t"),
        key(spec, asked + b" ", "t"),
        key(spec, asked, "u"),
    ]
    assert len({same, *others}) == 5
