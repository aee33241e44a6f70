"""An OpenAI-compatible endpoint on loopback: scripted or recorded answers, faults on demand.

::

    python tests/llm_server.py parrot [--port N] [--fault NAME …]
    python tests/llm_server.py replay FILE [--port N] [--fault NAME …]
    python tests/llm_server.py record BASE_URL|parrot FILE --model NAME --article ID …

``parrot`` gives every sentence back as a claim, and needs no model. ``record`` has the four
systems read articles of gold/core with a real model and writes down what its endpoint answered.
A recording is JSON lines: first ``{"about": {"model", "articles"}}``, then ``{"key", "asked",
"status", "answer"}``, where the key is the digest of a request's body; no header is recorded. It
quotes the articles, which must therefore be our own. A changed prompt asks for a new recording.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple


class Reply(NamedTuple):
    status: int
    body: dict[str, Any]
    headers: Mapping[str, str] = MappingProxyType({})


Model = Callable[[dict[str, Any]], Reply]


def completion(content: str, *, model: str = "made-1", tokens=(100, 20), **message: Any) -> Reply:
    """A chat completion that says ``content``."""
    said = {"role": "assistant", "content": content, **message}
    choice = {"index": 0, "message": said, "finish_reason": "stop"}
    usage = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]}
    return Reply(200, {"model": model, "choices": [choice], "usage": usage})


def error(status: int, message: str, **headers: str) -> Reply:
    return Reply(status, {"error": {"message": message}}, headers)


def shown(body):
    """What a request shows of the article."""
    return json.loads(body["messages"][1]["content"])


def schema(body):
    form = body.get("response_format", {})
    if "json_schema" in form:
        return form["json_schema"]["schema"]
    return form.get("schema") or json.loads(body["messages"][0]["content"].splitlines()[-1])


def parrot(body):
    """A model that gives back each sentence it is shown as it is."""
    fields, seen = schema(body)["properties"], shown(body)
    if "verdict" in fields:
        verdict = "whole" if "whole" in fields["verdict"]["enum"] else "clear"
        return completion(json.dumps({"verdict": verdict, "sentence": seen["sentence"]}))
    if "facts" in fields:
        return completion(json.dumps({"facts": seen.get("facts") or [seen["sentence"]]}))
    if "sentence" in seen:
        return completion(json.dumps({"claims": [seen["sentence"]]}))
    texts = [f"{text.strip('.')}." for text in seen["text"].split(". ")]
    claims = [{"text": text, "type": "event", "source": ""} for text in texts]
    return completion(json.dumps({"claims": claims}))


FAULTS: dict[str, Callable[[Reply], Reply]] = {
    "400": lambda _: error(400, "unknown field response_format"),
    "401": lambda _: error(401, "invalid key"),
    "404": lambda _: error(404, "no such model"),
    "429": lambda _: error(429, "slow down", **{"Retry-After": "0"}),
    "429-long": lambda _: error(429, "come back tomorrow", **{"Retry-After": "86400"}),
    "500": lambda _: error(500, "out of memory"),
    "not-json": lambda reply: reply._replace(body={"html": "<h1>Bad gateway</h1>"}),
    "truncated": lambda reply: _said(reply, lambda text: text[: len(text) // 2], "length"),
    "schema": lambda reply: _said(reply, lambda _: '{"answer": 42}'),
    "refusal": lambda reply: _said(reply, lambda _: "I'm sorry, but I can't help with that."),
    "foreign": lambda reply: _said(reply, lambda _: json.dumps(_FOREIGN)),
}
"""What may befall an answer. Beside these the server itself can be "slow" or "hang-up"."""

_FOREIGN = {
    "claims": [
        "Les conducteurs du bac ont cessé le travail.",
        "Quatorze traversées furent annulées.",
    ]
}


def _said(reply: Reply, change: Callable[[str], str], finish: str = "stop") -> Reply:
    (choice,) = reply.body["choices"]
    said = change(choice["message"]["content"])
    changed = {**choice, "message": {**choice["message"], "content": said}}
    return reply._replace(body={**reply.body, "choices": [{**changed, "finish_reason": finish}]})


class Endpoint:
    """``model`` served on a free port of loopback; each fault befalls one request, in order.

    ``requests`` are the bodies that came, ``keys`` their Authorization headers, and ``most`` is
    how many were being answered at once.
    """

    def __init__(self, model: Model, faults: Iterable[str | None] = (), port: int = 0) -> None:
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.most = self._now = 0
        self.hold = threading.Event()  # a "slow" answer waits for it
        self._model, self._faults = model, iter(faults)
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> Endpoint:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.hold.set()
        self._server.shutdown()
        self._server.server_close()

    def serve_forever(self) -> None:
        self._server.serve_forever()

    def reply(self, body: dict[str, Any], key: str | None) -> Reply | None:
        """The answer, faults included; None to hang up without one."""
        with self._lock:
            self.requests.append(body)
            self.keys.append(key)
            self._now += 1
            self.most = max(self.most, self._now)
            fault = next(self._faults, None)
        try:
            if fault == "hang-up":
                return None
            if fault == "slow":
                self.hold.wait(30)
            if fault == "echo":
                return error(400, f"your header was {key}")
            answer = self._model(body)
            return FAULTS[fault](answer) if fault in FAULTS else answer
        finally:
            with self._lock:
                self._now -= 1

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                reply = endpoint.reply(body, self.headers["Authorization"])
                if reply is None:
                    self.close_connection = True
                    return
                data = json.dumps(reply.body).encode()
                self.send_response(reply.status)
                for name, value in ({**reply.headers, "Content-Length": str(len(data))}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def key(body: dict[str, Any]) -> str:
    """Digest of a request, whatever the order of its fields."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def recorded(file: Path) -> Model:
    """The model that a recording holds; a request that it does not hold is answered with 410."""
    replies = {line["key"]: Reply(line["status"], line["answer"]) for line in _lines(file)}

    def model(body: dict[str, Any]) -> Reply:
        missing = f"{file.name} holds no such request; record it anew (tests/llm_server.py)"
        return replies.get(key(body)) or error(410, missing)

    return model


def about(file: Path) -> dict[str, Any]:
    """The head of a recording: the model, and the articles that were asked about."""
    with file.open(encoding="utf-8") as lines:
        return json.loads(next(lines))["about"]


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        next(lines)
        yield from map(json.loads, lines)


class Recorder:
    """A model that asks ``behind`` and writes every answer to ``file``, once a request."""

    def __init__(self, behind: Model, file: Path, about: dict[str, Any]) -> None:
        self._behind, self._file = behind, file
        self._lock = threading.Lock()
        if file.exists():
            self._known = {line["key"] for line in _lines(file)}
        else:
            self._known = set()
            file.write_text(json.dumps({"about": about}, ensure_ascii=False) + "\n", "utf-8")

    def __call__(self, body: dict[str, Any]) -> Reply:
        reply = self._behind(body)
        with self._lock:
            # what passes is no property of the model: only answers and lacking abilities are kept
            if reply.status in (200, 400, 404, 422, 500) and key(body) not in self._known:
                self._known.add(key(body))
                line = {
                    "key": key(body),
                    "asked": body["messages"][-1]["content"][:120],
                    "status": reply.status,
                    "answer": reply.body,
                }
                with self._file.open("a", encoding="utf-8") as out:
                    out.write(json.dumps(line, ensure_ascii=False) + "\n")
        return reply


def real(base_url: str) -> Model:
    """The model behind a real endpoint; the key comes from CLAIMBENCH_LLM_API_KEY."""

    def model(body: dict[str, Any]) -> Reply:
        headers = {"Content-Type": "application/json"}
        if secret := os.environ.get("CLAIMBENCH_LLM_API_KEY"):
            headers["Authorization"] = f"Bearer {secret}"
        url, data = f"{base_url.rstrip('/')}/chat/completions", json.dumps(body).encode()
        request = urllib.request.Request(url, data, headers)  # noqa: S310  (the user's own address)
        try:
            with urllib.request.urlopen(request, timeout=900) as response:  # noqa: S310
                return Reply(response.status, json.load(response))
        except urllib.error.HTTPError as failed:
            said = failed.read().decode("utf-8", "replace")
            said = said.replace(secret, "[key]") if secret else said
            wait = failed.headers.get("Retry-After")
            return error(failed.code, said, **({"Retry-After": wait} if wait else {}))
        except OSError as failed:
            return error(502, f"no answer from the endpoint: {failed}")

    return model


def record(base_url: str, file: Path, name: str, ids: list[str]) -> None:
    """Have the four systems read articles of gold/core with ``name`` and keep the answers."""
    from bench.gold import find_article
    from bench.run import run
    from bench.store import find_places
    from bench.systems import discover

    places = find_places(Path(__file__).parents[1])
    articles = [find_article(id_, places).article for id_ in ids]
    if others := [a.id for a in articles if a.corpus != "core"]:
        raise SystemExit(f"{', '.join(others)}: a recording would quote text that is not ours")
    fields = ("id", "title", "date", "text")
    head = {"model": name, "articles": [{f: getattr(a, f) for f in fields} for a in articles]}
    behind = parrot if base_url == "parrot" else real(base_url)
    with (
        Endpoint(Recorder(behind, file, head)) as endpoint,
        tempfile.TemporaryDirectory() as folder,
    ):
        os.environ |= {
            "CLAIMBENCH_LLM_BASE_URL": endpoint.url,
            "CLAIMBENCH_LLM_MODEL": name,
            "CLAIMBENCH_CACHE": folder,
        }
        for spec in (s for n, s in discover(places).items() if n.startswith("llm-")):
            into = Path(folder) / spec.name
            for extraction in run(spec, articles, (), into, corpus="core").extractions:
                found = extraction.error or f"{len(extraction.claims)} claims"
                print(f"{spec.name} {extraction.article_id}: {found}", file=sys.stderr)  # noqa: T201


def main() -> None:
    parser = argparse.ArgumentParser(description="An OpenAI-compatible endpoint on loopback.")
    commands = parser.add_subparsers(dest="command", required=True)
    serving = [commands.add_parser("parrot"), commands.add_parser("replay")]
    serving[1].add_argument("file", type=Path)
    for command in serving:
        command.add_argument("--port", type=int, default=0)
        command.add_argument("--fault", action="append", default=[], dest="faults")
    recording = commands.add_parser("record")
    recording.add_argument("base_url")
    recording.add_argument("file", type=Path)
    recording.add_argument("--model", required=True)
    recording.add_argument("--article", action="append", required=True, dest="articles")
    options = parser.parse_args()
    if options.command == "record":
        record(options.base_url, options.file, options.model, options.articles)
        return
    model = parrot if options.command == "parrot" else recorded(options.file)
    endpoint = Endpoint(model, options.faults, options.port)
    print(f"export CLAIMBENCH_LLM_BASE_URL={endpoint.url}", flush=True)  # noqa: T201
    endpoint.serve_forever()


if __name__ == "__main__":
    main()
