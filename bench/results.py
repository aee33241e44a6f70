"""The results folder: scorecards in and out, here, in a folder or in a git revision."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path, PurePosixPath

import msgspec

from bench import store
from bench.model import (
    SCHEMA,
    DataError,
    Extraction,
    Frozen,
    Provenance,
    SchemaVersionError,
    Scorecard,
    UnknownName,
)

CARD = "score.json"
OUTPUTS = "outputs.jsonl"


class _CardFile(Frozen, frozen=True, omit_defaults=False):
    schema: int
    scorecard: Scorecard


def save(card: Scorecard, path: Path) -> bool:
    """Write ``card`` unless ``path`` already holds the same counts; return whether it wrote.

    Provenance alone is no reason to write, so that a score that did not change leaves no diff.
    A card that is damaged or of an older version is replaced. Raises StorageError, or
    SchemaVersionError where a newer claimbench wrote the card.
    """
    there = kept(path)
    if there is not None and same(there, card):
        return False
    plain = msgspec.json.encode(_CardFile(SCHEMA, card))
    store.write_atomic(path, msgspec.json.format(plain, indent=1) + b"\n")
    return True


def kept(path: Path) -> Scorecard | None:
    """The card in ``path``; None if there is none, or one that is damaged or of an older version.

    Raises SchemaVersionError where a newer claimbench wrote it.
    """
    if not path.exists():
        return None
    try:
        return load(path)
    except SchemaVersionError:
        if msgspec.json.decode(path.read_bytes(), type=_AnySchema).schema > SCHEMA:
            raise
        return None
    except DataError:
        return None


def load(path: Path) -> Scorecard:
    """Read a scorecard. Raises DataError or SchemaVersionError, naming the file."""
    return decode(_content(path), str(path))


def header(data: bytes, where: str) -> store.Header:
    """First line of outputs. Raises DataError if it does not say whose they are on what."""
    try:
        found = msgspec.json.decode(data.split(b"\n", 1)[0], type=store.Header)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        found = store.Header(SCHEMA)
    if not (found.system and found.corpus):
        raise DataError(
            f"{where}: found no header; expected a first line that names system and corpus",
            hint="claimbench score --outputs FILE --save",
        )
    store.check_schema(found.schema, where)
    return found


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(
            f"{path}: {error.strerror}; expected a file of results", hint="claimbench score"
        ) from None


def decode(data: bytes, where: str) -> Scorecard:
    """Read a scorecard from bytes. Raises DataError or SchemaVersionError, naming ``where``."""
    try:
        store.check_schema(msgspec.json.decode(data, type=_AnySchema).schema, where)
        return msgspec.json.decode(data, type=_CardFile).scorecard
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DataError(
            f"{where}: {error}; expected a scorecard", hint="claimbench score"
        ) from None


class _AnySchema(msgspec.Struct):
    schema: int


def same(one: Scorecard, other: Scorecard) -> bool:
    """Whether two cards agree in everything but their provenance."""
    return _ordered(bare(one)) == _ordered(bare(other))


def _ordered(card: Scorecard) -> Scorecard:
    """The card with its articles by id: their order in the corpus changes no score."""
    articles = sorted(card.by_article, key=lambda article: article.article_id)
    return msgspec.structs.replace(card, by_article=tuple(articles))


def bare(card: Scorecard) -> Scorecard:
    """The card without its provenance: what a resumed run reproduces byte for byte."""
    return msgspec.structs.replace(card, provenance=Provenance())


Cards = dict[str, dict[str, Scorecard]]
"""Scorecards by corpus and system."""


def cards(where: str, results: Path) -> Cards:
    """The scorecards that ``where`` names, filed under what they say of themselves.

    Raises UnknownName as ``files`` does, and DataError for a file that is no scorecard or is
    the second of one system on one corpus.
    """
    found: Cards = {}
    for label, data in files(where, results).items():
        card = decode(data, label)
        file_under(found, card, label)
    return found


def file_under(cards: Cards, card: Scorecard, label: str) -> None:
    """Put ``card``, read from ``label``, among ``cards``. Raises DataError if it has its like."""
    of_corpus = cards.setdefault(card.signature.corpus, {})
    if card.system in of_corpus:
        raise DataError(
            f"{label}: found {card.system} on {card.signature.corpus} for the second time; "
            "expected one result of each"
        )
    of_corpus[card.system] = card


def files(where: str, results: Path, name: str = CARD) -> dict[str, bytes]:
    """Content of all files called ``name`` that ``where`` names, by where each was found.

    ``where`` is a scorecard (under any name), a folder of results, a system of ``results``, or
    a git revision whose committed results are read. Raises UnknownName if it is none of them.
    """
    path = Path(where)
    if where and path.is_file():
        beside = path if name == CARD else path.with_name(name)
        return {str(beside): _content(beside)}
    if where and path.is_dir():
        return {str(p): _content(p) for p in sorted(path.rglob(name))}
    own = _of_system(where, results)
    if own:
        return {str(p): _content(p) for p in own if p.name == name}
    revision = _git(results, "rev-parse", "--verify", "--quiet", f"{where}^{{commit}}")
    if not revision:
        known = {p.parent.name for p in results.glob(f"*/*/{CARD}")}
        raise UnknownName("file, folder, system with results or git revision", where, known)
    return dict(_committed(where, revision.decode().strip(), results, name))


def names_one_system(where: str, results: Path) -> bool:
    """Whether ``where`` names the results of one system rather than a whole folder of them."""
    path = Path(where)
    if path.is_dir():
        return any((path / name).is_file() for name in (CARD, OUTPUTS))
    return path.is_file() or bool(_of_system(where, results))


def _of_system(name: str, results: Path) -> list[Path]:
    folders = [folder / name for folder in sorted(results.glob("*/"))]
    kept = [folder / file for folder in folders for file in (CARD, OUTPUTS)]
    return [path for path in kept if path.parent.name == name and path.is_file()]


def _committed(where: str, revision: str, results: Path, name: str) -> Iterator[tuple[str, bytes]]:
    there = _nearest(results)
    above = (_git(there, "rev-parse", "--show-prefix") or b"").decode().strip()
    inside = PurePosixPath(above, results.absolute().relative_to(there))
    listing = _git(there, "ls-tree", "-rz", "--name-only", "--full-tree", revision) or b""
    for path in map(PurePosixPath, listing.decode(errors="surrogateescape").split("\0")):
        if path.name == name and path.is_relative_to(inside):
            yield f"{where}:{path}", _git(there, "show", f"{revision}:{path}") or b""


def _git(folder: Path, *arguments: str) -> bytes | None:
    """Output of git in ``folder``, or in the nearest folder above that exists; None on failure."""
    command = ["git", "-C", str(_nearest(folder)), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except (OSError, ValueError):
        return None
    return done.stdout if done.returncode == 0 else None


def _nearest(folder: Path) -> Path:
    return next(d for d in (folder.absolute(), *folder.absolute().parents) if d.is_dir())


def provenance(results: Path, fingerprint: str, outputs: Sequence[Extraction]) -> Provenance:
    """How a score of ``outputs`` comes about now, and what they took."""
    commit = (_git(results, "rev-parse", "HEAD") or b"").decode().strip()
    return Provenance(
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        commit=commit,
        dirty=bool(commit and _changed_elsewhere(results)),
        python=platform.python_version(),
        packages={name: _version(name) for name in _PACKAGES},
        machine=f"{platform.system()} {platform.machine()}",
        fingerprint=fingerprint,
        models=_models(outputs),
        seconds_per_article=_mean(record.seconds for record in outputs),
        tokens_per_article=_mean(
            _stated(record, "prompt_tokens", "completion_tokens") for record in outputs
        ),
        dollars_per_article=_mean(_stated(record, "cost") for record in outputs),
    )


def _models(outputs: Iterable[Extraction]) -> tuple[str, ...]:
    named = {(record.usage or {}).get("model") for record in outputs}
    return tuple(sorted(name for name in named if name and isinstance(name, str)))


def _stated(record: Extraction, *figures: str) -> float | None:
    """The sum of ``figures`` in what a system says it spent; None unless it states them all."""
    stated = [(record.usage or {}).get(name) for name in figures]
    known = [n for n in stated if isinstance(n, int | float) and not isinstance(n, bool)]
    return sum(known) if len(known) == len(figures) else None


def _mean(figures: Iterable[float | None]) -> float | None:
    """Mean of what is known, None if nothing is."""
    known = [figure for figure in figures if figure is not None]
    return round(sum(known) / len(known), 6) if known else None


def _changed_elsewhere(results: Path) -> bool:
    """Whether tracked files other than the results, which a run is to change, differ."""
    top = Path((_git(results, "rev-parse", "--show-toplevel") or b"").decode().rstrip("\n"))
    inside = results.resolve().relative_to(top.resolve()).as_posix()
    elsewhere = () if inside == "." else (f":(top,exclude){inside}",)
    status = ("status", "--porcelain", "--untracked-files=no", "--", ":(top)", *elsewhere)
    return bool(_git(results, *status))


_PACKAGES = ("claimbench", "msgspec", "numpy", "scipy")


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""  # claimbench itself may run from a checkout
