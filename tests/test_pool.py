"""What systems found and the gold lacks: gathered, judged, taken in; all text is invented."""

import json

import msgspec
import pytest
from project import CLAIMS, LETTER, TEXTS, make_project

from bench import gold
from bench.gold.pooled import Pooled, pooled_id
from bench.matching import keyed
from bench.model import SCHEMA, Claim, DataError, Extraction, Gold, SchemaVersionError, StorageError
from bench.pool import QueueHeader, carried, gather, read_queue, take_in, write_queue
from bench.pool.history import raised
from bench.run import read_outputs
from bench.score import evaluate
from bench.store import Header, Places, write_atomic, write_jsonl

BOAT = "The night boat had not left."
OVEN = "The oven burned for two hours."
ENTRY = TEXTS["bakery"][1].index("Its oven")

DRAFT = {
    "text": "The oven of the bakery burned for two hours.",
    "forms": ["The bakery's oven was on fire for two hours.", OVEN],
    "type": "event",
    "spans": ["Its oven burned for two hours"],
    "facts": [["oven"], ["two"]],
    "phenomena": ["coreference"],
}


@pytest.fixture
def project(tmp_path):
    """The oven of the bakery is not in the gold, and its sentence said to carry no claim."""
    made = make_project(tmp_path)
    head = {"schema": SCHEMA, "article": "bakery", "summary": "It is so. It stays so."}
    head["no_claim"] = [{"span": [ENTRY, ENTRY + 30], "reason": "aside"}]
    claim = {"id": "bakery-c01", **CLAIMS["bakery"][0], "spans": [[0, 29]]}
    made.write_labels("bakery", [head, claim])
    made.places = Places((made.root / "gold",), (), made.root / "results", made.root / "cache")
    return made


def keep(project, system, corpus="core", **claims):
    records = [
        Extraction(article, "k", "ok", tuple(Claim(text=text) for text in texts))
        for article, texts in claims.items()
    ]
    path = project.root / "results" / corpus / system / "outputs.jsonl"
    write_jsonl(path, Header(schema=SCHEMA, system=system, corpus=corpus), records)


def outputs(**systems):
    return {
        system: {
            article: Extraction(article, "", "ok", tuple(Claim(text=t) for t in texts))
            for article, texts in claims.items()
        }
        for system, claims in systems.items()
    }


def gathered(project, **systems):
    return gather(gold.load("core", project.places, "test"), outputs(**systems))


def queue(project, *candidates, name="queue.jsonl", corpus="core", split="test", **header):
    """A queue of the project's gold as it is, on disk."""
    found = gold.find_corpus(corpus, project.places)
    fields = {
        "schema": SCHEMA,
        "corpus": corpus,
        "split": split,
        "version": found.version,
        "gold": gold.digest_unread(found, split),
        "matcher": "keyed",
        "systems": ("rich",),
    }
    path = project.root / name
    write_queue(path, QueueHeader(**(fields | header)), candidates)
    return path


def judged(candidate, decision, **fields):
    return msgspec.structs.replace(candidate, decision=decision, **fields)


@pytest.fixture
def oven(project):
    (candidate,) = gathered(project, rich={"bakery": [OVEN]})
    return candidate


def files(project):
    return {
        path: path.read_bytes()
        for path in sorted((project.root / "gold").rglob("*"))
        if path.is_file()
    }


# ---- gathering


def test_a_candidate_holds_what_a_reader_needs(oven):
    assert oven.id == pooled_id("bakery", OVEN)
    assert (oven.article, oven.prediction, oven.also) == ("bakery", OVEN, ())
    assert oven.systems == ("rich",)
    assert (oven.nearest.claim, oven.nearest.text) == ("bakery-c01", CLAIMS["bakery"][0]["text"])
    assert 0 <= oven.nearest.similarity < 1
    assert oven.nearest.reason
    assert oven.sentences == ((ENTRY, ENTRY + 30),)
    assert oven.support == "Its oven burned for two hours."
    assert (oven.decision, oven.claim, oven.of, oven.form, oven.reason) == ("", None, "", "", "")


def test_matched_predictions_their_duplicates_and_the_ungrounded_are_left_out(project):
    found = gathered(
        project,
        rich={
            "bakery": ["The bakery in Elm Lane closed.", "Elm Lane's bakery closed."],
            "harbour": ["The mayor resigned.", "41 crossings were cancelled.", "", "…"],
        },
        poor={"harbour": [BOAT, BOAT.upper()]},
    )
    assert found == []


def test_an_answer_that_failed_has_no_candidates(project):
    record = Extraction("bakery", "", "error", (Claim(text=OVEN),), "no")
    found = gather(gold.load("core", project.places), {"rich": {"bakery": record}})
    assert found == []


def test_equal_and_near_equal_wordings_are_one_candidate(project):
    (found,) = gathered(
        project,
        b={"bakery": ["ITS OVEN burned for two hours"]},
        a={"bakery": [OVEN, "its oven burned for two hours!"]},
        c={"bakery": ["its oven burned two hours"]},
    )
    assert found.systems == ("a", "b", "c")
    assert found.prediction == "ITS OVEN burned for two hours"  # two systems put its words out
    assert {*found.also} == {OVEN, "its oven burned two hours"}
    assert found.ids[0] == found.id
    assert len({*found.ids}) == 3


def test_what_differs_in_a_number_or_a_negation_is_not_merged(project):
    text = "Ada sold two boats.\nAda sold three boats.\nAda sold no boats.\n"
    item = gold.load("core", project.places, "test").items[0]
    article = msgspec.structs.replace(item.article, text=text)
    bare = msgspec.structs.replace(item, article=article, claims=())
    found = gather(
        Gold(corpus="core", version="1", split="test", items=(bare,)),
        outputs(rich={item.article.id: text.splitlines()}),
    )
    assert sorted(c.prediction for c in found) == sorted(text.splitlines())
    assert [c.nearest for c in found] == [None] * 3


def test_what_more_systems_say_comes_first_then_what_comes_first_in_the_article(project):
    labels = project.labels("harbour")
    labels.write_text("\n".join(labels.read_text().splitlines()[:2]) + "\n")
    night, cancelled = "The night boat had left.", "Crossings were cancelled."
    found = gathered(
        project,
        a={"harbour": [night, cancelled], "bakery": [OVEN]},
        b={"bakery": [OVEN]},
    )
    assert [c.prediction for c in found] == [OVEN, cancelled, night]


def test_the_order_of_systems_and_claims_changes_nothing(project):
    one = {"bakery": [OVEN, "Its oven burned two hours"], "harbour": ["The boat had left."]}
    two = {"bakery": ["its OVEN burned for two hours."]}
    turned = {article: texts[::-1] for article, texts in reversed(one.items())}
    assert gathered(project, a=one, b=two) == gathered(project, b=two, a=turned)


def test_what_was_judged_before_does_not_come_up(project, oven):
    labelled = gold.load("core", project.places, "test")
    rich = outputs(rich={"bakery": ["THE OVEN BURNED FOR TWO HOURS"]})
    assert gather(labelled, rich, {oven.id}) == []
    assert len(gather(labelled, rich, {pooled_id("harbour", OVEN)})) == 1


# ---- the queue as a file


def test_a_queue_comes_back_as_it_was_written(project, oven):
    path = queue(project, judged(oven, "reject", reason="an aside"))
    read = read_queue(path)
    assert read.candidates == {2: judged(oven, "reject", reason="an aside")}
    assert read.header.version == "0.1.0"
    assert json.loads(path.read_text().splitlines()[1])["of"] == ""  # a form to be filled in


def test_no_queue_is_written_over_another(project, oven):
    path = queue(project, judged(oven, "reject", reason="an aside"))
    before = path.read_bytes()
    with pytest.raises(DataError, match="--decided"):
        queue(project, oven)
    assert path.read_bytes() == before


GARBAGE = [
    ({"id": "boo"}, "id: found 'boo'; expected"),
    ({"id": "0" * 16}, "which stands for article and prediction"),
    ({"prediction": "Another."}, "which stands for article and prediction"),
    ({"article": 7}, "article: found 7; expected str"),
    ({"also": "x"}, "also: found 'x'"),
    ({"systems": [1]}, r"systems\[0\]: found 1; expected str"),
    ({"nearest": {"claim": "x"}}, "nearest.text: found no such key"),
    ({"sentences": [[0]]}, r"sentences\[0\]"),
    ({"support": None}, "support: found null; expected str"),
    ({"decision": "rejct"}, "expected one of claim, form, reject; did you mean 'reject'"),
    ({"decision": None}, "decision: found null"),
    ({"decision": "claim"}, "claim: found nothing; expected the claim as in a draft"),
    ({"decision": "claim", "claim": "x"}, "claim: found 'x'"),
    ({"decision": "form", "form": "A wording."}, "of: found nothing; expected the id"),
    ({"decision": "form", "of": "bakery-c01", "form": " "}, "form: found nothing"),
    ({"decision": "reject", "reason": " "}, "reason: found nothing; expected why"),
    ({"reason": "an aside"}, "reason: found 'an aside' beside decision ''"),
    ({"decision": "reject", "reason": "x", "of": "y"}, "of: found 'y' beside decision 'reject'"),
    ({"verdict": "reject"}, "verdict: found an unknown key"),
]


@pytest.mark.parametrize(("change", "told"), GARBAGE, ids=[str(g[0]) for g in GARBAGE])
def test_garbage_is_told_by_line_and_field(project, oven, change, told):
    path = queue(project, oven)
    header, line = path.read_text().splitlines()
    path.write_text(header + "\n" + json.dumps(json.loads(line) | change) + "\n")
    before = files(project)
    with pytest.raises(DataError, match=told) as caught:
        take_in(path, project.places)
    assert f"{path}:2: " in str(caught.value)
    assert files(project) == before


def test_all_that_is_wrong_is_told_at_once(project, oven):
    path = queue(project, oven, oven)
    with path.open("a") as stream:
        stream.write("{\n[]\n")
    with pytest.raises(DataError) as caught:
        read_queue(path)
    assert [f":{n}: " in str(caught.value) for n in range(1, 6)] == [False, False, True, True, True]
    assert "as in line 2" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "error", "told"),
    [
        ("", DataError, "found no header"),
        ('{"schema":9}\n', SchemaVersionError, "version 9"),
        ('{"schema":1,"corpus":"core"}\n', DataError, "split: found no such key"),
    ],
)
def test_a_file_that_is_no_queue_is_refused(tmp_path, content, error, told):
    path = tmp_path / "q.jsonl"
    path.write_text(content)
    with pytest.raises(error, match=told):
        read_queue(path)


def test_no_file_is_told(tmp_path):
    with pytest.raises(DataError, match="expected a queue"):
        read_queue(tmp_path / "q.jsonl")


def test_decisions_carry_over_by_id(project, oven):
    reject = judged(oven, "reject", reason="an aside")
    old = read_queue(queue(project, reject))
    assert carried([oven], old, print) == [reject]


def test_a_form_carries_over_only_to_the_same_claim(project, oven):
    form = judged(oven, "form", of="bakery-c01", form="Elm Lane's bakery is shut.")
    old = read_queue(queue(project, form))
    left = []
    assert carried([oven], old, left.append) == [form]
    nearest = msgspec.structs.replace(oven.nearest, text="Another claim.")
    fresh = msgspec.structs.replace(oven, nearest=nearest)
    assert carried([fresh], old, left.append) == [fresh]
    assert left == [oven.id]


# ---- taking in


def test_a_claim_is_added_in_the_form_that_is_kept(project, oven):
    path = queue(project, judged(oven, "claim", claim=DRAFT))
    taken = take_in(path, project.places)
    assert (taken.corpus, taken.version, taken.claims) == ("core", "0.2.0", ("bakery-c02",))
    assert (taken.forms, taken.rejected, taken.open, taken.known) == ((), 0, 0, 0)
    assert taken.unmet == ()
    claims = gold.read_claims(project.labels("bakery"))
    assert claims[1].text == DRAFT["text"]
    assert claims[1].spans == ((ENTRY, ENTRY + 29),)
    assert gold.find_corpus("core", project.places).version == "0.2.0"
    assert [p for p in gold.check(project.places, ["core"]) if p.severity == "error"] == []
    assert "no_claim" not in project.labels("bakery").read_text()  # its sentence carries one now


def test_kept_outputs_then_score_higher_for_who_found_it(project, oven):
    keep(project, "rich", bakery=["The bakery in Elm Lane closed.", OVEN])
    keep(project, "poor", bakery=["The bakery in Elm Lane closed."])

    def counts(system):
        path = project.root / "results/core" / system / "outputs.jsonl"
        card = evaluate(gold.load("core", project.places, "test"), read_outputs(path))
        bakery = next(a for a in card.by_article if a.article_id == "bakery").claims
        return bakery.tp, bakery.fp, bakery.fn

    assert (counts("rich"), counts("poor")) == ((1, 1, 0), (1, 0, 0))
    take_in(queue(project, judged(oven, "claim", claim=DRAFT)), project.places)
    assert (counts("rich"), counts("poor")) == ((2, 0, 0), (1, 0, 1))


def test_later_claims_are_numbered_anew_and_so_is_what_speaks_of_them(project):
    labels = project.labels("harbour")
    header, strike, cancelled, boat = labels.read_text().splitlines()
    excused = json.loads(header) | {"no_claim": [{"span": [44, 78], "reason": "aside"}]}
    doubtful = boat.replace("c03", "c02").replace('"event"', '"comparison"')
    rest = (strike, doubtful)
    labels.write_text("\n".join([json.dumps(excused, separators=(",", ":")), *rest]) + "\n")
    review = {"claim": "harbour-c02", "field": "type", "found": "comparison", "reason": "ok"}
    reviewed = project.write(
        "gold/core/reviewed.jsonl", f'{{"schema":1}}\n\n{json.dumps(review)}\n'
    )
    pair = {"id": "p1", "claim": "harbour-c02", "prediction": "Bœuf."}
    other = '{"id": "p2",  "claim": "harbour-c01"}'
    pairs = project.write("gold/pairs/core.jsonl", f"{json.dumps(pair)}\n{other}\n")
    (found,) = gathered(project, rich={"harbour": ["Fourteen crossings were cancelled."]})
    draft = {k: v for k, v in json.loads(cancelled).items() if k != "id"}
    taken = take_in(queue(project, judged(found, "claim", claim=draft)), project.places)
    assert taken.claims == ("harbour-c02",)
    assert gold.read_claims(labels)[2].text == BOAT
    assert json.loads(reviewed.read_text().splitlines()[2]) == review | {"claim": "harbour-c03"}
    assert json.loads(pairs.read_text().splitlines()[0]) == pair | {"claim": "harbour-c03"}
    assert pairs.read_text().splitlines()[1] == other  # untouched to the byte
    assert "c02 is now c03" in (project.root / "gold/CHANGELOG.md").read_text()


def test_a_form_is_added_to_its_claim(project, oven):
    form = "The Elm Lane bakery closed down."
    taken = take_in(
        queue(project, judged(oven, "form", of="bakery-c01", form=form)), project.places
    )
    (claim,) = gold.read_claims(project.labels("bakery"))
    assert claim.forms == (*CLAIMS["bakery"][0]["forms"], form)
    assert taken.forms == ("bakery-c01",)
    assert taken.unmet == ((OVEN, "bakery-c01"),)  # the prediction is still none of it


def test_a_rejection_changes_no_label_and_no_version(project, oven):
    before = files(project)
    taken = take_in(queue(project, judged(oven, "reject", reason="an aside")), project.places)
    assert (taken.version, taken.rejected) == ("0.1.0", 1)
    after = files(project)
    memory = project.root / "gold/core/pooled.jsonl"
    assert {path for path in after if after[path] != before.get(path)} == {memory}
    (record,) = gold.read_pooled(gold.find_corpus("core", project.places))
    assert record == Pooled(oven.id, "bakery", "reject", "0.1.0", "an aside")
    assert OVEN not in memory.read_text()


def test_a_decision_is_on_the_other_wordings_too(project):
    wordings = [OVEN, "Its oven burned two hours."]
    (found,) = gathered(project, rich={"bakery": wordings})
    take_in(queue(project, judged(found, "reject", reason="an aside")), project.places)
    known = {r.id for r in gold.read_pooled(gold.find_corpus("core", project.places))}
    assert known == {pooled_id("bakery", wording) for wording in wordings}


def test_what_is_left_open_stays_in_the_queue(project, oven):
    taken = take_in(queue(project, oven), project.places)
    assert (taken.open, taken.rejected, taken.version) == (1, 0, "0.1.0")
    assert not (project.root / "gold/core/pooled.jsonl").exists()


def test_reading_a_queue_back_twice_changes_nothing_more(project, oven):
    path = queue(project, judged(oven, "claim", claim=DRAFT))
    take_in(path, project.places)
    before = files(project)
    again = take_in(path, project.places)
    assert (again.known, again.claims, again.version) == (1, (), "0.2.0")
    assert files(project) == before


def test_the_change_is_told_in_the_changelog_above_older_ones(project, oven):
    log = project.write("gold/CHANGELOG.md", "# Corrections\n\nIntro.\n\n## 0.1.0\n\nFirst.\n")
    take_in(queue(project, judged(oven, "claim", claim=DRAFT)), project.places)
    told = f"- `bakery-c02`: added, as it was missing: {DRAFT['text']} (found by rich)\n"
    assert log.read_text() == (
        f"# Corrections\n\nIntro.\n\n## core 0.2.0\n\n{told}\n## 0.1.0\n\nFirst.\n"
    )


@pytest.mark.parametrize(
    ("wanted", "version"), [("", "1.3.0"), ("1.2.4", "1.2.4"), ("1.10.0", "1.10.0")]
)
def test_a_version_is_raised(wanted, version):
    assert raised("1.2.3", wanted) == version


@pytest.mark.parametrize("wanted", ["1.2.3", "1.1.9", "2", "1.3", "1.3.0-beta", "v2.0.0", "٢.0.0"])
def test_no_version_stays_or_falls(wanted):
    with pytest.raises(DataError, match=r"expected a version above 1\.2\.3"):
        raised("1.2.3", wanted)


BROKEN = [
    ({"claim": DRAFT | {"spans": ["Its stove burned"]}}, r"claim.spans\[0\]: .*nearest are 'Its o"),
    ({"claim": DRAFT | {"spans": []}}, "claim.spans: found"),
    ({"claim": {k: v for k, v in DRAFT.items() if k != "text"}}, "claim.text: found no such key"),
    ({"claim": DRAFT | {"type": "evnt"}}, "claim.type: .*did you mean 'event'"),
    ({"claim": DRAFT | {"forms": [OVEN]}}, "claim.forms: found 1 other wordings"),
    ({"claim": DRAFT | {"facts": [["stove"]]}}, r"claim.text: .*facts\[0\]: stove"),
    ({"claim": DRAFT | {"polarity": "negative"}}, "claim.phenomena: found polarity negative"),
    ({"claim": DRAFT | {"colour": "red"}}, "claim.colour: found an unknown key"),
    ({"claim": DRAFT | {"forms": 7}}, "claim.forms: found 7"),
    ({"claim": DRAFT | {"text": CLAIMS["bakery"][0]["text"]}}, "claim.text: "),
    ({"of": "bakery-c09", "form": "X."}, "of: found 'bakery-c09'.*did you mean 'bakery-c01'"),
    ({"of": "harbour-c01", "form": "X."}, "of: found 'harbour-c01'"),
    ({"of": "bakery-c01", "form": "It closed."}, "form: found 'It closed.'; expected one of facts"),
    ({"of": "bakery-c01", "form": "Elm Lane's bakery closed!"}, "form: .*the words of forms"),
]


@pytest.mark.parametrize(("fields", "told"), BROKEN, ids=[b[1] for b in BROKEN])
def test_one_broken_decision_leaves_everything_as_it_was(project, oven, fields, told):
    (good,) = gathered(project, rich={"harbour": ["The boat had left."]})
    decision = "claim" if "claim" in fields else "form"
    path = queue(
        project, judged(good, "reject", reason="it had not"), judged(oven, decision, **fields)
    )
    before = files(project)
    with pytest.raises(DataError, match=told) as caught:
        take_in(path, project.places)
    assert f"{path}:3: " in str(caught.value)
    assert files(project) == before


def test_a_form_that_fits_another_claim_is_refused(project):
    (found,) = gathered(project, rich={"harbour": ["The boat had left."]})
    form = "Ferry drivers in Port Alder went on strike, so 14 ferry crossings were cancelled."
    path = queue(project, judged(found, "form", of="harbour-c01", form=form))
    with pytest.raises(DataError, match="a wording of harbour-c01 alone: compare harbour-c02"):
        take_in(path, project.places, matcher=keyed(threshold=0.4))


def test_an_article_that_is_none_of_the_corpus_is_told(project, oven):
    stray = msgspec.structs.replace(oven, article="pier", id=pooled_id("pier", OVEN))
    path = queue(project, judged(stray, "reject", reason="x"))
    with pytest.raises(DataError, match="article: found 'pier'; expected an article of core"):
        take_in(path, project.places)


def test_gold_that_has_moved_is_told_with_the_way_on(project, oven):
    path = queue(project, judged(oven, "claim", claim=DRAFT))
    project.edit(project.labels("bakery"), '"central":true,', "")
    before = files(project)
    with pytest.raises(DataError, match=r"found a queue made from core 0\.1\.0") as caught:
        take_in(path, project.places)
    assert f"--split test --decided {path}" in caught.value.hint
    assert files(project) == before


def test_labels_of_another_split_may_move(project, oven):
    path = queue(project, judged(oven, "reject", reason="an aside"))
    project.edit(project.labels("mill"), '"central":true,', "")
    assert take_in(path, project.places).rejected == 1


def test_a_description_without_a_plain_version_is_left_to_its_owner(project, oven):
    toml = project.root / "gold/core/corpus.toml"
    project.edit(toml, 'version = "0.1.0"', "version = '0.1.0'")
    path = queue(project, judged(oven, "claim", claim=DRAFT))
    before = files(project)
    with pytest.raises(DataError, match="found no line version"):
        take_in(path, project.places)
    assert files(project) == before


def test_broken_memory_is_told_before_anything_is_done(project, oven):
    memory = project.write("gold/core/pooled.jsonl", '{"schema":1}\n{"id":"zz"}\n')
    path = queue(project, judged(oven, "reject", reason="an aside"))
    with pytest.raises(DataError, match=f"{memory}:2: id: found 'zz'"):
        take_in(path, project.places)
    assert any(p.file == str(memory) for p in gold.check(project.places, ["core"]))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"article": "pier"}, "article"),
        ({"reason": " "}, "reason"),
        ({"decision": "maybe"}, "decision"),
    ],
)
def test_the_check_of_the_gold_reads_the_memory(project, oven, change, told):
    take_in(queue(project, judged(oven, "reject", reason="an aside")), project.places)
    memory = project.root / "gold/core/pooled.jsonl"
    assert not [p for p in gold.check(project.places, ["core"]) if p.file == str(memory)]
    header, line = memory.read_text().splitlines()
    memory.write_text(f"{header}\n{json.dumps(json.loads(line) | change)}\n{line}\n{line}\n")
    problems = [p for p in gold.check(project.places, ["core"]) if p.file == str(memory)]
    assert {(p.line, p.field) for p in problems} >= {(2, told), (4, "id")}


def test_a_reason_may_not_quote_a_text_that_is_not_ours(project):
    project.write("cache/letters/letter.txt", LETTER)
    labelled = gold.load("letters", project.places)
    found = gather(labelled, outputs(rich={"letter": ["Ada has run."]}))
    copied = "all, the well in Oxbow has run dry. Yours, Ada"
    path = queue(project, judged(found[0], "reject", reason=copied), corpus="letters")
    with pytest.raises(DataError, match="reason: found 9 words in a row of the article"):
        take_in(path, project.places)
    own = queue(project, judged(found[0], "reject", reason="no"), name="o", corpus="letters")
    assert take_in(own, project.places).rejected == 1


@pytest.mark.parametrize("writes", range(6))  # a journal, then five files
def test_a_change_that_the_disk_breaks_off_is_whole_or_nothing(
    project, oven, monkeypatch, tmp_path, writes
):
    (boat,) = gathered(project, rich={"harbour": ["The boat had left."]})
    form = judged(boat, "form", of="harbour-c03", form="The boat of the night had not left.")
    path = queue(project, judged(oven, "claim", claim=DRAFT), form)
    calm = project.copy(tmp_path / "calm")
    take_in(path, Places((calm.root / "gold",), (), calm.root, calm.root))
    before, wanted = files(project), {p.relative_to(calm.root): d for p, d in files(calm).items()}
    done = []

    def failing(target, data):
        if len(done) == writes:
            raise StorageError(f"{target}: no space left")
        done.append(target)
        write_atomic(target, data)

    monkeypatch.setattr("bench.gold.amending.write_atomic", failing)
    with pytest.raises(StorageError):
        take_in(path, project.places)
    assert (files(project) == before) == (writes == 0)
    monkeypatch.undo()
    take_in(path, project.places)
    assert {p.relative_to(project.root): d for p, d in files(project).items()} == wanted


# ---- the command


@pytest.mark.process
def test_the_command_gathers_reads_back_and_forgets_nothing(project):
    keep(project, "rich", bakery=["The bakery in Elm Lane closed.", OVEN], harbour=[BOAT])
    keep(project, "poor", bakery=["The bakery in Elm Lane closed."], harbour=["Drivers went."])
    done = project("pool")
    assert done.out.startswith("pool-core.jsonl: 2 candidates of 2 systems, 0 of more than one")
    path = project.root / "pool-core.jsonl"
    header, *lines = map(json.loads, path.read_text().splitlines())
    for line in lines:
        oven = line["prediction"] == OVEN
        line |= {"decision": "claim", "claim": DRAFT} if oven else {"decision": "", "reason": ""}
    path.write_text("".join(json.dumps(line) + "\n" for line in (header, *lines)))
    told = project("pool", "--judged", path, "--as", "0.3.0").out
    assert told.startswith(
        "core 0.3.0: 1 claim added, 0 claims with more forms, 0 rejected, 1 left"
    )
    assert "claimbench check core --release" in told
    project("check", "core", "--release")
    project("score", "--corpus", "all")
    assert project.card("rich")["by_article"][1]["claims"]["tp"] == 2
    assert "1 candidate of" in project("pool", "--out", "again.jsonl").out
    assert OVEN not in (project.root / "again.jsonl").read_text()
    assert "1 taken in before" in project("pool", "--judged", path).out


@pytest.mark.process
def test_the_command_takes_over_decisions(project):
    keep(project, "rich", bakery=[OVEN])
    project("pool", "--out", "old.jsonl")
    project.edit(project.root / "old.jsonl", '"decision":""', '"decision":"reject"')
    project.edit(project.root / "old.jsonl", '"reason":""}', '"reason":"aside"}')
    project.edit(project.labels("bakery"), '"central":true,', "")
    hint = project.fails("pool", "--judged", "old.jsonl", code=2).partition("next: claimbench ")[2]
    command = hint.partition(" makes it anew")[0].replace("NEW", "new.jsonl")
    assert "1 decided" in project(*command.split()).out
    assert "1 rejected" in project("pool", "--judged", "new.jsonl").out


@pytest.mark.process
@pytest.mark.parametrize("folder", ["gold/letters", "gold", "results/letters", "results/x/../y"])
def test_a_queue_that_quotes_foreign_text_stays_out_of_the_project(project, folder):
    keep(project, "rich", corpus="letters", letter=["The well has run dry."])
    project.write("../made-cache/letters/letter.txt", LETTER)
    out = f"{folder}/q.jsonl"
    told = project.fails("pool", "--corpus", "letters", "--out", out, code=2)
    assert "quotes the texts of letters" in told
    assert not (project.root / out).exists()
    project("pool", "--corpus", "letters", "--out", "../q.jsonl")


@pytest.mark.process
@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--as", "2.0.0"], "--as without --judged"),
        (["--judged", "q", "--out", "r"], "found --judged together with"),
        (["--judged", "q", "rich"], "found --judged together with"),
        (["--judged", "q", "--corpus", "core"], "found --judged together with"),
        (["--judged", "q"], "q: file: found No such file"),
        (["--split", "tst"], "did you mean 'test'"),
        (["--corpus", "cor"], "did you mean 'core'"),
        (["--corpus", "letters"], "claimbench fetch letters --from DIR"),
        ([], "found no outputs"),
        (["lines"], "claimbench run lines --corpus core"),
    ],
)
def test_wrong_use_is_told(project, args, told):
    assert told in project.fails("pool", *args, code=2)


@pytest.mark.process
def test_a_change_that_was_broken_off_is_carried_out_first(project):
    keep(project, "rich", bakery=[OVEN])
    changed = project.labels("bakery").read_text().replace('"central":true,', "")
    files_left = {"core/claims/bakery.jsonl": changed}
    project.write("gold/.amendment.json", json.dumps({"schema": 1, "files": files_left}))
    assert "broken off" in project("check", code=1).out
    assert "carried out a change" in project("pool").err
    assert project.labels("bakery").read_text() == changed
