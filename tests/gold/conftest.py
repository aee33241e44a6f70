import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from bench.store import Places, digest

TEXT = (
    "Ferry drivers in Port Alder struck on Monday and blocked the east gate.\n\n"
    'Lena Voss said fourteen crossings were cancelled. "The strike is reckless," she said.\n'
)

CLAIMS = (
    {
        "id": "{}-c01",
        "text": "Port Alder's ferry drivers went on strike.",
        "forms": ["Ferry drivers struck in Port Alder.", "A strike by ferry drivers began."],
        "type": "event",
        "spans": [[0, 44]],
        "central": True,
        "facts": [["driver*"], ["strike*", "struck"]],
    },
    {
        "id": "{}-c02",
        "text": "Fourteen crossings were cancelled.",
        "forms": ["Lena Voss said 14 crossings were called off.", "14 crossings did not run."],
        "type": "numerical",
        "spans": [[88, 121]],
        "source": {"name": "Lena Voss", "mode": "indirect"},
        "facts": [["14"], ["crossing*"]],
    },
    {
        "id": "{}-c03",
        "text": "Lena Voss called the strike reckless.",
        "forms": ["Voss said that the strike was reckless.", "Voss found the strike reckless."],
        "type": "position",
        "spans": [[123, 158]],
        "source": {"name": "Lena Voss", "mode": "direct"},
        "facts": [["Voss"], ["reckless"]],
        "phenomena": ["direct-quote"],
    },
)


class Project:
    """A project on disk with corpora of invented articles."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.places = Places(
            gold=(root / "gold",),
            systems=(root / "systems",),
            results=root / "results",
            cache=root / "cache",
        )

    def folder(self, corpus="toy"):
        return self.root / "gold" / corpus

    def labels(self, article, corpus="toy"):
        return self.folder(corpus) / "claims" / f"{article}.jsonl"

    def text(self, article, corpus="toy"):
        return self.folder(corpus) / "articles" / f"{article}.txt"

    def toml(self, corpus="toy"):
        return self.folder(corpus) / "corpus.toml"

    def edit(self, path, old, new):
        before = path.read_text()
        assert old in before
        path.write_text(before.replace(old, new))

    def write_labels(self, article, claims, corpus="toy", summary="Drivers struck. A gate shut."):
        header = {"schema": 1, "article": article, "summary": summary}
        lines = [
            json.dumps(v, separators=(",", ":"), ensure_ascii=False) for v in (header, *claims)
        ]
        path = self.labels(article, corpus)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n")

    def add_corpus(self, name="toy", held=True, splits=None, extra="", entry="", text=TEXT):
        splits = {"one": "train", "two": "dev", "three": "test"} if splits is None else splits
        head = (
            f'schema = 1\nname = "{name}"\ntitle = "Toy"\nversion = "0.1.0"\nlanguage = "en"\n'
            f'licence = "CC0"\ntext = "{"held" if held else "fetched"}"\n{extra}'
        )
        parts = [head]
        for article, split in splits.items():
            parts.append(
                f'[[article]]\nid = "{article}"\ntitle = "A strike"\ndate = "2031-05-06"\n'
                f'split = "{split}"\nsha256 = "{digest(text)}"\n{entry}'
            )
            claims = [{**claim, "id": claim["id"].format(article)} for claim in CLAIMS]
            self.write_labels(article, claims, name)
            if held:
                self.text(article, name).parent.mkdir(exist_ok=True)
                self.text(article, name).write_text(text)
        self.toml(name).write_text("\n".join(parts))
        return self

    def cache(self, article, text=TEXT, corpus="toy"):
        path = self.places.cache / corpus / f"{article}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


class Loopback(HTTPServer):
    """Serves ``files`` by a list of plans, one a request, the last one for ever.

    A plan is a function of the request's handler. The Range header of each request is kept.
    """

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {}
        self.plans = [self.whole]
        self.ranges = []
        self.paths = []

    def url(self, path):
        return f"http://127.0.0.1:{self.server_port}/{path}"

    def handle_error(self, request, client_address):
        """Say nothing of connections that a plan or a client drops."""

    def whole(self, handler):
        """Know nothing of Range."""
        data = self.files.get(handler.path)
        handler.answer(404 if data is None else 200, data or b"")

    def ranged(self, handler):
        """Serve what Range asks for, as a proper server does."""
        data, wanted = self.files[handler.path], handler.headers["Range"]
        if not wanted:
            return handler.answer(200, data)
        start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        span = f"bytes {start}-{len(data) - 1}/{len(data)}"
        return handler.answer(206, data[start:], Content_Range=span)

    def dropped(self, count):
        """Promise everything, send ``count`` bytes, hang up."""

        def plan(handler):
            data = self.files[handler.path]
            handler.answer(200, data[:count], length=len(data))
            handler.connection.shutdown(socket.SHUT_RDWR)

        return plan

    def status(self, code):
        return lambda handler: handler.answer(code, b"no")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        server.ranges.append(self.headers["Range"])
        server.paths.append(self.path)
        (server.plans.pop(0) if len(server.plans) > 1 else server.plans[0])(self)

    def answer(self, status, body, length=None, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Keep the output of the tests clean."""


@pytest.fixture
def loopback(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    server = Loopback()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
