"""Labels to and from Label Studio, where people relabel by hand.

A claim is a region of its first span, labelled with its type; further spans are regions labelled
``mention`` with a relation to it; a sentence without a claim is a region labelled ``no claim``.
What else a claim has hangs on its region. Offsets are half-open code-point offsets on both sides
(https://labelstud.io/guide/task_format.html; versions before 1.5 counted UTF-16 units).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args
from xml.sax.saxutils import quoteattr

import msgspec

from bench.gold.corpus import Corpus, text_of
from bench.gold.draft import canonical
from bench.gold.fields import Finding, bytes_of
from bench.gold.lines import Labels, Line, parse
from bench.model import (
    PHENOMENA,
    SCHEMA,
    TYPES,
    Certainty,
    DataError,
    Frozen,
    GoldClaim,
    Mode,
    Polarity,
    Problem,
    Span,
    TextAbsent,
)
from bench.store import Places, digest, write_atomic

MENTION, NO_CLAIM = "mention", "no claim"
CONFIG = "label-studio.xml"
_BETWEEN = " | "  # stands between the alternatives of a group of facts

_TEXTS = ("claim", "forms", "facts", "source", "aliases", "via", "reason")
_CHOICES: dict[str, tuple[str, ...]] = {
    "polarity": get_args(Polarity),
    "certainty": get_args(Certainty),
    "mode": get_args(Mode),
    "flags": ("central", "optional"),
    "phenomena": PHENOMENA,
}
_MANY = {"flags", "phenomena"}


def export_label_studio(
    corpus: Corpus, folder: Path, places: Places, *, blank: bool = False
) -> list[str]:
    """Write ``<corpus>.json`` (tasks) and ``label-studio.xml`` (the labelling interface).

    Every article whose text is at hand is a task, with its labels unless ``blank``. Returns the
    articles left out for want of their text. Raises TextAbsent if that is all of them, DataError
    or StorageError.
    """
    texts = {entry: text_of(corpus, entry, places) for entry in corpus.article}
    tasks = [
        {
            "data": {
                "id": entry.id,
                "title": entry.title,
                "date": entry.date,
                "sha256": entry.sha256,
                "text": text,
            },
            **({} if blank else {"annotations": [{"result": _results(corpus, entry.id, text)}]}),
        }
        for entry, text in texts.items()
        if text is not None
    ]
    if not tasks:
        raise TextAbsent(
            f"{corpus.name}: found no text; people cannot label without one",
            hint=f"claimbench fetch {corpus.name}",
        )
    data = json.dumps(tasks, ensure_ascii=False, indent=1) + "\n"
    write_atomic(folder / f"{corpus.name}.json", data.encode())
    write_atomic(folder / CONFIG, _interface().encode())
    return [entry.id for entry, text in texts.items() if text is None]


def _interface() -> str:
    """The labelling interface in Label Studio's own terms."""
    labels = "".join(f"<Label value={quoteattr(label)}/>" for label in (*TYPES, MENTION, NO_CLAIM))
    areas = "".join(
        f'<TextArea name="{name}" toName="text" perRegion="true" editable="true" '
        f'placeholder="{name}" maxSubmissions="99"/>'
        for name in _TEXTS
    )
    choices = "".join(
        f'<Choices name="{name}" toName="text" perRegion="true" '
        f'choice="{"multiple" if name in _MANY else "single"}">'
        + "".join(f"<Choice value={quoteattr(choice)}/>" for choice in values)
        + "</Choices>"
        for name, values in _CHOICES.items()
    )
    return (
        '<View><Header value="$title"/><Header value="$date" size="5"/>'
        f'<Labels name="type" toName="text">{labels}</Labels>'
        '<Text name="text" value="$text" granularity="symbol"/>'
        f'{areas}{choices}<TextArea name="summary" toName="text" placeholder="summary"/></View>\n'
    )


def _results(corpus: Corpus, article: str, text: str) -> list[dict[str, Any]]:
    path = corpus.labels(article)
    data = bytes_of(path, "the labels of an article")
    if isinstance(data, Problem):
        raise DataError(str(data))
    labels, problems = parse(path, data)
    if problems or labels.header is None:
        raise DataError("\n".join(map(str, problems)), hint=f"claimbench check {corpus.name}")
    return list(_told(labels, text))


def _told(labels: Labels, text: str) -> Iterator[dict[str, Any]]:
    header = labels.header.value if labels.header else {}
    if header.get("summary"):
        yield _item("summary", "summary", "textarea", {"text": [header["summary"]]})
    for number, entry in enumerate(header.get("no_claim", ()), start=1):
        yield from _region(f"n{number}", entry["span"], NO_CLAIM, text, reason=[entry["reason"]])
    for line in labels.claims:
        claim = msgspec.convert(line.value, GoldClaim)
        source = claim.source
        yield from _region(
            claim.id,
            claim.spans[0],
            claim.type,
            text,
            claim=[claim.text],
            forms=claim.forms,
            facts=[_BETWEEN.join(group) for group in claim.facts],
            source=[source.name] if source else (),
            aliases=source.aliases if source else (),
            via=source.via if source else (),
            mode=[source.mode] if source else (),
            polarity=[claim.polarity],
            certainty=[claim.certainty],
            flags=[name for name in _CHOICES["flags"] if getattr(claim, name)],
            phenomena=claim.phenomena,
        )
        for number, span in enumerate(claim.spans[1:], start=2):
            mention = f"{claim.id}-{number}"
            yield from _region(mention, span, MENTION, text)
            yield {
                "type": "relation",
                "from_id": mention,
                "to_id": claim.id,
                "direction": "right",
            }


def _region(
    name: str, span: Sequence[int], label: str, text: str, **fields: Sequence[str]
) -> Iterator[dict[str, Any]]:
    start, end = span
    place = {"start": start, "end": end}
    yield _item(name, "type", "labels", {**place, "text": text[start:end], "labels": [label]})
    for field, values in fields.items():
        if values:
            kind = "choices" if field in _CHOICES else "textarea"
            key = "choices" if kind == "choices" else "text"
            yield _item(name, field, kind, {**place, key: list(values)})


def _item(name: str, field: str, kind: str, value: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": name, "from_name": field, "to_name": "text", "type": kind, "value": dict(value)}


def import_label_studio(path: Path, folder: Path) -> list[Path]:
    """Write the labels of an export of Label Studio (JSON) as ``folder/<article>.jsonl``.

    Raises
    ------
    DataError
        Every problem, each with task, region and what was expected; nothing is written then.
    StorageError
        A file cannot be written.
    """
    data = bytes_of(path, "an export of Label Studio")
    if isinstance(data, Problem):
        raise DataError(str(data))
    try:
        tasks = msgspec.json.decode(data, type=list[dict[str, Any]])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: found {error}; expected a JSON list of tasks") from None
    problems: list[Problem] = []
    files: dict[Path, bytes] = {}
    for number, task in enumerate(tasks):
        read = list(_read_task(task, f"task[{number}]"))
        problems += [item.at(path) for item in read if isinstance(item, Finding)]
        for article, content in (item for item in read if not isinstance(item, Finding)):
            files[folder / f"{article}.jsonl"] = content
    if problems:
        raise DataError("\n".join(map(str, problems)), hint="mend them in Label Studio")
    for target, content in files.items():
        write_atomic(target, content)
    return list(files)


def _read_task(task: Mapping[str, Any], where: str) -> Iterator[Finding | tuple[str, bytes]]:
    data = task.get("data")
    if not isinstance(data, dict) or not {"id", "text", "sha256"} <= data.keys():
        yield Finding(f"{where}.data", "no id, text and sha256", "a task of claimbench export")
        return
    where, text = f"{where} ({data['id']})", data["text"]
    if digest(text) != data["sha256"]:
        yield Finding(f"{where}.text", "another text", "the one that was exported")
        return
    made = [a for a in task.get("annotations", ()) if not a.get("was_cancelled")]
    if len(made) != 1:
        yield Finding(f"{where}.annotations", f"{len(made)}", "one: export one annotator at a time")
        return
    header, claims, findings = _labels(made[0].get("result", ()), text, where)
    header = {"schema": SCHEMA, "article": data["id"], **header}
    lines = tuple(Line(n, claim) for n, claim in enumerate(claims, start=2))
    yield from findings
    if not findings:
        yield data["id"], canonical(data["id"], Labels(Line(1, header), lines))


class _Region(Frozen, frozen=True):
    """A stretch of text and what was filled in for it, by field; ``mentions`` further spans."""

    name: str
    span: Span
    fields: dict[str, list[str]]
    mentions: tuple[Span, ...] = ()

    @property
    def label(self) -> str:
        return next(iter(self.fields.get("type", ())), "")


def _labels(
    results: Sequence[Mapping[str, Any]], text: str, where: str
) -> tuple[dict[str, Any], list[dict[str, Any]], list[Finding]]:
    """The fields of the header, the claims, and what is wrong."""
    regions = _regions(results)
    findings = [
        Finding(f"{where}.{region.name}", *fault)
        for region in regions
        for fault in _faults(region, regions, results, text)
    ]
    summary = [" ".join(r["value"]["text"]) for r in results if r.get("from_name") == "summary"]
    header = {
        "summary": " ".join(summary),
        "no_claim": [
            {"span": r.span, "reason": " ".join(r.fields.get("reason", ()))}
            for r in regions
            if r.label == NO_CLAIM
        ],
    }
    header["no_claim"].sort(key=lambda entry: entry["span"])  # type: ignore[attr-defined]
    return header, [_claim(r) for r in regions if r.label in TYPES], findings


def _regions(results: Sequence[Mapping[str, Any]]) -> list[_Region]:
    spans: dict[str, Span] = {}
    fields: defaultdict[str, dict[str, list[str]]] = defaultdict(dict)
    for item in results:
        value = item.get("value", {})
        if item.get("from_name") == "type":
            spans[item["id"]] = value["start"], value["end"]
        if "id" in item:
            said = value.get("labels") or value.get("choices") or value.get("text") or []
            fields[item["id"]][item["from_name"]] = said
    homes = _homes(results)
    return [
        _Region(name, span, fields[name], tuple(spans[m] for m in homes[name] if m in spans))
        for name, span in spans.items()
    ]


def _homes(results: Sequence[Mapping[str, Any]]) -> defaultdict[str, list[str]]:
    """The regions that are related to a region, by its name."""
    homes: defaultdict[str, list[str]] = defaultdict(list)
    for item in results:
        if item.get("type") == "relation":
            homes[item["to_id"]].append(item["from_id"])
    return homes


def _faults(
    region: _Region, regions: Sequence[_Region], results: Sequence[Mapping[str, Any]], text: str
) -> Iterator[tuple[str, str]]:
    """Yield what was found and what was expected, where a region is not what it should be."""
    quoted = text[slice(*region.span)]
    for item in results:
        if (item.get("id"), item.get("from_name")) == (region.name, "type"):
            marked = item["value"].get("text", quoted)
            if marked != quoted:
                yield f"{marked!r} at {region.span}", f"{quoted!r}, as in the text"
    if region.label in TYPES and not region.fields.get("claim"):
        yield "no claim", "its text, beside the region"
    elif region.label == MENTION and all(region.span not in r.mentions for r in regions):
        yield "a lone mention", "a relation from it to its claim"
    elif region.label not in (*TYPES, MENTION, NO_CLAIM):
        yield repr(region.label), f"one of {', '.join((*TYPES, MENTION, NO_CLAIM))}"


def _claim(region: _Region) -> dict[str, Any]:
    said = region.fields
    claim: dict[str, Any] = {
        "text": " ".join(said.get("claim", ())),
        "forms": said.get("forms", []),
        "type": said["type"][0],
        "spans": sorted((region.span, *region.mentions)),
        "polarity": said.get("polarity", ["positive"])[0],
        "certainty": said.get("certainty", ["certain"])[0],
        "facts": [group.split(_BETWEEN) for group in said.get("facts", ())],
        "phenomena": said.get("phenomena", []),
        "source": None,
    }
    claim |= {name: name in said.get("flags", ()) for name in _CHOICES["flags"]}
    if said.get("source"):
        claim["source"] = {
            "name": " ".join(said["source"]),
            "aliases": said.get("aliases", []),
            "via": said.get("via", []),
            "mode": said.get("mode", ["indirect"])[0],
        }
    return claim
