"""Files: where they lie, JSON Lines in and out, writes that cannot be half done."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any, TextIO, TypeVar

import jsonlines
import msgspec

from bench.model import SCHEMA, DataError, Frozen, SchemaVersionError, StorageError

T = TypeVar("T")


class Places(Frozen, frozen=True):
    """Where gold, systems, results and fetched texts lie; earlier folders win."""

    gold: tuple[Path, ...]
    systems: tuple[Path, ...]
    results: Path
    cache: Path


def find_places(start: Path | None = None) -> Places:
    """Folders to work in: those of the project around ``start`` first, then what is installed.

    The project is ``$CLAIMBENCH_ROOT``, else the nearest folder at or above ``start`` that holds
    a corpus or a system, else ``start``, which is the working directory unless it is given.
    ``$CLAIMBENCH_CACHE`` says where fetched texts are kept.
    """
    wanted = os.environ.get("CLAIMBENCH_ROOT")
    named = Path(wanted) if wanted else None
    if named is not None and not named.is_dir():
        raise DataError(f"{named}: found no such folder; expected the project's root")
    here = start or Path.cwd()
    project = named or next((d for d in (here, *here.parents) if _is_project(d)), here)
    package = Path(__file__).resolve().parent
    shipped = package / "_data" if (package / "_data").is_dir() else package.parent
    bases = list(dict.fromkeys((project.resolve(), shipped)))
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Places(
        gold=tuple(b / "gold" for b in bases),
        systems=tuple(b / "systems" for b in bases),
        results=project / "results",
        cache=Path(os.environ.get("CLAIMBENCH_CACHE") or caches / "claimbench"),
    )


def _is_project(folder: Path) -> bool:
    return any(folder.glob("systems/*/system.toml")) or any(folder.glob("gold/*/corpus.toml"))


def digest(data: bytes | str) -> str:
    """SHA-256 in hexadecimal; text is hashed as UTF-8."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def encode(value: Any) -> bytes:
    """One line of compact JSON, without the newline; keys keep the order of the type."""
    return msgspec.json.encode(value)


class Header(Frozen, frozen=True):
    """First line of every JSON Lines file that claimbench writes.

    ``article`` and ``summary`` head a file of labels, ``system`` and ``corpus`` one of outputs,
    ``model``, ``prompt`` (a SHA-256) and ``made`` (an ISO 8601 date) a record of verdicts.
    """

    schema: int
    article: str = ""
    summary: str = ""
    system: str = ""
    corpus: str = ""
    model: str = ""
    prompt: str = ""
    made: str = ""


def check_schema(found: Any, where: str) -> None:
    """Raise SchemaVersionError unless ``found`` is the version this claimbench writes."""
    if found == SCHEMA:
        return
    if isinstance(found, int) and found > SCHEMA:
        raise SchemaVersionError(
            f"{where}: found schema version {found}; this claimbench reads up to {SCHEMA}",
            hint="pip install --upgrade claimbench",
        )
    raise SchemaVersionError(
        f"{where}: found schema version {found!r}; expected {SCHEMA}",
        hint="write the file again with `claimbench run` or `claimbench score`",
    )


def read_jsonl(path: Path, kind: type[T]) -> tuple[Header | None, list[T]]:
    """Read ``path`` strictly into ``kind``; a header line is optional.

    A last line without its newline that is not whole JSON is what a killed writer leaves
    behind, and is passed over.

    Raises
    ------
    DataError
        Names file, line, what was found and what was expected.
    SchemaVersionError
        The header carries another schema version.
    """
    header: Header | None = None
    records: list[T] = []
    for number, raw in raw_lines(path):
        where = f"{path}:{number}"
        if isinstance(raw, jsonlines.InvalidLineError):
            raise DataError(f"{where}: found {cause(raw)}; expected one JSON object a line")
        try:
            if not records and header is None and isinstance(raw, dict) and "schema" in raw:
                check_schema(raw["schema"], where)
                header = msgspec.convert(raw, Header)
            else:
                records.append(msgspec.convert(raw, kind))
        except msgspec.ValidationError as error:
            raise DataError(f"{where}: {error}") from None
    return header, records


def raw_lines(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield (line number from 1, decoded value); a bad line yields its InvalidLineError.

    Raises DataError if there is no such file. A torn last line is not yielded.
    """
    try:
        stream = path.open("rb")
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}; expected a JSON Lines file") from None
    number = 0

    def counted() -> Iterator[bytes]:
        nonlocal number
        for line in stream:
            number += 1
            yield line

    with stream, jsonlines.Reader(counted(), loads=msgspec.json.decode) as reader:
        while True:
            value: Any
            try:
                value = reader.read(skip_empty=True)
            except EOFError:
                return
            except jsonlines.InvalidLineError as error:
                if _is_torn(stream):
                    return
                value = error
            yield number, value


def cause(error: Exception) -> str:
    """What lies behind the InvalidLineError of :func:`raw_lines`, in words."""
    return str(error.__cause__ or error)


def _is_torn(stream: IO[bytes]) -> bool:
    """Whether ``stream`` stands at its end and the last line lacks its newline."""
    at, end = stream.tell(), stream.seek(0, os.SEEK_END)
    if at != end or not end:
        stream.seek(at)
        return False
    stream.seek(-1, os.SEEK_END)
    return stream.read(1) != b"\n"


def write_jsonl(path: Path, header: Header, records: Iterable[Any]) -> None:
    """Write header and records as one atomic file. Raises StorageError."""
    write_atomic(path, b"".join(encode(r) + b"\n" for r in (header, *records)))


def write_atomic(path: Path, data: bytes) -> None:
    """Replace ``path`` by ``data``: either wholly or not at all, and durably.

    Raises StorageError; the old file is then as it was.
    """
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
            os.fchmod(stream.fileno(), 0o666 & ~_umask())
        Path(temporary).replace(path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise storage_error(path, error) from None


def _umask() -> int:
    current = os.umask(0o022)
    os.umask(current)
    return current


def storage_error(path: Path, error: OSError) -> StorageError:
    """Say what the disk refused and what to do."""
    return StorageError(
        f"{path}: cannot write: {error.strerror}",
        hint="free some space or choose a writable folder, then run the same command again; "
        "what was kept before is still there",
    )


class Appender:
    """A JSON Lines log that survives a kill at any moment.

    Each record is one write; a torn line that a killed writer left is cut off first. Data
    reaches the disk (fsync) on ``close``, the kernel after every record.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
        except OSError as error:
            raise storage_error(path, error) from None
        self._size = _cut_torn_line(self._descriptor)
        if not self._size:
            self.append(header)

    def append(self, record: Any) -> None:
        """Write one line, or leave the file as it was and raise StorageError."""
        line = encode(record) + b"\n"
        try:
            written = os.write(self._descriptor, line)
            if written != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            os.ftruncate(self._descriptor, self._size)
            raise storage_error(self.path, error) from None
        self._size += len(line)

    def close(self) -> None:
        """Make the file durable and let go of it."""
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            raise storage_error(self.path, error) from None
        finally:
            os.close(self._descriptor)


def _cut_torn_line(descriptor: int) -> int:
    """Truncate after the last newline; return the size that is left."""
    size = os.fstat(descriptor).st_size
    end = size
    while end:
        start = max(0, end - 65536)
        newline = os.pread(descriptor, end - start, start).rfind(b"\n")
        if newline >= 0:
            end = start + newline + 1
            break
        end = start
    if end != size:
        os.ftruncate(descriptor, end)
    return end


@contextlib.contextmanager
def exclusive(folder: Path, on_wait: Callable[[str], None]) -> Iterator[None]:
    """Hold ``folder`` for one writer at a time; the kernel lets go when the process dies.

    ``on_wait`` is told who holds it. Raises StorageError if the folder cannot be written.
    """
    path = folder / ".lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stream = _locked(path, on_wait)
    except OSError as error:
        raise storage_error(path, error) from None
    with stream:
        try:
            os.ftruncate(stream.fileno(), 0)
            os.write(stream.fileno(), f"process {os.getpid()}".encode())
        except OSError as error:
            raise storage_error(path, error) from None
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                path.unlink()


def _locked(path: Path, on_wait: Callable[[str], None]) -> TextIO:
    """The file at ``path``, locked, once it is not one that its last holder has removed."""
    while True:
        stream = path.open("a+", encoding="ascii")
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stream.seek(0)
            on_wait(stream.read().strip() or "another process")
            fcntl.flock(stream, fcntl.LOCK_EX)
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(stream.fileno()), path.stat()):
                return stream
        stream.close()
