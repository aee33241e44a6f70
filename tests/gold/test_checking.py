import json

import pytest

from bench.gold import check
from bench.gold.draft import CLAIM_KEYS
from bench.model import UnknownName

VOSS = {"name": "Lena Voss", "mode": "indirect"}


@pytest.fixture
def toy(project):
    return project.add_corpus()


def found(project, names=None):
    """Problems as (file name, line, field, found), which is what a fix needs."""
    return [
        (p.file.rsplit("/", 1)[-1], p.line, p.field, p.found) for p in check(project.places, names)
    ]


def only(project):
    problems = check(project.places)
    assert len(problems) == 1, "\n".join(map(str, problems))
    return problems[0]


def relabel(project, article="one", corpus="toy", line=2, **changes):
    """Change fields of one claim, the first if no line is given; ``...`` drops a field."""
    path = project.labels(article, corpus)
    lines = [json.loads(raw) for raw in path.read_text().splitlines()]
    claim = {**lines[line - 1], **changes}
    order = sorted(claim, key=lambda k: CLAIM_KEYS.index(k) if k in CLAIM_KEYS else 99)
    lines[line - 1] = {k: claim[k] for k in order if claim[k] is not ...}
    path.write_text("".join(json.dumps(v, separators=(",", ":")) + "\n" for v in lines))


def test_a_sound_corpus_has_no_problem(toy):
    assert check(toy.places) == []


@pytest.mark.parametrize(
    ("changes", "field", "said", "wanted"),
    [
        ({"type": "evnt"}, "type", "'evnt'", "did you mean 'event'?"),
        ({"txet": "x"}, "txet", "an unknown key", "did you mean 'text'?"),
        ({"text": ...}, "text", "no such key", "one"),
        ({"text": 3}, "text", "3", "str"),
        ({"central": "yes"}, "central", "'yes'", "bool"),
        ({"polarity": "neg"}, "polarity", "'neg'", "did you mean 'negative'?"),
        ({"phenomena": ["elipsis"]}, "phenomena[0]", "'elipsis'", "did you mean 'ellipsis'?"),
        ({"forms": ["Drivers struck."]}, "forms", "1 other wordings", "two or more"),
        (
            {"forms": ["Drivers struck.", "drivers struck"]},
            "forms[1]",
            "the words of forms[0] again",
            "another wording",
        ),
        (
            {"forms": ["Port Alder's ferry drivers went on strike", "Drivers struck."]},
            "forms[0]",
            "the words of text again",
            "another wording",
        ),
        ({"facts": []}, "facts", "none", "one group or more"),
        ({"facts": [["driver*"], []]}, "facts[1]", "an empty group", "one alternative or more"),
        ({"facts": [["dri*er*", "driver*"]]}, "facts[0][0]", "'dri*er*'", "only at the end"),
        ({"facts": [["driver*", "–"]]}, "facts[0][1]", "'–'", "whole words"),
        (
            {"forms": ["Drivers walked out.", "A strike by drivers began."]},
            "forms[0]",
            "'Drivers walked out.'",
            "one of facts[1]: strike*, struck",
        ),
        ({"spans": []}, "spans", "none", "one or more"),
        ({"spans": [[4, 4]]}, "spans[0]", "4 to 4", "0 <= start < end"),
        ({"spans": [[-5, 5]]}, "spans[0]", "-5 to 5", "0 <= start < end"),
        ({"spans": [[0, 5, 6]]}, "spans[0]", "[0, 5, 6]", "array of length 2"),
        ({"spans": [[0, "5"]]}, "spans[0][1]", "[0, '5']", "int"),
        ({"spans": [[0, 9999]]}, "spans[0]", "end 9999", "at most 159"),
        ({"spans": [[0, 45]]}, "spans[0]", "'Ferry drivers", "no white space at its ends"),
        ({"spans": [[0, 13], [6, 20]]}, "spans[1]", "(6, 20) after (0, 13)", "not overlap"),
        ({"spans": [[0, 13], [0, 13]]}, "spans[1]", "(0, 13) after (0, 13)", "not overlap"),
        ({"spans": [[6, 13], [0, 5]]}, "spans[1]", "(0, 5) after (6, 13)", "in order"),
        ({"spans": ["Ferry drivers"]}, "spans", "quotations", "claimbench check --fix"),
        ({"type": "position"}, "source", "null", "the holder of the position"),
        ({"optional": True}, "optional", "true for type event", "false, or property"),
        (
            {"source": {**VOSS, "mode": "direct"}},
            "phenomena",
            "source.mode direct without direct-quote",
            "both or neither",
        ),
        (
            {"phenomena": ["direct-quote"]},
            "phenomena",
            "direct-quote without source.mode direct",
            "both or neither",
        ),
        (
            {"source": {**VOSS, "via": ["X"]}},
            "phenomena",
            "source.via without nested-attribution",
            "both or neither",
        ),
        (
            {"phenomena": ["nested-attribution"]},
            "phenomena",
            "nested-attribution without source.via",
            "both or neither",
        ),
        ({"certainty": "hedged"}, "phenomena", "certainty hedged without hedge", "both"),
        ({"phenomena": ["hedge"]}, "phenomena", "hedge without certainty hedged", "both"),
        ({"polarity": "negative"}, "phenomena", "polarity negative without negation", "too"),
        ({"source": {"name": "Odd", "mode": "mixed"}}, "source", "'Odd'", "the article uses"),
        ({"source": {**VOSS, "aliases": ["Voss", "Odd"]}}, "source", "'Odd'", "article uses"),
        ({"source": {**VOSS, "mode": "loud"}}, "source.mode", "'loud'", "one of direct, mixed"),
        ({"source": {**VOSS, "vai": []}}, "source.vai", "an unknown key", "did you mean 'via'?"),
        ({"id": "two-c01"}, "id", "'two-c01'", "one-cNN"),
        ({"id": "one-c1"}, "id", "'one-c1'", "one-cNN"),
    ],
)
def test_one_wrong_field_is_one_problem(toy, changes, field, said, wanted):
    relabel(toy, **changes)
    problem = only(toy)
    assert (problem.file, problem.line) == (str(toy.labels("one")), 2)
    assert problem.field == field
    assert said in problem.found
    assert wanted in problem.expected


VOSS_SAID = {"source": {**VOSS, "mode": "direct"}, "phenomena": ["direct-quote"]}


@pytest.mark.parametrize(
    ("line", "changes", "field", "said", "wanted"),
    [
        (2, {"spans": [[0, 44], [73, 77]]}, "spans[1]", "'Lena'", "words that carry some"),
        (
            3,
            {"text": "15 crossings were cancelled.", "facts": [["crossing*"]]},
            "text",
            "the number 15",
            "the article has",
        ),
        (3, VOSS_SAID, "source.mode", "direct", "one span in quotation marks"),
        (
            4,
            {"text": "The strike is reckless.", "facts": [["reckless"]]},
            "text",
            "reckless",
            "its holder, Lena Voss",
        ),
        (2, {"type": "numerical"}, "type", "numerical", "another type, as no word speaks for"),
        (2, {"text": "Port Alder's ferry drivers will strike."}, "type", "event", "for 'will'"),
        (
            3,
            {"text": "Because of drivers 14 crossings were cancelled."},
            "type",
            "numerical",
            "one of causal, prediction, rule, for 'because'",
        ),
    ],
)
def test_what_may_be_a_label_error_is_a_warning(toy, line, changes, field, said, wanted):
    relabel(toy, line=line, **changes)
    problems = [p for p in check(toy.places) if "another layout" not in p.found]
    (problem,) = problems
    assert (problem.line, problem.field, problem.severity) == (line, field, "warning")
    assert said in problem.found
    assert wanted in problem.expected
    assert problem.claim == f"one-c{line - 1:02}"


def test_a_number_from_another_sentence_needs_a_reason(toy):
    toy.edit(toy.labels("one"), '"spans":[[88,121]]', '"spans":[[98,121]]')
    problem = next(p for p in check(toy.places) if p.field == "text")
    assert "the number 14" in problem.found
    relabel(toy, line=3, phenomena=["ellipsis"])
    assert "text" not in [p.field for p in check(toy.places)]


@pytest.mark.parametrize(
    "text",
    ["The strike began on 5 May 2031.", "It began in 2031.", "It ended by 5 p.m."],
)
def test_dates_are_no_numbers_to_be_found(toy, text):
    relabel(toy, text=text, facts=[["began", "ended", "strike*", "struck"]])
    assert [p.field for p in check(toy.places) if "number" in p.found] == []


def test_a_sentence_carries_a_claim_or_a_reason(toy):
    relabel(toy, line=2, spans=[[73, 82]])
    problem = next(p for p in check(toy.places) if p.field == "no_claim")
    assert (problem.line, problem.severity) == (1, "error")
    assert "Ferry drivers in Port Alder struck on Monday" in problem.found
    header = '"summary":"Drivers struck. A gate shut."'
    excuse = '"no_claim":[{"span":[0,71],"reason":"a wish"}]'
    toy.edit(toy.labels("one"), header, f"{header},{excuse}")
    assert "no_claim" not in [p.field for p in check(toy.places)]


@pytest.mark.parametrize(
    ("entry", "field", "said"),
    [
        ('{"span":[0,71],"reason":"thanks"}', "no_claim[0].span", "Ferry drivers"),
        ('{"span":[71,900],"reason":"thanks"}', "no_claim[0].span", "(71, 900)"),
        ('{"span":[72,73],"reason":" "}', "no_claim[0].reason", "nothing"),
        ('{"span":[72,73]}', "no_claim[0].reason", "no such key"),
        ('{"span":"What?","reason":"question"}', "no_claim[0].span", "'What?'"),
    ],
)
def test_what_is_wrong_with_an_excuse_is_said(toy, entry, field, said):
    header = '"summary":"Drivers struck. A gate shut."'
    toy.edit(toy.labels("one"), header, f'{header},"no_claim":[{entry}]')
    problem = only(toy)
    assert (problem.line, problem.field) == (1, field)
    assert said in problem.found


def test_a_text_without_words_is_said_beside_the_facts_that_it_lacks(toy):
    relabel(toy, text=" ")
    assert [p.expected for p in check(toy.places)] == [
        "a sentence",
        "one of facts[0]: driver*",
        "one of facts[1]: strike*, struck",
    ]


def test_a_name_that_differs_only_in_case_is_one_that_the_article_uses(toy):
    relabel(toy, source={"name": "Lena Voss", "aliases": ["lena VOSS"], "mode": "indirect"})
    assert check(toy.places) == []


def test_warnings_are_marked(toy):
    relabel(toy, optional=True)
    assert only(toy).severity == "warning"
    relabel(toy, optional=..., type="rlue")
    assert only(toy).severity == "error"


def test_a_negation_needs_no_negative_polarity(toy):
    relabel(toy, phenomena=["negation"])
    assert check(toy.places) == []


def test_one_line_can_have_many_problems(toy):
    relabel(toy, type="evnt", forms=["x", 3], spans=[[9, 3], [1, 2]], certainty="hedged", txet=1)
    assert found(toy) == [
        ("one.jsonl", 2, "txet", "an unknown key"),
        ("one.jsonl", 2, "forms[1]", "3"),
        ("one.jsonl", 2, "type", "'evnt'"),
        ("one.jsonl", 2, "spans[0]", "9 to 3"),
        ("one.jsonl", 2, "spans[1]", "(1, 2) after (9, 3)"),
        ("one.jsonl", 2, "phenomena", "certainty hedged without hedge"),
    ]


def test_quotations_that_are_nowhere_are_said_before_a_fix(toy):
    relabel(toy, spans=["Ferry driver", "Ferry drivers", [0, 3], 8])
    assert found(toy) == [
        ("one.jsonl", 2, "spans", "quotations"),
        ("one.jsonl", 2, "spans[3]", "8"),
    ]
    relabel(toy, spans=["Ferry divers"])
    assert found(toy)[1] == ("one.jsonl", 2, "spans[0]", "'Ferry divers'")


def test_ids_are_unique_and_in_order(toy):
    relabel(toy, line=3, id="one-c01")
    assert found(toy) == [("one.jsonl", 3, "id", "'one-c01', as in line 2")]
    relabel(toy, line=3, id="one-c04")
    assert found(toy) == [("one.jsonl", 4, "id", "'one-c03' after 'one-c04'")]


def test_claims_are_in_order_of_their_first_span(toy):
    relabel(toy, line=2, spans=[[88, 96]])
    assert [p.field for p in check(toy.places)] == ["no_claim", "spans[0]"]
    relabel(toy, line=2, spans=[[89, 96]])
    assert ("one.jsonl", 3, "spans", "(88, 121) after (89, 96)") in found(toy)


def test_a_gap_in_the_numbers_is_another_layout(toy):
    relabel(toy, line=4, id="one-c09")
    problem = only(toy)
    assert (problem.field, problem.severity) == ("file", "warning")
    assert "claimbench check --fix" in problem.expected


def test_a_claim_that_is_listed_twice_is_said(toy):
    relabel(
        toy,
        line=3,
        text="PORT ALDER's ferry drivers went on strike!",
        facts=[["14", "strike*"]],
        type="event",
    )
    assert found(toy) == [("one.jsonl", 3, "text", "the words of line 2 again")]


def test_five_central_claims_at_most_and_one_at_least(toy):
    relabel(toy, central=...)
    problem = only(toy)
    assert (problem.line, problem.found, problem.severity) == (None, "no central claim", "warning")
    path = toy.labels("one")
    header, first = path.read_text().splitlines()[:2]
    claims = [
        {
            **json.loads(first),
            "id": f"one-c{n:02d}",
            "central": True,
            "text": f"Strike {n} drivers.",
        }
        for n in range(1, 8)
    ]
    path.write_text("\n".join([header, *map(json.dumps, claims)]) + "\n")
    assert [problem for problem in found(toy) if problem[2] == "central"] == [
        ("one.jsonl", 7, "central", "central claim number 6"),
        ("one.jsonl", 8, "central", "central claim number 7"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "said"),
    [
        ('"schema":1', '"schema":2', 1, "schema", "version 2"),
        ('"schema":1', '"schema":"1"', 1, "schema", "'1'"),
        ('"article":"one"', '"article":"two"', 1, "article", "'two'"),
        ('"summary":"Drivers struck. A gate shut."', '"summary":" "', 1, "summary", "nothing"),
        ('"summary"', '"sumary"', 1, "sumary", "an unknown key"),
        ('"type":"event"', '"type":"event"}', 2, "line", "malformed"),
        ("crossings were", "crossings \\ud800 were", 3, "line", "surrogate"),
        ("crossings were", "cro\u0301ssings were", 3, "file", "decomposed characters"),
    ],
)
def test_what_is_wrong_with_header_or_line_is_said(toy, old, new, line, field, said):
    toy.edit(toy.labels("one"), old, new)
    problems = [p for p in check(toy.places) if p.severity == "error"]
    assert (problems[0].line, problems[0].field) == (line, field)
    assert said in problems[0].found


def test_a_file_of_a_newer_claimbench_is_not_judged_further(toy):
    toy.edit(toy.labels("one"), '"schema":1', '"schema":2,"new":true')
    assert "pip install --upgrade claimbench" in only(toy).expected


@pytest.mark.parametrize(
    ("change", "line", "said"),
    [
        (lambda data: b"\xef\xbb\xbf" + data, 1, "a byte order mark"),
        (lambda data: data.replace(b"\n", b"\r\n"), 1, "a carriage return"),
        (lambda data: data[:-1], 4, "no newline at the end"),
        (lambda data: data.replace(b"Fourteen", b"\xffourteen"), 3, "'utf-8' codec can't decode"),
        (lambda data: data[:-30], 4, "truncated"),
        (lambda data: data + b"[1]\n", 5, "a JSON list"),
        (lambda data: data.replace(b"\n", b"\n\n"), None, "another layout"),
    ],
)
def test_bytes_that_are_no_clean_lines_are_said(toy, change, line, said):
    path = toy.labels("one")
    path.write_bytes(change(path.read_bytes()))
    assert (line, True) in [(p.line, said in p.found) for p in check(toy.places)]


def test_a_header_must_be_there_and_come_first(toy):
    path = toy.labels("one")
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[1:]))
    assert found(toy) == [("one.jsonl", 1, "header", "none")]
    path.write_text("".join([lines[1], lines[0], *lines[2:]]))
    assert found(toy) == [("one.jsonl", 2, "header", "claims before it")]


def test_an_article_without_claims_is_said(toy):
    toy.write_labels("one", [])
    assert found(toy) == [("one.jsonl", None, "claims", "none")]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xef\xbb\xbfText.\n", "a byte order mark"),
        (b"Text.\r\n", "a carriage return"),
        (b"Text.", "no newline at the end"),
        ("Te\u0301xt.\n".encode(), "decomposed characters"),
        (b"T\xff.\n", "'utf-8' codec"),
        (b"\n", "nothing"),
        (b"Text.\n", "SHA-256"),
    ],
)
def test_what_is_wrong_with_a_text_is_said(toy, data, said):
    toy.text("one").write_bytes(data)
    mine = [p for p in check(toy.places) if p.file == str(toy.text("one"))]
    assert any(said in p.found for p in mine)
    assert any(p.field == "text" and "SHA-256" in p.found for p in mine)


def test_missing_files_are_said(toy):
    toy.text("one").unlink()
    toy.labels("two").unlink()
    assert [(name, field) for name, _, field, _ in found(toy)] == [
        ("one.txt", "file"),
        ("two.jsonl", "file"),
    ]


def test_every_problem_is_said_in_one_run(toy):
    """Bytes, lines, fields, ids, offsets, a text that changed and one that is gone."""
    one, two = toy.labels("one"), toy.labels("two")
    toy.edit(one, '"type":"event"', '"type":"rumour"')
    toy.edit(one, "[[88,121]]", "[[88,1210]]")
    toy.edit(one, '"id":"one-c03"', '"id":"one-c02"')
    one.write_bytes(b"\xef\xbb\xbf" + one.read_bytes().replace(b"\n", b"\r\n"))
    toy.edit(two, "Fourteen crossings", "Fourteen \\ud83d crossings")
    toy.text("two").write_text(toy.text("two").read_text() + "More.\n")
    toy.text("three").unlink()
    problems = found(toy)
    for expected in (
        ("one.jsonl", 1, "file", "a byte order mark"),
        ("one.jsonl", 1, "file", "a carriage return"),
        ("one.jsonl", 2, "type", "'rumour'"),
        ("one.jsonl", 3, "spans[0]", "end 1210"),
        ("one.jsonl", 4, "id", "'one-c02', as in line 3"),
        ("three.txt", None, "file", "No such file or directory"),
    ):
        assert expected in problems
    said = [(name, line, field) for name, line, field, _ in problems]
    assert ("two.jsonl", 3, "line") in said  # a surrogate that stands alone is no character
    assert ("two.txt", None, "text") in said  # the SHA-256 of another text


def test_strays_are_said(toy):
    strays = [
        toy.folder() / "articles" / "ten.txt",
        toy.folder() / "articles" / "one.text",
        toy.folder() / "claims" / "ten.jsonl",
        toy.folder() / "notes.txt",
    ]
    for path in strays:
        path.write_text("x\n")
    (toy.folder() / "README.md").write_text("Fine.\n")
    problems = check(toy.places)
    assert sorted(p.file for p in problems) == sorted(map(str, strays))
    assert {p.found for p in problems} == {"a file of no article"}


def test_texts_of_a_fetched_corpus_must_not_lie_in_the_project(project):
    project.add_corpus(held=False, splits={"one": "test"})
    (project.folder() / "articles").mkdir()
    assert found(project) == [("articles", None, "file", "a file of no article")]


@pytest.mark.parametrize(
    ("old", "new", "field", "said"),
    [
        ('split = "dev"', 'split = "def"', "article[1].split", "'def'"),
        ('date = "2031-05-06"', 'date = "2031-02-30"', "article[0].date", "'2031-02-30'"),
        ('date = "2031-05-06"', "date = 2031-05-06", "article[0].date", "datetime.date"),
        ("[[article]]", '[[article]]\nfile = "x.csv"\nrow = 1', "article[0].file", "'x.csv'"),
        ("[[article]]", "[[article]]\nrow = 1", "article[0].row", "file None, row 1"),
        ('licence = "CC0"', 'normalise = ["nfk"]', "normalise[0]", "'nfk'"),
    ],
)
def test_what_is_wrong_with_a_description_is_said(toy, old, new, field, said):
    before = toy.toml().read_text()
    toy.toml().write_text(before.replace(old, new, 1))
    problem = next(p for p in check(toy.places) if p.field == field)
    assert problem.file == str(toy.toml())
    assert said in problem.found


def test_labels_are_checked_even_if_the_description_is_broken(toy):
    toy.edit(toy.toml(), "schema = 1", "schema = [")
    relabel(toy, type="evnt", spans=[[0, 9999]])
    assert [(name, field) for name, _, field, _ in found(toy)] == [
        ("corpus.toml", "file"),
        ("one.jsonl", "type"),
    ]


def test_a_held_corpus_lacks_no_split(project):
    project.add_corpus(splits={"one": "train", "two": "test"})
    assert (only(project).found, only(project).severity) == ("none in split dev", "warning")


def test_an_empty_corpus_is_said(project):
    project.add_corpus(splits={"one": "test"}, held=False)
    project.labels("one").unlink()
    toml = project.toml().read_text()
    project.toml().write_text(toml[: toml.index("[[article]]")])
    assert (only(project).field, only(project).found) == ("article", "none")


def test_ids_of_articles_are_unique_over_all_corpora(toy):
    toy.add_corpus("other", splits={"two": "test", "four": "train", "five": "dev"})
    assert [(f, said) for _, _, f, said in found(toy)] == [
        ("article[0].id", "'two' 2 times (in other, toy)"),
        ("article[1].id", "'two' 2 times (in other, toy)"),
    ]
    assert [f for _, _, f, _ in found(toy, ["toy"])] == ["article[1].id"]


def test_only_the_corpora_that_are_named_are_checked(toy):
    toy.add_corpus("other", splits={"four": "train", "five": "dev", "six": "test"})
    relabel(toy, type="evnt")
    assert found(toy, ["other"]) == []
    assert len(found(toy, ["toy"])) == 1
    with pytest.raises(UnknownName, match="did you mean 'toy'"):
        check(toy.places, ["tyo"])


def test_without_its_text_a_fetched_corpus_is_checked_as_far_as_possible(project):
    project.add_corpus(held=False, splits={"one": "test"})
    relabel(project, spans=[[0, 9999]], source={"name": "Odd", "mode": "mixed"})
    assert check(project.places) == []
    relabel(project, certainty="hedged")
    assert only(project).field == "phenomena"


def test_a_fetched_text_that_differs_is_said_with_both_hashes(project):
    project.add_corpus(held=False, splits={"one": "test"})
    project.cache("one", "Another text.\n")
    problem = only(project)
    assert problem.found.startswith("SHA-256 ")
    assert problem.expected.endswith(": claimbench fetch toy")
    assert problem.found.split()[1] != problem.expected[:64]


COPY = "Ferry drivers in Port Alder struck on Monday and"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": f"{COPY} sang."}, "text"),
        ({"forms": ["Drivers struck.", f"The {COPY.lower()} sang."]}, "forms[1]"),
    ],
)
def test_labels_share_at_most_eight_words_in_a_row_with_a_fetched_text(project, changes, field):
    project.add_corpus(held=False, splits={"one": "test"})
    project.cache("one")
    assert check(project.places) == []
    relabel(project, **changes)
    problem = only(project)
    assert problem.field == field
    assert "ferry drivers in port alder struck on monday and" in problem.found


def test_eight_words_in_a_row_are_let_pass_and_a_held_text_is_ours(project):
    project.add_corpus(held=False, splits={"one": "test"})
    project.cache("one")
    relabel(project, text="Ferry drivers in Port Alder struck on Monday, sadly.")
    assert check(project.places) == []
    project.add_corpus("held", splits={"a": "train", "b": "dev", "c": "test"})
    relabel(project, "a", "held", text=f"{COPY} sang.")
    assert check(project.places) == []


def test_a_summary_is_not_copied_either(project):
    project.add_corpus(held=False, splits={"one": "test"})
    project.cache("one")
    project.edit(project.labels("one"), "Drivers struck.", f"{COPY} more.")
    assert only(project).field == "summary"
