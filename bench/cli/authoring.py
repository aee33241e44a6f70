"""Commands for who writes a system: list, new, try."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bench.cli import shared
from bench.model import Article, ClaimbenchError, DataError, Extraction, IncompleteRun

if TYPE_CHECKING:
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
    rows = tuple(
        (n, f"skipped, {shared.need(s)}" if s.missing else "ready", s.description)
        for n, s in specs.items()
    )
    texts = tuple(_corpus_row(corpus, absent.get(n, ())) for n, corpus in corpora.items())
    terminal(
        [
            Table("Systems", ("system", "state", "description"), rows, words=3),
            Table("Corpora", ("corpus", "version", "text", "articles", "claims"), texts, words=3),
        ]
    )


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


_TOML = {
    "python": 'description = "One line that the listing shows"\nclass = "extract.py:Extractor"\n',
    "executable": 'description = "One line that the listing shows"\ncommand = ["./extract"]\n',
}
_CODE = {
    "python": '''class Extractor:
    """Replace the body of extract: every line that ends in a full stop is a claim."""

    def extract(self, article: dict) -> list[dict]:
        lines = article["text"].splitlines()
        return [{"text": line, "type": "event"} for line in lines if line.endswith(".")]
''',
    "executable": '''#!/usr/bin/env python3
"""Any language will do: JSON lines in, JSON lines out."""
import json
import sys

print(json.dumps({"ready": 1, "protocol": 1}), flush=True)
for line in sys.stdin:
    article = json.loads(line)
    claims = [{"text": t, "type": "event"} for t in article["text"].splitlines() if t.endswith(".")]
    print(json.dumps({"id": article["id"], "claims": claims}), flush=True)
''',
}


def new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name of the system and of its folder")
    ],
    kind: Annotated[
        Literal["python", "executable"], typer.Option(help="A Python class, or any executable")
    ] = "python",
) -> None:
    """Make a system: a folder with two files that runs as it is."""
    from bench.store import write_atomic

    shared.require_name(name, "claimbench new")
    places = shared.places()
    for taken in (base / name for base in places.systems):
        if taken.exists():
            raise ClaimbenchError(f"{taken} is already there", hint="choose another name")
    folder = places.systems[0] / name
    code = folder / ("extract.py" if kind == "python" else "extract")
    write_atomic(folder / "system.toml", _TOML[kind].encode())
    write_atomic(code, _CODE[kind].encode())
    if kind == "executable":
        code.chmod(0o755)
    typer.echo(f"{folder / 'system.toml'}\n{code}")
    typer.echo(f'next: claimbench try {name} --text "The ferry sank."; claimbench run {name}')


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
    from bench.run import ask

    places = shared.places()
    spec = systems.find(name, systems.discover(places))
    subject = _subject(places, text, file, article)
    record = ask(spec, subject, shared.training(spec, subject.corpus, places))
    if as_json:
        from bench.store import encode

        typer.echo(encode(record).decode())
    elif record.status == "ok":
        _print_claims(record)
    if record.status != "ok":
        raise IncompleteRun(f"{name}: {shared.reason(record)}")


def _subject(places: Places, text: str | None, file: Path | None, article: str | None) -> Article:
    if sum(given is not None for given in (text, file, article)) != 1:
        raise ClaimbenchError("expected exactly one of --text, --file and --article")
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


def _print_claims(record: Extraction) -> None:
    from bench.report import Table, terminal

    rows = tuple((c.text, c.type or "–", c.source or "–") for c in record.claims)
    seconds = "" if record.seconds is None else f" in {record.seconds:.3f} s"
    title = shared.count(len(rows), "claim") + seconds
    terminal([Table(title, ("claim", "type", "source"), rows, words=3) if rows else title])
