import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET

import pytest
from project import LETTER, NOTE, TALE, make_project


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A project in which nothing ran yet; only to be looked at or copied."""
    return make_project(tmp_path_factory.mktemp("cli"))


@pytest.fixture
def project(made, tmp_path):
    return made.copy(tmp_path / "project")


@pytest.fixture(scope="session")
def first_run(made):
    """The project after one run of everything, and what that run said."""
    project = made.copy(made.root.parent / "ran")
    return project, project("run", code=3)


@pytest.fixture(scope="session")
def ran(first_run):
    """A project in which everything ran once; only to be looked at or copied."""
    return first_run[0]


@pytest.fixture
def after(ran, tmp_path):
    return ran.copy(tmp_path / "after")


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def write_outputs(path, claims):
    records = [{"id": article, "claims": said} for article, said in claims.items()]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


# check


def test_check_of_clean_gold(made):
    done = made("check")
    assert done.out == (
        "core 0.1.0: 4 articles, 7 claims, no errors\n"
        "letters 0.1.0: 1 article, 1 claim, no errors; the text of 1 labelled article is not "
        "here; next: claimbench fetch letters --from DIR\n"
    )
    assert done.err == ""


def test_check_tells_every_problem_with_file_line_and_field(project):
    harbour, bakery = project.labels("harbour"), project.labels("bakery")
    project.edit(harbour, '"numerical"', '"numericla"')
    project.edit(bakery, '"facts":[["oven"],["two"]]', '"facts":[]')
    with bakery.open("a") as stream:
        stream.write("not JSON\n")
    done = project("check", code=1)
    assert f"{harbour}:3: type: found 'numericla'; expected one of rule, causal" in done.out
    assert "did you mean 'numerical'?" in done.out
    assert f"{bakery}:3: facts: found none; expected one group or more" in done.out
    assert f"{bakery}:4: line: found" in done.out
    assert done.err.startswith("error: the gold has 3 errors\n")


def test_check_records_a_release_and_keeps_it(project):
    out = project("check", "core", "--release").out
    assert re.match(r"core 0\.1\.0: [0-9a-f]{64}, of \d{4}-\d\d-\d\d\n", out)
    project.edit(project.labels("mill"), "Oxbow's mill stopped.", "Oxbow's mill stood still.")
    done = project("check", code=1)
    assert "version: found content " in done.out
    assert "with other content" in project.fails("check", "core", "--release", code=1)
    toml = project.root / "gold/core/corpus.toml"
    project.edit(toml, 'version = "0.1.0"', 'version = "0.2.0"')
    assert "core 0.2.0: " in project("check", "core", "--release").out
    project("check")


def test_nothing_is_released_that_is_not_whole(project):
    assert "without a CORPUS" in project.fails("check", "--release", code=2)
    error = project.fails("check", "core", "letters", "--release", code=1)
    assert "nothing is recorded: 0 errors; letters: the text of 1 labelled article" in error
    project.edit(project.labels("harbour"), '"numerical"', '"numericla"')
    done = project("check", "core", "--release", code=1)
    assert "nothing is recorded: 1 error" in done.err
    assert "found 'numericla'" in done.out
    assert not (project.root / "gold/core/releases.jsonl").exists()


@pytest.mark.parametrize("form", ["csv", "hf", "label-studio"])
def test_a_users_own_copy_is_exported_by_name_alone(project, tmp_path, form):
    mine = project.write("mine/letter.txt", LETTER).parent
    project("fetch", "letters", "--from", mine)
    project("export", form, tmp_path / "all")
    assert not any(b"run dry" in p.read_bytes() for p in (tmp_path / "all").rglob("*.*"))
    project("export", form, tmp_path / "own", "--corpus", "letters")
    assert any(b"run dry" in p.read_bytes() for p in (tmp_path / "own").rglob("*.*"))


def test_a_broken_file_of_an_annotator_costs_the_ceiling_alone(project):
    shutil.copytree(project.root / "gold/core/claims", project.root / "gold/annotators/A/core")
    with (project.root / "gold/annotators/A/core/bakery.jsonl").open("a") as stream:
        stream.write("garbage\n")
    done = project("run", "lines")
    assert "core: no ceiling, as the annotators' labels cannot be read" in done.err
    assert "Leaderboard of core" in done.out
    assert "annotators/A/core/bakery.jsonl:4: line: found" in project("check", code=1).out


def test_labels_go_to_label_studio_and_come_back(project, tmp_path):
    done = project("export", "label-studio", tmp_path / "out")
    assert f"{tmp_path}/out/core.json: 4 tasks\n" in done.out
    assert done.err.startswith("letters: its texts stay out, as they may not be passed on")
    again = project("import", tmp_path / "out/core.json", tmp_path / "back")
    assert len(again.out.splitlines()) == 4
    for article in ("harbour", "bakery", "orchard", "mill"):
        back = tmp_path / f"back/{article}.jsonl"
        assert back.read_bytes() == project.labels(article).read_bytes()
    assert "claimbench fetch letters" in project.fails(
        "export", "label-studio", tmp_path / "x", "--corpus", "letters", code=2
    )
    error = project.fails("import", tmp_path / "gone.json", tmp_path, code=2)
    assert "an export of Label Studio" in error


def test_annotators_are_the_ceiling_of_the_leaderboard(project):
    shutil.copytree(project.root / "gold/core/claims", project.root / "gold/annotators/A/core")
    out = project("run", "lines").out
    assert re.search(r"^annotator A +1\.000 .*\nlines ", out, re.MULTILINE)
    project("report", "--html", "page.html")
    written = (project.root / "results/LEADERBOARD.md").read_text()
    assert written.index("| annotator A | 1.000") < written.index("| lines |")
    assert "annotator A" in (project.root / "page.html").read_text()
    # Another gold than the cards': no ceiling rather than a wrong one.
    path = project.labels("bakery")
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:2]))
    project("report")
    assert "annotator A" not in (project.root / "results/LEADERBOARD.md").read_text()


def test_check_of_nothing(made, tmp_path):
    error = made.fails("--root", tmp_path, "check", code=2)
    assert error == f"error: {tmp_path}/gold: found no corpus; expected NAME/corpus.toml\n"


def test_check_fix_turns_a_draft_into_kept_labels(project):
    path = project.labels("harbour")
    kept = path.read_bytes()
    head, *claims = lines_of(path)
    for claim, quote in zip(
        claims, ("Ferry drivers in", "Fourteen", "The night boat"), strict=True
    ):
        del claim["id"]
        claim["spans"] = [quote]
    project.write_labels("harbour", [head, *reversed(claims)])
    assert f"{path}: fixed" in project("check", "core", "--fix").out
    fixed = lines_of(path)[1:]
    assert [c["id"] for c in fixed] == ["harbour-c01", "harbour-c02", "harbour-c03"]
    assert [c["spans"] for c in fixed] == [[[0, 16]], [[44, 52]], [[79, 93]]]
    assert [c["text"] for c in fixed] == [
        json.loads(line)["text"] for line in kept.splitlines()[1:]
    ]
    assert "fixed" not in project("check", "core", "--fix").out


def test_check_fix_says_what_it_cannot_fix(project):
    path = project.labels("mill")
    head, claim = lines_of(path)
    claim["spans"] = ["The mill at Oxbough stopped"]
    project.write_labels("mill", [head, claim])
    done = project("check", "core", "--fix", code=1)
    assert f"{path}:2: spans[0]: found 'The mill at Oxbough stopped'" in done.out
    assert "the nearest are 'The mill at Oxbow stopped.'" in done.out


# list, fetch


def test_list_says_what_is_ready_and_what_is_lacking(made):
    out = made("list").out
    assert "lines   ready" in out
    assert "needy   skipped, lacks no-such-distribution>=3 (not installed)" in out
    assert "pip install" in out
    assert "letters  0.1.0    0 of 1 here         1       1" in out


def test_list_tells_of_a_folder_that_is_no_system(project):
    stray = project.write("systems/mine/code.py", "").parent
    assert project("list").err == (
        f"{stray}: found no system.toml; expected one in the folder of a system\n"
    )


def test_a_system_with_a_mistake_in_its_declaration_stops_itself_alone(project):
    broken = project.write("systems/half/system.toml", 'class = "extr')
    assert re.search(r"^half +broken:", project("list").out, re.MULTILINE)
    done = project("run", code=2)
    assert "lines" in done.out
    assert f"error: {broken}: " in done.err
    assert project.kept("lines").exists()
    assert project("run", "half", code=2).err.startswith(f"error: {broken}: ")


def test_list_as_json(made):
    listing = json.loads(made("list", "--json").out)
    needy = {s["name"]: s for s in listing["systems"]}["needy"]
    assert needy["missing"] == ["no-such-distribution>=3 (not installed)"]
    assert needy["install"].endswith("-m pip install 'no-such-distribution>=3'")
    assert [c["name"] for c in listing["corpora"]] == ["core", "letters"]
    assert listing["corpora"][1]["absent"] == ["letter"]


def test_list_goes_on_where_labels_are_a_draft(project):
    project.edit(project.labels("mill"), '"id":"mill-c01",', "")
    assert "claimbench check core" in project("list").out


def test_fetch_finds_a_text_by_its_content(project):
    mine = project.write("mine/some name.text", LETTER).parent
    assert (
        "letters: 1 article fetched, 0 already there"
        in project("fetch", "letters", "--from", mine).out
    )
    shutil.rmtree(mine)
    again = project("fetch", "letters")
    assert "letters: 0 articles fetched, 1 already there" in again.out
    assert "letters 0.1.0: 1 article, 1 claim, no errors\n" in project("check").out


def test_fetch_says_which_article_differs(project):
    mine = project.write("mine/letter.txt", LETTER + "PS: it rained.\n").parent
    error = project.fails("fetch", "letters", "--from", mine, code=2)
    assert "letter: differs: found SHA-256" in error
    assert "next: save the text" in project.fails("fetch", "letters", code=2)


# run


def test_run_of_everything(first_run):
    project, done = first_run
    assert (
        "lines on core/test: 2 articles, 0 finished before and not run again, 2 run now" in done.out
    )
    assert "Leaderboard of core, test split" in done.out
    assert "skipped: needy: lacks no-such-distribution>=3 (not installed): " in done.out
    assert "-m pip install 'no-such-distribution>=3'" in done.out
    for system, count in {"lines": 2, "first": 2, "moody": 2}.items():
        header, *records = lines_of(project.kept(system, "outputs.jsonl"))
        assert (header["system"], header["corpus"], len(records)) == (system, "core", count)
        assert project.card(system)["system"] == system
    assert not project.kept("needy").exists()


def test_run_says_why_a_system_failed_without_obeying_its_bytes(first_run):
    _, done = first_run
    assert "  bakery: error: ValueError: no oven today\n    \ufffd[2Jnor tomorrow\n" in done.err
    assert done.err.endswith(
        "error: not every article was answered by moody; what was not counts as empty\n"
        "  next: claimbench show bakery --system moody says why; "
        "claimbench run moody --retry asks again\n"
    )


def test_a_score_by_hand(ran):
    # Every line of the two articles is a claim and all are called events: 5 claims, 1 numerical.
    counts = {a["article_id"]: a for a in ran.card("lines")["by_article"]}
    assert counts["harbour"]["claims"] == {"tp": 3}
    assert counts["bakery"]["claims"] == {"tp": 2}
    assert counts["harbour"]["types"] == {"numerical": {"fn": 1}, "event": {"tp": 2, "fp": 1}}


def test_a_finished_run_is_not_run_again_and_changes_no_byte(after):
    files = [after.kept("lines", name) for name in ("outputs.jsonl", "score.json")]
    before = [(f.read_bytes(), f.stat().st_mtime_ns) for f in files]
    done = after("run", "lines", "lines")
    assert (
        done.out.count("lines on core/test: 2 articles, 2 finished before and not run again") == 1
    )
    assert [(f.read_bytes(), f.stat().st_mtime_ns) for f in files] == before


def test_retry_asks_only_what_failed(after):
    after.write("oven", "")
    assert "1 failed" in after("run", "moody", code=3).out
    done = after("run", "moody", "--retry")
    assert "1 finished before and not run again, 1 run now, 0 failed" in done.out


def test_a_system_that_does_not_start_is_told_once(project):
    project.edit(project.root / "systems/lines/lines.py", "class Lines", "class Other")
    done = project("run", "lines", code=3)
    assert done.err.count("did not start") == 1
    assert "  harbour, bakery: crash: did not start" in done.err


def test_other_splits_are_scored_but_not_kept(after):
    before = after.kept("lines").read_bytes()
    out = after("run", "lines", "--split", "dev").out
    assert "lines on core, dev split: claims by type" in out
    assert after.kept("lines").read_bytes() == before
    articles = [r["article_id"] for r in lines_of(after.kept("lines", "outputs.jsonl"))[1:]]
    assert sorted(articles) == ["bakery", "harbour", "mill"]


def test_all_corpora_are_those_whose_text_is_here(after):
    done = after("run", "lines", "--corpus", "all")
    assert done.err == (
        "letters: not scored: the text of 1 labelled article is not here; "
        "next: claimbench fetch letters --from DIR\n"
    )
    assert not after.kept("lines", corpus="letters").exists()


def test_a_corpus_that_is_here_in_part_is_scored_but_not_kept(project):
    project.add_corpus("letters", {"letter": ("test", LETTER), "note": ("test", NOTE)}, held=False)
    mine = project.write("mine/a.txt", LETTER).parent
    project("fetch", "letters", "--from", mine, code=2)
    for corpus in ("letters", "all"):
        done = project("run", "lines", "--corpus", corpus, code=3)
        assert "lines on letters/test: 1 article, " in done.out
        assert "letters: the text of 1 labelled article is not here; no score is kept" in done.err
    assert not project.kept("lines", corpus="letters").exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["run", "linse"], "no system named 'linse'; did you mean 'lines'?"),
        (["run", "needy"], "-m pip install 'no-such-distribution>=3'"),
        (["run", "lines", "--corpus", "letters"], "next: claimbench fetch letters --from DIR"),
        (["run", "lines", "--corpus", "cor"], "no corpus named 'cor'; did you mean 'core'?"),
        (["run", "lines", "--split", "tset"], "no split named 'tset'; did you mean 'test'?"),
        (["try", "lines"], "expected exactly one of --text, --file and --article"),
        (["try", "lines", "--article", "harbor"], "did you mean 'harbour'?"),
        (["try", "lines", "--file", "gold"], "gold: Is a directory; expected a text in UTF-8"),
        (["new", "lines"], "systems/lines is already there"),
        (["new", "Big Name!"], "next: claimbench new big-name"),
        (["show", "harbor"], "no article named 'harbor'; did you mean 'harbour'?"),
        (["show", "harbour", "--system", "linse"], "did you mean 'lines'?"),
        (["show", "harbour", "--system", "lines"], "next: claimbench run lines"),
        (["score"], "next: claimbench run --corpus core"),
        (["score", "--check"], "found no such scorecards"),
        (["score", "--save"], "found --name or --save without --outputs"),
        (["score", "--matcher", "exatc"], "no matcher named 'exatc'; did you mean 'exact'?"),
        (["score", "--outputs", "nowhere"], "nowhere: No such file or directory"),
        (["report"], "results: found no scorecards"),
        (["compare", "", "gold"], "no file, folder, system with results or git revision named ''"),
        (["compare", "gold", "gold"], "gold: found no scorecards"),
        (["compare", "gold/core/corpus.toml", "gold"], "expected a scorecard"),
        (["audit", "--agreement"], "found no articles that two annotators labelled"),
        (["audit", "--properties"], "found no judged predictions"),
        (["audit", "--agreement", "cor"], "no corpus named 'cor'; did you mean 'core'?"),
        (["--root", "/nowhere", "list"], "/nowhere: found no such folder"),
    ],
    ids=lambda value: "_".join(value) if isinstance(value, list) else "",
)
def test_wrong_use_is_one_message_that_helps(made, arguments, expected):
    assert expected in made.fails(*arguments, code=2)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["chekc"], "Did you mean 'check'?"),
        (["run", "--jbos", "2"], "--jobs"),
        (["run", "--jobs", "0"], "--jobs"),
        (["new", "mine", "--kind", "pyton"], "python"),
        (["compare", "one"], "Missing argument"),
        (["compare", "one", "two", "--tolerance", "nan"], "--tolerance"),
    ],
    ids=lambda value: "_".join(value) if isinstance(value, list) else "",
)
def test_misspelt_commands_and_options(made, arguments, expected):
    done = made(*arguments, code=2)
    assert expected in done.err
    assert done.out == ""


# score


def test_score_follows_the_gold_and_runs_no_system(after):
    shutil.rmtree(after.root / "systems")
    head, first, *_ = lines_of(after.labels("bakery"))
    after.write_labels("bakery", [head, first])
    assert re.search(r"^lines +1 +0\.800", after("score", "lines", "first").out, re.MULTILINE)
    counts = [a["claims"] for a in after.card("lines")["by_article"]]
    assert counts == [{"tp": 3}, {"tp": 1, "fp": 1}]


def test_score_of_own_outputs_is_the_score_of_the_run(ran, tmp_path):
    shutil.copy(ran.kept("lines", "outputs.jsonl"), tmp_path / "mine.jsonl")
    out = ran("score", "--outputs", tmp_path / "mine.jsonl").out
    table, run_table = (text.split("mine")[-1] for text in (out, ran("score", "lines").out))
    assert table == run_table.split("lines")[-1]


def test_score_of_plain_strings_in_part_and_for_others(after, tmp_path):
    said = {
        "harbour": ["Ferry drivers went on strike in Port Alder.", "Nothing else."],
        "elsewhere": ["It rained."],
    }
    path = write_outputs(tmp_path / "mine.jsonl", said)
    done = after("score", "--outputs", path, "--name", "GPT, perhaps", code=3)
    assert "GPT, perhaps  0.500" in done.out
    assert "1 missing" in done.out
    assert "not in core/test, not scored: elsewhere" in done.err
    assert "no outputs for bakery" in done.err
    assert f"next: add the missing articles to {path}" in done.err
    assert not after.kept("GPT, perhaps").exists()


def test_score_save_keeps_outputs_and_score(after, tmp_path):
    said = {"harbour": ["The night boat had not left."], "bakery": []}
    path = write_outputs(tmp_path / "mine.jsonl", said)
    after("score", "--outputs", path, "--save")
    assert [a["claims"] for a in after.card("mine")["by_article"]] == [
        {"tp": 1, "fn": 2},
        {"fn": 2},
    ]
    assert "matched" in after("show", "harbour", "--system", "mine").out
    assert "score.json: as recomputed" in after("score", "--check", "mine").out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--name", "../evil", "--save"], "next: claimbench score … --name evil"),
        (["--name", "lines", "--save"], "its outputs are not to be replaced"),
        (["--split", "dev", "--save"], "kept scores are of split test"),
        (["lines"], "found --outputs together with systems"),
        (["--split", "dev"], "expected articles of core/dev: mill"),
    ],
    ids=lambda value: "_".join(value) if isinstance(value, list) else "",
)
def test_score_of_outputs_refuses(made, tmp_path, arguments, expected):
    path = write_outputs(tmp_path / "mine.jsonl", {"harbour": [], "bakery": []})
    assert expected in made.fails("score", "--outputs", path, *arguments, code=2)
    assert not (made.root / "results").exists()


def test_score_check_passes_where_nothing_changed(ran):
    out = ran("score", "--check").out
    assert out.count("score.json: as recomputed\n") == 3


def test_score_check_fails_on_any_difference(after):
    after.edit(after.kept("lines", "outputs.jsonl"), "Its oven burned", "Its door burned")
    after.edit(after.kept("first"), '"corpus": "core"', '"corpus": "gone"')
    after.kept("moody", "outputs.jsonl").unlink()
    done = after("score", "--check", code=1)
    assert "lines/score.json: differs: counts of bakery\n" in done.out
    assert "first/score.json: differs: no corpus named 'gone' any more\n" in done.out
    assert "moody/score.json: not checked: its outputs are not here\n" in done.out
    assert "error: 3 scorecards cannot be had again from kept outputs and gold" in done.err


def test_score_check_names_the_field_that_changed(after):
    after.edit(after.labels("bakery"), "Elm Lane's bakery closed.", "Elm Lane's bakery shut.")
    out = after("score", "--check", "lines", code=1).out
    assert "lines/score.json: differs: gold: " in out
    assert "counts" not in out


def test_score_replaces_a_damaged_card_but_not_one_of_a_newer_version(after):
    good = after.card("lines")["by_article"]
    after.kept("lines").write_text("{")
    after("score", "lines")
    assert after.card("lines")["by_article"] == good
    after.edit(after.kept("lines"), '"schema": 1', '"schema": 99')
    error = after.fails("score", "lines", code=2)
    assert "score.json: found schema version 99" in error
    assert "next: pip install --upgrade claimbench" in error


# compare


def test_compare_of_two_systems_tells_claims_first_then_deltas(ran):
    out = ran("compare", "first", "lines").out
    gained = out.index("lines against first on core: claims gained (3)")
    assert "harbour-c03  The night boat had not left." in out
    assert gained < out.index("lines against first on core: F1")
    assert "types ignored      0.571  1.000  +0.429" in out
    assert "PASS lines against first on core, F1 of claims: improved by 0.429" in out


def test_compare_fails_when_f1_fell(ran):
    files = [ran.kept(system) for system in ("lines", "first")]
    done = ran("compare", *files, code=1)
    assert "first against lines on core: claims lost (3)" in done.out
    assert "FAIL first against lines on core" in done.out
    assert done.err.startswith("error: the comparison fails\n")
    assert ran("compare", *files, "--tolerance", "0.5").code == 0


def test_compare_takes_a_scorecard_under_any_name_and_folders(ran, tmp_path):
    shutil.copy(ran.kept("lines"), tmp_path / "base.json")
    for pair in ((tmp_path / "base.json", "lines"), (ran.root / "results", "results")):
        assert "PASS lines on core, F1 of claims: identical counts" in ran("compare", *pair).out


def test_compare_writes_markdown_junit_and_the_step_summary(ran, tmp_path):
    markdown, junit, summary = (tmp_path / name for name in ("a.md", "a.xml", "summary"))
    summary.write_text("before\n")
    files = ["--markdown", markdown, "--junit", junit]
    gate = ran(
        "compare", "lines", "first", *files, "--github", code=1, GITHUB_STEP_SUMMARY=str(summary)
    )
    assert "### first against lines on core: claims lost (3)" in markdown.read_text()
    assert summary.read_text() == "before\n" + markdown.read_text()
    cases = ET.parse(junit).findall("testsuite/testcase")  # noqa: S314  (our own)
    assert [case.get("name") for case in cases] == ["first"]
    assert "fell by 0.429" in cases[0].find("failure").get("message")
    assert gate.err.count("error: ") == 1


def test_compare_for_github_needs_its_summary(ran):
    assert "GITHUB_STEP_SUMMARY" in ran.fails("compare", "lines", "lines", "--github", code=2)
    lost = {"GITHUB_STEP_SUMMARY": "/nowhere/summary"}
    assert (
        "/nowhere/summary: cannot write"
        in ran("compare", "lines", "lines", "--github", code=3, **lost).err
    )


def test_compare_names_the_field_that_differs_and_rescoring_mends_it(after, tmp_path):
    shutil.copytree(after.root / "results", tmp_path / "old")
    after.edit(after.labels("bakery"), "Elm Lane's bakery closed.", "Elm Lane's bakery shut.")
    after("score", code=3)
    error = after.fails("compare", tmp_path / "old", "results", code=2)
    assert "were not measured alike: gold: " in error
    out = after("compare", tmp_path / "old", "results", "--rescore").out
    assert "PASS overall on core: 0 of 3 systems fail the gate" in out


def test_compare_says_what_it_cannot_score_again(after, tmp_path):
    shutil.copytree(after.root / "results", tmp_path / "old")
    after.edit(after.labels("bakery"), "Elm Lane's bakery closed.", "Elm Lane's bakery shut.")
    after("score", code=3)
    for results in (tmp_path / "old/core", after.root / "results/core"):
        (results / "lines/outputs.jsonl").unlink()
    letters = '{"schema":1,"system":"lines","corpus":"letters"}\n'
    after.write("results/letters/lines/outputs.jsonl", letters)
    done = after("compare", tmp_path / "old", "results", "--rescore")
    assert "letters/lines/outputs.jsonl: not scored again: the text of 1 labelled" in done.err
    assert "lines on core: not compared: the gold or the matcher changed" in done.err
    assert "PASS overall on core: 0 of 2 systems fail the gate" in done.out


def test_compare_fails_when_a_system_or_an_article_vanished(after, tmp_path):
    shutil.copytree(after.root / "results", tmp_path / "old")
    shutil.rmtree(after.kept("first").parent)
    outputs = after.kept("lines", "outputs.jsonl")
    outputs.write_text("".join(outputs.read_text().splitlines(keepends=True)[:-1]))
    after("score", "lines", code=3)
    for rescore in ([], ["--rescore"]):
        out = after("compare", tmp_path / "old", "results", *rescore, code=1).out
        assert "FAIL first on core has no scorecard any more" in out
        assert "no output any more for bakery" in out


def test_compare_fails_when_the_only_system_vanished(after, tmp_path):
    for name in ("first", "moody"):
        shutil.rmtree(after.kept(name).parent)
    shutil.copytree(after.root / "results", tmp_path / "old")
    after("run", "first")
    shutil.rmtree(after.kept("lines").parent)
    assert (
        "FAIL lines on core has no scorecard any more"
        in after("compare", tmp_path / "old", "results", code=1).out
    )


def test_compare_refuses_a_system_that_was_never_scored(after):
    after.write("results/core/half/outputs.jsonl", '{"schema":1,"system":"half","corpus":"core"}\n')
    error = after.fails("compare", "half", "lines", code=2)
    assert error == "error: half: found no scorecards\n  next: claimbench run\n"


def test_compare_of_incomplete_runs(after, tmp_path):
    path = write_outputs(tmp_path / "part.jsonl", {"harbour": []})
    after("score", "--outputs", path, "--save", code=3)
    done = after("compare", "part", "part", code=3)
    assert "error: part on core: outputs of 1 of 2 articles" in done.err
    whole = after("compare", "results", "results")  # one of several, and known: no alarm
    assert "part on core: outputs of 1 of 2 articles\n" in whole.err


def test_compare_with_a_git_revision(after):
    def git(*arguments):
        subprocess.run(
            ["git", "-c", "user.name=Ada", "-c", "user.email=ada@localhost", *arguments],
            cwd=after.root,
            check=True,
            capture_output=True,
        )

    git("init", "--quiet")
    git("commit", "--quiet", "--allow-empty", "--message", "nothing yet")
    done = after("compare", "HEAD", "results", code=0)
    assert "HEAD: found no scorecards" in done.err
    assert "PASS lines on core is new: nothing to compare it with" in done.out
    git("add", "--all")
    git("commit", "--quiet", "--message", "results")
    assert "PASS overall on core: 0 of 3 systems" in after("compare", "HEAD", "results").out
    after.edit(after.root / "systems/lines/lines.py", ".splitlines()", ".splitlines()[:1]")
    after("run", "lines")
    out = after("compare", "HEAD", "results", code=1).out
    assert "lines on core: claims lost (3)" in out
    assert "FAIL overall on core: 1 of 3 systems fail the gate" in out
    alone = after("compare", "HEAD", "lines", "--rescore", code=1).out
    assert "FAIL overall on core: 1 of 1 systems fail the gate" in alone
    shutil.rmtree(after.root / "results")
    assert "PASS overall on core: 0 of 3 systems" in after("compare", "HEAD", "HEAD").out


# show, report


def test_show_of_gold_alone(made):
    out = made("show", "harbour").out
    assert out.startswith("harbour: On the harbour\n")
    assert "harbour-c02  numerical  Fourteen ferry crossings were cancelled." in out


def test_show_aligns_and_gives_reasons(ran):
    out = ran("show", "harbour", "--system", "first").out
    assert "matched" in out
    assert "missed" in out
    assert "is below 0.5" in out
    assert "1 matched, 2 missed" in out


def test_show_of_a_failure(ran):
    out = ran("show", "bakery", "--system", "moody").out
    assert out.startswith("moody on bakery: error: ValueError: no oven today\n    \ufffd[2Jnor")
    assert "nothing was predicted" in out


def test_show_tells_the_cause_beside_the_reason(after):
    write_outputs(
        after.kept("lines", "outputs.jsonl"), {"harbour": ["Nine crossings were cancelled."]}
    )
    out = after("show", "harbour", "--system", "lines").out
    assert re.search(r"^missed .* wrong number +lacks 14", out, re.MULTILINE)


def test_diagnose_tells_causes_gains_and_examples(ran, tmp_path):
    file = tmp_path / "causes.json"
    done = ran("diagnose", "--json", file, "--examples", 1)
    assert done.out.startswith("Causes of errors on core, test split\n")
    rows = [line.split() for line in done.out.splitlines()[1:]]
    assert rows[0] == ["cause", "lines", "first", "moody"]
    assert ["missed", "0", "/", "0", "0", "/", "3", "0", "/", "5"] in rows
    assert ["F1", "as", "it", "is", "1.000", "0.571", "0.000"] in rows
    assert ["missed", "0", "+0.429", "+1.000"] in rows
    assert [
        "missed",
        "moody",
        "harbour",
        *"Ferry drivers in Port Alder went on strike.".split(),
    ] in rows
    assert [d["system"] for d in json.loads(file.read_bytes())["diagnoses"]] == rows[0][1:]
    alone = ran("diagnose", "first").out
    assert "moody" not in alone
    assert "Examples" not in alone


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["linse"], "did you mean 'lines'?"),
        (["--corpus", "letters"], "letters: nothing to diagnose: the text of 1 labelled article"),
        (["--split", "dev", "needy"], "next: claimbench run needy"),
        (["--corpus", "cor"], "did you mean 'core'?"),
    ],
)
def test_diagnose_says_what_it_lacks(ran, arguments, expected):
    assert expected in ran.fails("diagnose", *arguments, code=2)


def test_report_writes_a_leaderboard_and_a_page(after, tmp_path):
    page = tmp_path / "report.html"
    out = after("report", "--html", page).out
    board = after.root / "results" / "LEADERBOARD.md"
    assert out == f"{board}\n{page}\n"
    text = board.read_text()
    assert "| lines | 1 | 1.000 [1.00, 1.00] | 1.000 [1.00, 1.00] |" in text
    assert text.index("| lines |") < text.index("| first |") < text.index("| moody |")
    html = page.read_text()
    assert "The oven of the bakery burned for two hours." in html
    assert "no-such-distribution" in html
    assert "Why claims were missed or made up" in html
    assert "<strong>missed</strong>" in html
    after("report")
    assert board.read_text() == text


# audit, export


def test_audit(project):
    project.add_corpus("tales", {"tale": ("test", TALE)})
    done = project("audit", "tales", "letters")
    assert done.out.count("  PASS ") >= 30
    assert "FAIL" not in done.out
    assert "in all 18,135 small cases the order of claims changes nothing" in done.out
    assert "Claims of tales made false by one edit" in done.out
    assert "letters: not attacked: the text of 1 labelled article is not here" in done.out


def test_audit_of_the_annotators(project):
    for who in ("A", "B"):
        folder = project.root / "gold/annotators" / who / "core"
        shutil.copytree(project.root / "gold/core/claims", folder)
    (folder / "mill.jsonl").unlink()
    head, first, *_ = lines_of(folder / "harbour.jsonl")
    (folder / "harbour.jsonl").write_text(
        "".join(json.dumps(v) + "\n" for v in (head, {**first, "type": "property"}))
    )
    out = project("audit", "--agreement").out
    # Three articles, 6 claims of A and 4 of B, all found in A: F1 = 2 * 4 / 10.
    assert re.search(r"^core +3 +6 +4 +0\.800 \[0\.", out, re.MULTILINE)
    assert "F1 by type before adjudication" in out
    # Against the gold A is perfect; B, who stopped early, is not.
    assert re.search(r"^A +core +7 +1\.000 \[1\.00, 1\.00\]", out, re.MULTILINE)
    assert re.search(r"^B +core +4 +0\.800 \[0\.", out, re.MULTILINE)


def test_properties_stand_beside_the_leaderboard_with_their_worth(after, tmp_path):
    text = after("score", "lines").out
    # Five lines of two articles, each a sentence of its own, none said twice.
    assert re.search(r"^lines +5 +1\.000 \[1\.00, 1\.00\] +1\.000 ", text, re.MULTILINE)
    assert "kappa" not in text
    examples = [
        {"id": f"{article}{n}", "article": article, "part": "test", "prediction": wording}
        | {"readings": {who: {"atomic": yes, "polite": yes} for who in "AB"}}
        for article in ("harbour", "bakery")
        for n, (wording, yes) in enumerate(
            {"Ada left.": True, "Ada left and Bo came.": False}.items()
        )
    ]
    lines = "".join(json.dumps(v) + "\n" for v in ({"schema": 1}, *examples))
    after.write("gold/pairs/properties.jsonl", lines)
    assert "(agreement with readers: kappa 1.000 [1.00, 1.00])" in after("score", "lines").out
    out = after("audit", "--properties").out
    assert re.search(r"^polite +test +4 +1\.000 .* 1\.000 \[1\.00, 1\.00\]$", out, re.MULTILINE)
    assert re.search(r"^atomic +test +4 +2 +1\.000 \[", out, re.MULTILINE)
    after("report", "--html", tmp_path / "page.html")
    assert "Properties of the predictions: core, test split" in (tmp_path / "page.html").read_text()


def test_export_csv(made, tmp_path):
    done = made("export", "csv", tmp_path)
    assert done.err.startswith("letters: its texts stay out, as they may not be passed on")
    with (tmp_path / "core/claims.csv").open(newline="") as stream:
        claims = list(csv.DictReader(stream))
    assert [c["id"] for c in claims if c["article"] == "bakery"] == ["bakery-c01", "bakery-c02"]
    assert json.loads(claims[0]["spans"]) == [[0, 42]]


# the process itself


def test_version_and_help(made):
    assert made("--version").out.startswith("claimbench ")
    text = made("--help").out
    commands = [line.split()[0] for line in text.partition("Commands:")[2].strip().splitlines()]
    assert " ".join(commands) == (
        "check list fetch run score compare show diagnose try new doctor schema report audit judge "
        "pool export import"
    )
    assert "..." not in text.partition("Commands:")[2]  # every line is whole at 80 columns


@pytest.mark.process
def test_ctrl_c_keeps_what_was_answered(project):
    slow = "import time\nfrom pathlib import Path\n" + (
        "class Slow:\n"
        "    def extract(self, article):\n"
        "        while article['id'] == 'bakery' and not Path('../../go').exists():\n"
        "            time.sleep(0.01)\n"
        "        return []\n"
    )
    project.add_system("slow", 'class = "slow.py:Slow"\n', "slow.py", slow)
    running = project.start("run", "slow", "--jobs", "1", stderr=subprocess.PIPE, text=True)
    outputs = project.kept("slow", "outputs.jsonl")
    while not (outputs.exists() and outputs.read_bytes().count(b"\n") == 2):
        assert running.poll() is None
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate()
    assert running.returncode == 3
    assert err == (
        "error: interrupted; what was answered is kept\n"
        "  next: the same command goes on from there\n"
    )
    project.write("go", "")
    assert "1 finished before and not run again, 1 run now" in project("run", "slow").out


@pytest.mark.parametrize(("command", "code"), [("run lines", 3), ("show harbour", 0)])
def test_a_reader_that_goes_away_is_no_error(ran, command, code):
    reading, writing = os.pipe()
    os.close(reading)
    done = ran.start(*command.split(), stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert done.communicate()[1] == ""
    assert done.returncode == code


def test_a_full_disk_behind_stdout_is_told(made):
    with open("/dev/full", "w") as full:  # noqa: PTH123  (a device)
        done = made.start("list", stdout=full, stderr=subprocess.PIPE, text=True)
        err = done.communicate()[1]
    assert err == "error: output: No space left on device\n"
    assert done.returncode == 3


def test_a_terminal_without_unicode(made):
    assert "lines   ready" in made("list", PYTHONIOENCODING="ascii").out


def test_nothing_heavy_is_imported_to_start(made):
    heavy = ["numpy", "scipy", "sklearn", "datasets", "rich", "jinja2"]
    code = f"import sys, bench.cli; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], env=made.env, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_compare_tells_a_scorecard_of_another_version_of_its_system(after):
    code = after.root / "systems" / "lines" / "lines.py"
    code.write_text(code.read_text() + "\n# a new idea\n")
    err = after("compare", "results", "results", code=0).err
    assert "lines on core: STALE" in err
    assert "next: claimbench run lines --corpus core" in err
    assert "first on core: STALE" not in err


def test_report_leaves_an_old_score_out_and_says_so(after):
    after.edit(after.kept("first"), '"split": "test"', '"split": "dev"')
    done = after("report", code=0)
    assert "first on core: an old score, left out (split: dev against test)" in done.err
    board = (after.root / "results" / "LEADERBOARD.md").read_text()
    assert "| lines |" in board
    assert "| first |" not in board
