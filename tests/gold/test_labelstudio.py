import json

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


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t["data"].update(text="Other words."), "expected the one that was exported"),
        (lambda t: t.pop("data"), "expected a task of claimbench export"),
        (lambda t: t.pop("annotations"), "annotations: found 0; expected one"),
        (lambda t: t["annotations"].append({"result": []}), "export one annotator at a time"),
        (lambda t: regions(t)[-1].update(to_id="nobody"), "expected a relation from it"),
        (
            lambda t: regions(t).remove(next(r for r in regions(t) if r["from_name"] == "claim")),
            "one-c01: found no claim; expected its text",
        ),
        (
            lambda t: next(r for r in regions(t) if r["from_name"] == "type")["value"].update(
                labels=["rumour"]
            ),
            "found 'rumour'; expected one of rule, causal",
        ),
        (
            lambda t: next(r for r in regions(t) if r["from_name"] == "type")["value"].update(
                start=28
            ),
            "as in the text",
        ),
    ],
)
def test_what_cannot_be_read_is_said_and_nothing_is_written(tasks, tmp_path, change, said):
    _, folder = tasks
    with pytest.raises(DataError, match=said):
        import_label_studio(edit(folder, change), tmp_path / "back")
    assert not (tmp_path / "back").exists()


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


def test_people_cannot_label_without_texts(project, tmp_path):
    project.add_corpus(held=False)
    corpus = find_corpus("toy", project.places)
    with pytest.raises(TextAbsent, match="claimbench fetch toy"):
        export_label_studio(corpus, tmp_path, project.places)
    project.cache("two")
    assert export_label_studio(corpus, tmp_path, project.places) == ["one", "three"]
