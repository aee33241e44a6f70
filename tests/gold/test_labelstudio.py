import json
import re

import pytest

from bench.gold import export_label_studio, find_corpus, import_label_studio
from bench.model import DataError, TextAbsent


@pytest.fixture
def tasks(project, tmp_path):
    """A corpus with all that labels can hold, exported: (project, folder)."""
    text = (
        "Ferries \U0001f6a2 in Oska stopped. What a day! "
        "They have stopped, Ada Voss told Bo Lind.\n"
    )
    project.add_corpus(splits={"one": "test"}, text=text)
    claim = {
        "id": "one-c01",
        "text": "Ferries in Oska stopped.",
        "forms": ["In Oska ferries stopped.", "Voss said that ferries had stopped."],
        "type": "event",
        "optional": False,
        "spans": [[0, 25], [39, 56]],
        "source": {
            "name": "Ada Voss",
            "aliases": ["Voss", "the | clerk"],
            "via": ["Bo Lind"],
            "mode": "mixed",
        },
        "polarity": "negative",
        "certainty": "hedged",
        "central": True,
        "facts": [["ferries", "ferry"], ["stop*"]],
        "phenomena": ["negation", "hedge"],
    }
    del claim["optional"]
    project.write_labels("one", [claim], summary="Ferries stopped. A day passed.")
    header, line = project.labels("one").read_text().splitlines()
    header = json.loads(header) | {"no_claim": [{"span": [27, 38], "reason": "exclamation"}]}
    project.labels("one").write_text(f"{json.dumps(header, separators=(',', ':'))}\n{line}\n")
    corpus = find_corpus("toy", project.places)
    assert export_label_studio(corpus, tmp_path / "studio", project.places) == []
    return project, tmp_path / "studio"


def edit(folder, change):
    path = folder / "toy.json"
    data = json.loads(path.read_text())
    change(data[0])
    path.write_text(json.dumps(data))
    return path


def regions(task):
    return task["annotations"][0]["result"]


def test_labels_come_back_byte_for_byte(tasks, tmp_path):
    project, folder = tasks
    (path,) = import_label_studio(folder / "toy.json", tmp_path / "back")
    assert path.read_bytes() == project.labels("one").read_bytes()


def test_regions_quote_the_text_at_code_points(tasks):
    _, folder = tasks
    (task,) = json.loads((folder / "toy.json").read_text())
    spans = [r["value"] for r in regions(task) if r.get("from_name") == "type"]
    assert [(s["labels"], s["text"]) for s in spans] == [
        (["no claim"], "What a day!"),
        (["event"], "Ferries \U0001f6a2 in Oska stopped"),
        (["mention"], "They have stopped"),
    ]


def test_every_control_of_the_interface_is_used_by_name(tasks):
    _, folder = tasks
    (task,) = json.loads((folder / "toy.json").read_text())
    interface = (folder / "label-studio.xml").read_text()
    for name in {r["from_name"] for r in regions(task) if "from_name" in r}:
        assert f'name="{name}" toName="text"' in interface


def test_blank_tasks_hold_the_text_alone(tasks, tmp_path):
    project, _ = tasks
    corpus = find_corpus("toy", project.places)
    export_label_studio(corpus, tmp_path / "blank", project.places, blank=True)
    (task,) = json.loads((tmp_path / "blank/toy.json").read_text())
    assert task.keys() == {"data"}


def test_a_claim_drawn_by_hand_needs_little(tasks, tmp_path):
    _, folder = tasks

    def drawn(task):
        place = {"start": 57, "end": 78}
        task["annotations"][0]["result"] = [
            {"id": "x7Q", "from_name": "type", "to_name": "text", "type": "labels",
             "value": {**place, "labels": ["event"]}},
            {"id": "x7Q", "from_name": "claim", "to_name": "text", "type": "textarea",
             "value": {**place, "text": ["Ada Voss told Bo Lind."]}},
        ]  # fmt: skip

    (path,) = import_label_studio(edit(folder, drawn), tmp_path / "back")
    assert json.loads(path.read_text().splitlines()[1]) == {
        "id": "one-c01",
        "text": "Ada Voss told Bo Lind.",
        "forms": [],
        "type": "event",
        "spans": [[57, 78]],
        "facts": [],
    }


def region(task, name="type", number=0):
    return [r for r in regions(task) if r.get("from_name") == name][number]


def duplicate(task):
    regions(task).append({"type": "relation", "from_id": "one-c01", "to_id": "one-c01"})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t["data"].update(text="Other words."), "expected the one that was exported"),
        (lambda t: t.pop("data"), "missing required field `data`"),
        (lambda t: t["data"].update(id="../../evil"), "matching regex"),
        (lambda t: t["data"].update(id=None), "Expected `str`, got `null`"),
        (lambda t: t.pop("annotations"), "annotations: found 0; expected one"),
        (lambda t: t.update(annotations=None), "Expected `array`, got `null`"),
        (lambda t: t["annotations"].append({"result": []}), "export one annotator at a time"),
        (lambda t: t["annotations"][0].update(result=[]), "result: found no claim"),
        (lambda t: regions(t)[-1].update(to_id="nobody"), "one-c01-2: found a relation to nobody"),
        (lambda t: regions(t)[-1].pop("to_id"), "found a relation to nothing"),
        (lambda t: regions(t).pop(), "one-c01-2: found a lone mention"),
        (duplicate, "one-c01: found a relation to one-c01; expected one of a mention to a claim"),
        (lambda t: regions(t).remove(region(t, "claim")), "one-c01: found no claim; expected its"),
        (lambda t: region(t, "claim").update(id="zz"), "zz: found claim alone; expected a region"),
        (lambda t: region(t).update(value=None), "n1: found ''; expected one of rule, causal"),
        (lambda t: region(t)["value"].update(labels=["rumour"]), "found 'rumour'; expected one"),
        (lambda t: region(t)["value"].pop("labels"), "found ''; expected one of rule"),
        (lambda t: region(t)["value"].pop("start"), "found None to 38; expected offsets"),
        (lambda t: region(t)["value"].update(start="a"), "Expected `int | null`, got `str`"),
        (lambda t: region(t)["value"].update(start=38), "found 38 to 38; expected offsets"),
        (lambda t: region(t)["value"].update(end=900), "found 27 to 900; expected offsets"),
        (lambda t: region(t)["value"].update(start=28), "'hat a day!', as in the text"),
    ],
)
def test_what_cannot_be_read_is_said_and_nothing_is_written(tasks, tmp_path, change, said):
    _, folder = tasks
    with pytest.raises(DataError, match=re.escape(said)):
        import_label_studio(edit(folder, change), tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_an_article_that_comes_twice_is_said(tasks, tmp_path):
    _, folder = tasks
    path = folder / "toy.json"
    path.write_text(json.dumps(json.loads(path.read_text()) * 2))
    with pytest.raises(DataError, match=r"task\[1\] \(one\)\.data\.id: found the article of"):
        import_label_studio(path, tmp_path / "back")


def test_an_area_may_hold_one_text_and_alternatives_need_no_spaces(tasks, tmp_path):
    _, folder = tasks

    def typed(task):
        region(task, "claim")["value"]["text"] = "Ferries in Oska stopped."
        region(task, "facts")["value"]["text"] = ["ferries|ferry", "stop*"]

    project, _ = tasks
    (path,) = import_label_studio(edit(folder, typed), tmp_path / "back")
    assert path.read_bytes() == project.labels("one").read_bytes()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"type":"event"', '"type":"casual"', "did you mean"),
        ('"spans":[[0,25],[39,56]]', '"spans":[]', "one-c01: found no spans"),
        ('"span":[27,38]', '"span":["a",1]', "header: Expected"),
    ],
)
def test_labels_that_are_broken_are_not_exported(tasks, tmp_path, old, new, said):
    project, _ = tasks
    project.edit(project.labels("one"), old, new)
    corpus = find_corpus("toy", project.places)
    with pytest.raises(DataError, match=said):
        export_label_studio(corpus, tmp_path / "out", project.places)


def test_a_cancelled_annotation_does_not_count(tasks, tmp_path):
    _, folder = tasks
    cancelled = {"was_cancelled": True, "result": []}
    path = edit(folder, lambda task: task["annotations"].append(cancelled))
    assert len(import_label_studio(path, tmp_path / "back")) == 1


@pytest.mark.parametrize("data", ["{}", "[1]", "[", "\udcff"])
def test_what_is_no_list_of_tasks_is_said(tmp_path, data):
    path = tmp_path / "x.json"
    path.write_text(data, errors="surrogateescape")
    with pytest.raises(DataError, match="a JSON list of tasks"):
        import_label_studio(path, tmp_path)
    with pytest.raises(DataError, match=r"gone\.json"):
        import_label_studio(tmp_path / "gone.json", tmp_path)


def test_no_tasks_are_said(tmp_path):
    (tmp_path / "x.json").write_text("[]")
    with pytest.raises(DataError, match="tasks: found none"):
        import_label_studio(tmp_path / "x.json", tmp_path)


def test_people_cannot_label_without_texts(project, tmp_path):
    project.add_corpus(held=False)
    corpus = find_corpus("toy", project.places)
    with pytest.raises(TextAbsent, match="claimbench fetch toy --from DIR"):
        export_label_studio(corpus, tmp_path, project.places)
    project.cache("two")
    assert export_label_studio(corpus, tmp_path, project.places) == ["one", "three"]
