"""Labels to and from Label Studio, where people relabel by hand.

A claim is a region of its first span, labelled with its type; further spans are regions labelled
``mention`` with a relation to it; a sentence without a claim is a region labelled ``no claim``.
What else a claim has hangs on its region. Offsets are half-open code-point offsets on both sides
(https://labelstud.io/guide/task_format.html; versions before 1.5 counted UTF-16 units).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args
from xml.sax.saxutils import quoteattr

import msgspec

from bench.gold.checking import LabelHeader
from bench.gold.corpus import Corpus, Sha256, Slug, read_claims, text_of
from bench.gold.draft import canonical
from bench.gold.fields import Finding, bytes_of
from bench.gold.lines import Labels, Line, parse
from bench.model import (
    PHENOMENA,
    SCHEMA,
    TYPES,
    Certainty,
    DataError,
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
            hint=f"claimbench fetch {corpus.name}" + ("" if corpus.file else " --from DIR"),
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
    claims = read_claims(path)
    data = bytes_of(path, "the labels of an article")
    header = None if isinstance(data, Problem) else parse(path, data)[0].header
    try:
        head = msgspec.convert(header.value if header else {}, LabelHeader)
    except msgspec.ValidationError as error:
        raise DataError(
            f"{path}: header: {error}", hint=f"claimbench check {corpus.name}"
        ) from None
    unspanned = next((claim.id for claim in claims if not claim.spans), None)
    if unspanned:
        message = f"{path}: {unspanned}: found no spans; expected one or more"
        raise DataError(message, hint=f"claimbench check {corpus.name}")
    return list(_told(head, claims, text))


def _told(head: LabelHeader, claims: Sequence[GoldClaim], text: str) -> Iterator[dict[str, Any]]:
    if head.summary:
        yield _item("summary", "summary", "textarea", {"text": [head.summary]})
    for number, entry in enumerate(head.no_claim, start=1):
        yield from _region(f"n{number}", entry.span, NO_CLAIM, text, reason=[entry.reason])
    for claim in claims:
        source = claim.source
        yield from _region(
            claim.id,
            claim.spans[0],
            claim.type,
            text,
            claim=[claim.text],
            forms=claim.forms,
            facts=[" | ".join(group) for group in claim.facts],
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
            yield {"type": "relation", "from_id": mention, "to_id": claim.id, "direction": "right"}


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


class _Value(msgspec.Struct):
    """What was filled in: a region has offsets and ``text`` as marked, an area its texts."""

    start: int | None = None
    end: int | None = None
    text: str | list[str] | None = None
    labels: list[str] = []
    choices: list[str] = []


class _Result(msgspec.Struct):
    """A region, something said of a region by the same id, or a relation between two."""

    type: str
    id: str = ""
    from_name: str = ""
    value: _Value | None = None
    from_id: str = ""
    to_id: str = ""


class _Annotation(msgspec.Struct):
    result: list[_Result] = []
    was_cancelled: bool = False


class _Data(msgspec.Struct):
    id: Slug
    sha256: Sha256
    text: str


class _Task(msgspec.Struct):
    data: _Data
    annotations: list[_Annotation] = []


def import_label_studio(path: Path, folder: Path) -> list[Path]:
    """Write the labels of an export of Label Studio (JSON) as ``folder/<article>.jsonl``.

    What makes a label complete is for ``claimbench check`` to say; here it must be placed in the
    text that was exported, and belong together.

    Raises
    ------
    DataError
        The file is no such export, or else everything that cannot be placed, with task, region,
        what was found and what was expected; nothing is written then.
    StorageError
        A file cannot be written.
    """
    data = bytes_of(path, "an export of Label Studio")
    if isinstance(data, Problem):
        raise DataError(str(data))
    try:
        tasks = msgspec.json.decode(data, type=list[_Task])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        wanted = "a JSON list of tasks as claimbench export writes them"
        raise DataError(f"{path}: found {error}; expected {wanted}") from None
    problems: list[Problem] = []
    files: dict[Path, bytes] = {}
    for number, task in enumerate(tasks):
        where = f"task[{number}] ({task.data.id})"
        target = folder / f"{task.data.id}.jsonl"
        content, findings = _read_task(task)
        if target in files:
            findings.append(Finding("data.id", "the article of an earlier task", "each once"))
        problems += [Finding(f"{where}.{f.field}", f.found, f.expected).at(path) for f in findings]
        files[target] = content
    if not tasks:
        problems.append(Finding("tasks", "none", "one or more").at(path))
    if problems:
        raise DataError("\n".join(map(str, problems)), hint="mend them in Label Studio")
    for target, content in files.items():
        write_atomic(target, content)
    return list(files)


def _read_task(task: _Task) -> tuple[bytes, list[Finding]]:
    """The file of labels of a task, and everything that is wrong with it."""
    made = [annotation for annotation in task.annotations if not annotation.was_cancelled]
    if digest(task.data.text) != task.data.sha256:
        return b"", [Finding("data.text", "another text", "the one that was exported")]
    if len(made) != 1:
        wanted = "one: export one annotator at a time"
        return b"", [Finding("annotations", str(len(made)), wanted)]
    regions, findings = _regions(made[0].result, task.data.text)
    claims = [_claim(r) for r in regions.values() if r.label in TYPES]
    if not claims:
        findings.append(Finding("result", "no claim", "one or more"))
    summary = [said for r in made[0].result if r.from_name == "summary" for said in _said(r)]
    no_claim: list[dict[str, Any]] = [
        {"span": r.span, "reason": " ".join(r.fields.get("reason", ()))}
        for r in regions.values()
        if r.label == NO_CLAIM
    ]
    header = {
        "schema": SCHEMA,
        "article": task.data.id,
        "summary": " ".join(summary),
        "no_claim": sorted(no_claim, key=lambda entry: entry["span"]),
    }
    lines = tuple(Line(n, claim) for n, claim in enumerate(claims, start=2))
    return canonical(task.data.id, Labels(Line(1, header), lines)), findings


class _Marked(msgspec.Struct):
    """A region with what was said of it by field; a claim gathers its mentions' spans."""

    label: str
    spans: list[Span]
    fields: dict[str, list[str]]

    @property
    def span(self) -> Span:
        return self.spans[0]


def _said(result: _Result) -> list[str]:
    value = result.value or _Value()
    text = [value.text] if isinstance(value.text, str) else value.text or []
    return value.labels or value.choices or text


def _regions(results: Sequence[_Result], text: str) -> tuple[dict[str, _Marked], list[Finding]]:
    regions: dict[str, _Marked] = {}
    findings: list[Finding] = []
    for result in (r for r in results if r.from_name == "type"):
        fault = _misplaced(result, text)
        if fault:
            findings.append(Finding(result.id or "a region", *fault))
        elif result.value and result.value.start is not None and result.value.end is not None:
            span = (result.value.start, result.value.end)
            regions[result.id] = _Marked(result.value.labels[0], [span], {})
    for result in results:
        if result.from_name not in ("", "type", "summary"):
            if result.id in regions:
                regions[result.id].fields[result.from_name] = _said(result)
            elif not any(f.field == result.id for f in findings):
                wanted = "a region of that id"
                findings.append(Finding(result.id, f"{result.from_name} alone", wanted))
    findings += _join(regions, [r for r in results if r.type == "relation"])
    for name, region in regions.items():
        if region.label in TYPES and not " ".join(region.fields.get("claim", ())).strip():
            findings.append(Finding(name, "no claim", "its text, beside the region"))
    return regions, findings


def _misplaced(result: _Result, text: str) -> tuple[str, str] | None:
    """What was found and what was expected where a region has no place or no label."""
    value = result.value or _Value()
    known = (*TYPES, MENTION, NO_CLAIM)
    if not value.labels or value.labels[0] not in known:
        return repr(value.labels[0] if value.labels else ""), f"one of {', '.join(known)}"
    start, end = value.start, value.end
    if start is None or end is None or not 0 <= start < end <= len(text):
        return f"{start} to {end}", f"offsets into the {len(text)} characters of the text"
    if isinstance(value.text, str) and value.text != text[start:end]:
        return f"{value.text!r} at {start} to {end}", f"{text[start:end]!r}, as in the text"
    return None


def _join(regions: Mapping[str, _Marked], relations: Sequence[_Result]) -> Iterator[Finding]:
    """Give the spans of mentions to their claims; yield what does not belong together."""
    placed = set()
    for relation in relations:
        one, other = regions.get(relation.from_id), regions.get(relation.to_id)
        if one and other and one.label == MENTION and other.label in TYPES:
            other.spans.append(one.span)
            placed.add(relation.from_id)
        else:
            found = f"a relation to {relation.to_id or 'nothing'}"
            yield Finding(relation.from_id or "a relation", found, "one of a mention to a claim")
    for name, region in regions.items():
        if region.label == MENTION and name not in placed:
            yield Finding(name, "a lone mention", "a relation from it to its claim")


def _claim(region: _Marked) -> dict[str, Any]:
    said = region.fields
    claim: dict[str, Any] = {
        "text": " ".join(said.get("claim", ())),
        "forms": said.get("forms", []),
        "type": region.label,
        "spans": sorted(region.spans),
        "polarity": said.get("polarity", ["positive"])[0],
        "certainty": said.get("certainty", ["certain"])[0],
        "facts": [re.split(r"\s*\|\s*", group) for group in said.get("facts", ())],
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
