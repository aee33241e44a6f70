"""Commands for who writes a system: list, new, try, doctor, schema."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bench.cli import shared
from bench.model import (
    Article,
    ClaimbenchError,
    DataError,
    Extraction,
    GateFailed,
    IncompleteRun,
    SystemSpec,
)

if TYPE_CHECKING:
    from bench.doctor import Check
    from bench.gold import Corpus
    from bench.store import Places


def list_(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object")] = False,
) -> None:
    """List the systems and the corpora, and what each still needs."""
    from bench import gold, systems

    places = shared.places()
    specs, corpora, absent = systems.discover(places), gold.corpora(places), gold.absent(places)
    if as_json:
        listing = {
            "systems": [
                {
                    "name": n,
                    "description": s.description,
                    "missing": s.missing,
                    "install": s.install,
                }
                for n, s in specs.items()
            ],
            "corpora": [
                {
                    "name": n,
                    "version": c.version,
                    "articles": [e.id for e in c.article],
                    "absent": absent.get(n, ()),
                }
                for n, c in corpora.items()
            ],
        }
        typer.echo(json.dumps(listing, indent=1, ensure_ascii=False))
        return
    from bench.report import Table, terminal

    for stray in _undeclared(places.systems[0]):
        shared.note(f"{stray}: found no system.toml; expected one in the folder of a system")
    rows = tuple((n, _state(s), s.description) for n, s in specs.items())
    texts = tuple(_corpus_row(corpus, absent.get(n, ())) for n, corpus in corpora.items())
    terminal(
        [
            Table("Systems", ("system", "state", "description"), rows, words=3),
            Table("Corpora", ("corpus", "version", "text", "articles", "claims"), texts, words=3),
        ]
    )


def _state(spec: SystemSpec) -> str:
    if spec.broken:
        return shared.need(spec)
    return f"skipped, {shared.need(spec)}" if spec.missing else "ready"


def _undeclared(folder: Path) -> list[Path]:
    inside = sorted(folder.glob("[!._]*/")) if folder.is_dir() else []
    return [p for p in inside if p.is_dir() and not (p / "system.toml").exists()]


def _corpus_row(corpus: Corpus, absent: Sequence[str]) -> tuple[str, ...]:
    from bench.gold import read_claims

    whole = len(corpus.article)
    here = f"{whole - len(absent)} of {whole} here" if absent else "here"
    try:
        claims = str(sum(len(read_claims(corpus.labels(e.id))) for e in corpus.article))
    except DataError:
        claims = f"claimbench check {corpus.name}"
    return corpus.name, corpus.version, here, str(whole), claims


def new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name of the system and of its folder")
    ],
    kind: Annotated[
        Literal["python", "executable", "llm"],
        typer.Option(help="A Python class, any executable, or a prompt for a language model"),
    ] = "python",
) -> None:
    """Make a system: a small folder that runs as it is."""
    from bench.cli.starters import STARTERS
    from bench.store import write_atomic

    shared.require_name(name, "claimbench new")
    places = shared.places()
    for taken in (base / name for base in places.systems):
        if taken.exists():
            raise ClaimbenchError(f"{taken} is already there", hint="choose another name")
    for file, content in STARTERS[kind].items():
        path = places.systems[0] / name / file
        write_atomic(path, content.encode())
        if content.startswith("#!"):
            path.chmod(0o755)
        typer.echo(str(path))
    typer.echo(
        f'next: claimbench try {name} --text "The ferry sank."; claimbench doctor {name}; '
        f"claimbench run {name}"
    )


def try_(
    name: Annotated[str, typer.Argument(metavar="SYSTEM", help="System")],
    text: Annotated[str | None, typer.Option(metavar="TEXT", help="Text to extract from")] = None,
    file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File to extract from (- is stdin)")
    ] = None,
    article: Annotated[
        str | None, typer.Option(metavar="ARTICLE", help="Article of a corpus")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The record as one JSON line")] = False,
) -> None:
    """Show what a system extracts from a text; nothing is kept."""
    from bench import systems
    from bench.gold import training
    from bench.run import ask

    places = shared.places()
    spec = systems.find(name, systems.discover(places))
    subject = _subject(places, text, file, article)
    record, words = ask(spec, subject, training(spec, subject.corpus, places))
    _echo_stderr(words)
    if as_json:
        from bench.store import encode

        typer.echo(encode(record).decode())
    elif record.status == "ok":
        _print_claims(record, subject.text)
    if record.status != "ok":
        raise IncompleteRun(f"{name}: {shared.reason(record)}")


def _subject(places: Places, text: str | None, file: Path | None, article: str | None) -> Article:
    if sum(given is not None for given in (text, file, article)) != 1:
        raise ClaimbenchError(
            "expected exactly one of --text, --file and --article",
            hint='claimbench try SYSTEM --text "The ferry sank."',
        )
    if article is not None:
        from bench.gold import find_article

        return find_article(article, places).article
    if file is not None:
        try:
            text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            found = getattr(error, "strerror", None) or str(error)
            raise DataError(f"{file}: {found}; expected a text in UTF-8") from None
    return Article("try", "", "", text or "", "test", shared.EMBEDDED)


def _echo_stderr(words: str) -> None:
    """What the system wrote to stderr, prints of a Python class among it."""
    from bench.report.table import clean

    for line in words.splitlines():
        shared.note(f"stderr: {clean(line)}")


def _print_claims(record: Extraction, text: str) -> None:
    from bench.report import Table, ratio, terminal

    columns: dict[str, list[str]] = {
        "claim": [c.text for c in record.claims],
        "type": [c.type or "–" for c in record.claims],
        "source": [c.source or "–" for c in record.claims],
        "at its spans": [" … ".join(text[a:z] for a, z in c.spans or ()) for c in record.claims],
        "confidence": ["" if c.confidence is None else ratio(c.confidence) for c in record.claims],
    }
    given = {name: cells for name, cells in columns.items() if any(cells)}
    seconds = "" if record.seconds is None else f" in {record.seconds:.3f} s"
    title = shared.count(len(record.claims), "claim") + seconds
    rows = tuple(zip(*given.values(), strict=True))
    terminal([Table(title, tuple(given), rows, words=4) if rows else title])


def doctor(
    name: Annotated[str, typer.Argument(metavar="SYSTEM", help="System")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line a check")] = False,
) -> None:
    """Check that a system keeps to the contract; say what to mend."""
    from bench import systems
    from bench.doctor import REQUESTS, examine
    from bench.gold import training

    places = shared.places()
    spec = systems.find(name, systems.discover(places))
    lessons = training(spec, shared.EMBEDDED, places)
    with shared.step_progress(f"asking {name}", REQUESTS) as tell:
        checks = examine(spec, lessons, tell)
    if as_json:
        from bench.store import encode

        for check in checks:
            typer.echo(encode(check).decode())
    else:
        _print_checks(checks)
    failed = [check.name for check in checks if check.level == "FAIL"]
    if failed:
        raise GateFailed(
            f"{name} does not keep to the contract: {', '.join(failed)}",
            hint=f"mend what is marked FAIL, then claimbench doctor {name}",
        )


def _print_checks(checks: Sequence[Check]) -> None:
    from bench.report import Table, terminal

    columns = ("verdict", "check", "found", "expected", "what to do")
    rows = tuple((c.level, c.name, c.found, c.expected, c.advice) for c in checks)
    terminal([Table(f"{shared.count(len(rows), 'check')}", columns, rows, words=5)])


def schema() -> None:
    """Print the JSON Schema of what a system says and hears."""
    from bench import protocol

    typer.echo(json.dumps(protocol.schema(), indent=1))
