"""Bring in the texts that the project does not hold, and prove that they are the right ones."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from bench.gold.corpus import ArticleEntry, Corpus, RemoteFile, text_of
from bench.gold.download import Progress, download
from bench.gold.normalise import normalise
from bench.model import FetchError, Frozen
from bench.store import Places, digest, exclusive, write_atomic

ENCODINGS = ("utf-8-sig", "utf-16", "cp1252")
"""How a user may have saved a text; the hash tells which it was."""

OWN_FILE_LIMIT = 1 << 20
"""Bytes above which a file is no single article."""


# Articles are longer than a usual field. The limit is one for the whole process: setting it back
# after a file would take it from another thread in the middle of one.
csv.field_size_limit(2**31 - 1)


class FetchReport(Frozen, frozen=True):
    """Articles brought in now, and articles that were there already."""

    fetched: tuple[str, ...]
    kept: tuple[str, ...]


def _quiet(name: str, done: int, size: int) -> None:
    """Report nothing."""


def fetch(
    corpus: Corpus,
    places: Places,
    source_dir: Path | None = None,
    mirror: str | None = None,
    progress: Progress = _quiet,
    sleep: Callable[[float], None] = time.sleep,
) -> FetchReport:
    """Put the texts of ``corpus`` into the cache, each verified by its hash.

    They come from files anywhere under ``source_dir``, known by their content, or else from
    the corpus's addresses, whose folder part ``mirror`` replaces.

    Raises
    ------
    FetchError
        Names every article that is not at hand now, and why; all others have been saved.
    StorageError
        The cache cannot be written.
    """
    wanted = [e for e in corpus.article if text_of(corpus, e, places) is None]
    _refuse(corpus, wanted, source_dir)
    if source_dir is None:
        files, reasons = _downloaded(corpus, wanted, places, mirror, progress, sleep)
        texts = _rows(corpus, wanted, files)
    else:
        files, reasons = _files_in(source_dir, _remotes(corpus, wanted))
        texts = _own_texts(source_dir, corpus, wanted) | _rows(corpus, wanted, files)
    fetched: list[str] = []
    for entry in wanted:
        wrong = _wrong(entry, texts.get(entry.id))
        if wrong:
            reasons.append(wrong)
        else:
            write_atomic(corpus.text_path(entry.id, places), texts[entry.id].encode())
            fetched.append(entry.id)
    if reasons:
        saved = f"saved: {', '.join(fetched) or 'none'}"
        raise FetchError(
            "\n".join([f"{corpus.name}: not all is here", *reasons, saved]),
            hint="run the same command again: it goes on from there, or add --from DIR",
        )
    return FetchReport(tuple(fetched), tuple(e.id for e in corpus.article if e not in wanted))


def _refuse(corpus: Corpus, wanted: Sequence[ArticleEntry], source_dir: Path | None) -> None:
    """Raise FetchError for what cannot work."""
    if corpus.text == "held":
        raise FetchError(f"{corpus.name}: its texts are part of the project; nothing to fetch")
    if source_dir is not None and not source_dir.is_dir():
        raise FetchError(f"{source_dir}: found no such folder; expected one that holds the texts")
    if wanted and source_dir is None and not corpus.file:
        raise FetchError(
            f"{corpus.name}: its texts may not be passed on, so there is no address for them",
            hint=f"save the text in a folder DIR, then: claimbench fetch {corpus.name} --from DIR",
        )


def _wrong(entry: ArticleEntry, text: str | None) -> str:
    """Why ``text`` is not that of ``entry``, or nothing."""
    if text is None:
        where = f"{entry.file}, row {entry.row}" if entry.file else "the user's own file"
        return f"{entry.id}: not found ({where}); expected SHA-256 {entry.sha256}"
    found = digest(text)
    if found == entry.sha256:
        return ""
    return f"{entry.id}: differs: found SHA-256 {found}; expected {entry.sha256}"


def _remotes(corpus: Corpus, wanted: Iterable[ArticleEntry]) -> list[RemoteFile]:
    names = {e.file for e in wanted}
    return [f for f in corpus.file if f.name in names]


def _downloaded(
    corpus: Corpus,
    wanted: Iterable[ArticleEntry],
    places: Places,
    mirror: str | None,
    progress: Progress,
    sleep: Callable[[float], None],
) -> tuple[dict[str, Path], list[str]]:
    """Paths of the remote files by name, and why others are not there."""
    files: dict[str, Path] = {}
    reasons: list[str] = []
    folder = places.cache / "downloads"
    with exclusive(folder, lambda _: None):  # who comes second finds the files there
        for remote in _remotes(corpus, wanted):
            last = remote.url.rsplit("/", 1)[-1]
            url = f"{mirror.rstrip('/')}/{last}" if mirror else remote.url
            try:
                files[remote.name] = download(remote, url, folder, progress, sleep)
            except FetchError as error:
                reasons.append(str(error.args[0]))
    return files, reasons


def _files_in(folder: Path, remotes: Iterable[RemoteFile]) -> tuple[dict[str, Path], list[str]]:
    """Paths under ``folder`` of the files that have the right content, whatever their names."""
    files: dict[str, Path] = {}
    reasons: list[str] = []
    for remote in remotes:
        alike = (p for p in _walk(folder) if p.stat().st_size == remote.bytes)
        path = next((p for p in alike if digest(_content(p)) == remote.sha256), None)
        if path is None:
            wanted = f"{remote.bytes} bytes with SHA-256 {remote.sha256}"
            reasons.append(f"{remote.name}: found no such file under {folder}; expected {wanted}")
        else:
            files[remote.name] = path
    return files, reasons


def _walk(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file())


def _content(path: Path) -> bytes:
    """What a file holds; one that cannot be read is not the one that is looked for."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _rows(
    corpus: Corpus, wanted: Iterable[ArticleEntry], files: Mapping[str, Path]
) -> dict[str, str]:
    """Normalised texts by article id, from the rows of tables."""
    tables = {name: _column(path) for name, path in files.items()}
    return {
        e.id: normalise(tables[e.file][e.row], corpus.normalise)
        for e in wanted
        if e.file in tables and e.row is not None and e.row < len(tables[e.file])
    }


def _column(path: Path) -> list[str]:
    """Column "text" of a CSV file."""
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            return [row["text"] or "" for row in csv.DictReader(stream)]
    except (KeyError, UnicodeDecodeError, csv.Error) as error:
        raise FetchError(f"{path}: {error}; expected a CSV file with a column text") from None


def _own_texts(folder: Path, corpus: Corpus, wanted: Sequence[ArticleEntry]) -> dict[str, str]:
    """Normalised texts by article id, from files known by their content or, failing that, name.

    A file that has only the name lets ``fetch`` say how it differs.
    """
    ids = {e.sha256: e.id for e in wanted}
    named: dict[str, str] = {}
    right: dict[str, str] = {}
    for path in _walk(folder):
        if path.stat().st_size > OWN_FILE_LIMIT:
            continue
        for raw in _readings(_content(path)):
            text = normalise(raw, corpus.normalise)
            named.setdefault(path.stem, text)
            if digest(text) in ids:
                right[ids[digest(text)]] = text
    return named | right


def _readings(data: bytes) -> Iterator[str]:
    for encoding in ENCODINGS:
        try:
            yield data.decode(encoding)
        except UnicodeDecodeError:
            continue
