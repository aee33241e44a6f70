"""One file over HTTP: resumed after any interruption, and kept only if it is what was pinned."""

from __future__ import annotations

import time
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any

from bench.gold.corpus import RemoteFile
from bench.model import FetchError
from bench.store import digest, storage_error

Progress = Callable[[str, int, int], None]
"""Told a file's name, the bytes of it that are here, and its size in bytes."""

TRIES = 3
TIMEOUT = 30.0
"""Seconds without a byte after which a connection counts as dropped."""

CHUNK = 1 << 16


def download(
    remote: RemoteFile,
    url: str,
    folder: Path,
    progress: Progress,
    sleep: Callable[[float], None] = time.sleep,
) -> Path:
    """Return the path of ``remote`` in ``folder``, brought in from ``url`` unless it is there.

    What has arrived stays in ``<name>.part``, and the next try or the next call goes on from
    there. Between tries it waits 1, then 2 seconds.

    Raises
    ------
    FetchError
        After three tries, saying how much is kept; or at once, if what came is not what was
        pinned, and then nothing is kept.
    StorageError
        The disk would not take it; what is there is kept.
    """
    target, part = folder / remote.name, folder / f"{remote.name}.part"
    if target.is_file() and digest(target.read_bytes()) == remote.sha256:
        return target
    if not url.startswith(("http://", "https://")):
        raise FetchError(f"{remote.name}: found address {url!r}; expected http:// or https://")
    cause = ""
    for attempt in range(TRIES):
        if attempt:
            sleep(2.0 ** (attempt - 1))
        try:
            _receive(remote, url, part, progress)
        except (OSError, HTTPException, ValueError) as error:  # ValueError: an address that is none
            cause = str(error) or type(error).__name__
        else:
            cause = "the connection ended early"
        if _size(part) >= remote.bytes:
            return _verified(remote, part, target)
    raise FetchError(
        f"{url}: {cause}, {TRIES} times; {_size(part)} of {remote.bytes} bytes are kept",
        hint="run the same command again: it goes on from there",
    )


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _receive(remote: RemoteFile, url: str, part: Path, progress: Progress) -> None:
    """Append to ``part`` what it lacks, or begin anew if the server cannot go on from there."""
    # Imported here because it brings in ssl and email, which nothing else needs.
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    have = _size(part)
    if have >= remote.bytes:
        return
    headers = {"User-Agent": "claimbench", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    try:
        response = urlopen(Request(url, headers=headers), timeout=TIMEOUT)  # noqa: S310 - checked
    except HTTPError as error:
        if error.code == 416:
            part.unlink(missing_ok=True)
        error.close()
        raise
    with response, _opened(part, resumed=response.status == 206) as stream:
        _copy(response, stream, part, remote, progress)


def _opened(part: Path, *, resumed: bool) -> IO[bytes]:
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        return part.open("ab" if resumed else "wb")
    except OSError as error:
        raise storage_error(part, error) from None


def _copy(
    response: Any, stream: IO[bytes], part: Path, remote: RemoteFile, progress: Progress
) -> None:
    done = stream.tell()
    progress(remote.name, done, remote.bytes)
    while done <= remote.bytes and (chunk := response.read1(CHUNK)):
        try:
            stream.write(chunk)
            stream.flush()
        except OSError as error:
            raise storage_error(part, error) from None
        done += len(chunk)
        progress(remote.name, done, remote.bytes)


def _verified(remote: RemoteFile, part: Path, target: Path) -> Path:
    found = digest(part.read_bytes())
    if found != remote.sha256:
        size = _size(part)
        part.unlink()
        raise FetchError(
            f"{remote.name}: found {size} bytes with SHA-256 {found}; "
            f"expected {remote.bytes} bytes with {remote.sha256}; nothing of it is kept",
            hint="run the same command again, or fetch from another place with --mirror",
        )
    try:
        return part.replace(target)
    except OSError as error:
        raise storage_error(target, error) from None
