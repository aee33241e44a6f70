"""The system's side of the pipe, for a Python class with ``extract(article) -> list``.

::

    python worker.py FILE.py:Class [--in-flight N] [--train] [--path FOLDER]

One file, standard library only, Python 3.8 or later: it runs under the system's own
interpreter, which need not have claimbench. The conversation on stdin and stdout is that of
every other system: ``{"ready": 1, "protocol": 1}``, then one answer a request.

``extract`` is given the request as a dict (``id``, ``title``, ``date``, ``text``) and returns
claims, each a dict or a plain string; or ``{"claims": [...], "usage": {...}}``. An exception is
an answer too; what was spent before it may stand in its attribute ``usage``. With
``--in-flight`` above 1 it is called from that many threads at once. ``train``, if the system
asks for it, is called once before the first request with a list of
``{"article": {...}, "claims": [...]}``.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

PROTOCOL = 1


def main() -> None:
    """Serve until stdin ends. Leaves by ``os._exit``, whatever threads the system started."""
    try:
        requests, answers = _take_pipes()
        _die_with_parent()
        _serve(_options(), requests, answers)
    except BaseException:  # noqa: BLE001  (told on stderr; a plain exit could wait for ever)
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Move the protocol off fds 0 and 1, so that neither print nor a child can touch it."""
    requests, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    return os.fdopen(requests, "rb"), os.fdopen(answers, "wb")


def _die_with_parent() -> None:
    """Have the kernel end this process when the harness dies, where it can (Linux).

    End of file on stdin says the same everywhere, but a thread that holds the interpreter
    lock, as a runaway regular expression does, keeps Python from seeing it.
    """
    if sys.platform != "linux":
        return
    try:
        import ctypes

        set_death_signal = 1  # PR_SET_PDEATHSIG
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGKILL)
    except (ImportError, OSError, AttributeError):
        traceback.print_exc()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Serve a Python class as a claimbench system.")
    parser.add_argument("target", metavar="FILE.py:Class")
    parser.add_argument("--in-flight", type=int, default=1, help="requests to work on at once")
    parser.add_argument("--train", action="store_true", help="training data come first")
    parser.add_argument("--path", action="append", default=[], help="folder to import from, last")
    return parser.parse_args()


def _serve(options: argparse.Namespace, requests: BinaryIO, answers: BinaryIO) -> None:
    inbox: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(requests, inbox), daemon=True).start()
    system = _load(options.target, options.path)()
    if options.train:
        system.train(list(_examples(inbox)))
    lock = threading.Lock()

    def say(line: str) -> None:
        with lock:
            answers.write(line.encode("ascii") + b"\n")
            answers.flush()

    say(json.dumps({"ready": 1, "protocol": PROTOCOL}))
    if options.in_flight == 1:  # some libraries insist on the main thread
        while True:
            say(_answer(system, inbox.get()))
    with ThreadPoolExecutor(options.in_flight) as pool:
        while True:
            pool.submit(lambda request: say(_answer(system, request)), inbox.get())


def _read(requests: BinaryIO, inbox: queue.SimpleQueue[dict[str, Any]]) -> None:
    for line in requests:
        inbox.put(json.loads(line))
    os._exit(0)  # the harness is done or dead: nothing may outlive it, not even a hung extract()


def _load(target: str, path: list[str]) -> Any:
    """Import the class as if its file were the script that was started."""
    name = target.rpartition(":")[2]
    file = Path(target[: -len(name) - 1]).absolute()
    here = Path(__file__).resolve().parent
    others = [entry for entry in sys.path if Path(entry).resolve() != here]
    sys.path[:] = [str(file.parent), *others, *path]
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file}: found no Python module; expected FILE.py:Class")
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    return getattr(module, name)


def _examples(inbox: queue.SimpleQueue[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    while True:
        example = inbox.get()["train"]
        if example is None:
            return
        yield example


def _answer(system: Any, request: dict[str, Any]) -> str:
    """The answer to one request as a line of ASCII; whatever extract() raises is an answer."""
    name = request["id"]
    try:
        return json.dumps({**_claims(system.extract(request)), "id": name}, allow_nan=False)
    except (Exception, SystemExit) as error:  # noqa: BLE001  (foreign code raises anything)
        traceback.print_exc()
        answer = {"id": name, "error": f"{type(error).__name__}: {error}"}
        spent = getattr(error, "usage", None)
        return json.dumps({**answer, "usage": spent} if isinstance(spent, dict) else answer)


def _claims(result: Any) -> dict[str, Any]:
    if isinstance(result, dict):
        return result
    if result is None or isinstance(result, (str, bytes)):
        found = type(result).__name__
        raise TypeError(f"extract() returned {found}; expected a list of claims")
    return {"claims": list(result)}


if __name__ == "__main__":
    main()
