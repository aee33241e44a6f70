"""The commands for who writes a system: new, try, doctor."""

import json
import re
import signal
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from project import make_project


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A project in which nothing ran yet; only to be looked at or copied."""
    return make_project(tmp_path_factory.mktemp("authoring"))


@pytest.fixture
def project(made, tmp_path):
    return made.copy(tmp_path / "project")


@pytest.mark.parametrize(("kind", "code"), [("python", "extract.py"), ("executable", "extract")])
def test_a_new_system_runs_as_it_is(project, kind, code):
    out = project("new", "mine", "--kind", kind).out
    folder = project.root / "systems/mine"
    assert {path.name for path in folder.iterdir()} == {"system.toml", code}
    assert out.endswith(
        'next: claimbench try mine --text "The ferry sank."; claimbench doctor mine; '
        "claimbench run mine\n"
    )
    tried = project("try", "mine", "--text", "The ferry sank.\nOh!")
    assert tried.out.startswith("1 claim in ")
    assert "The ferry sank.  event  –" in tried.out
    assert "mine    1.000" in project("run", "mine").out
    assert not project.kept("mine", corpus="try").exists()
    assert "FAIL" not in project("doctor", "mine").out


class Endpoint(BaseHTTPRequestHandler):
    """Answers as an OpenAI-compatible endpoint does, in the words that the server holds."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.path, dict(self.headers), json.loads(body)))
        message = {"role": "assistant", "content": self.server.says}
        usage = {"prompt_tokens": 7, "details": {"cached": {}}}
        answer = {"model": "small-1b", "choices": [{"message": message}], "usage": usage}
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *args):
        pass


@pytest.fixture
def endpoint():
    with ThreadingHTTPServer(("127.0.0.1", 0), Endpoint) as server:
        server.asked, server.says, server.status = [], "", 200
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_a_new_prompt_asks_the_endpoint_that_the_environment_names(project, endpoint):
    env = {
        "CLAIMBENCH_LLM_BASE_URL": f"http://127.0.0.1:{endpoint.server_port}/v1/",
        "CLAIMBENCH_LLM_MODEL": "small",
        "CLAIMBENCH_LLM_API_KEY": "opensesame",
    }
    out = project("new", "prompted", "--kind", "llm").out
    files = ["system.toml", "prompt.txt", "extract.py"]
    assert re.findall(r"(\w+\.\w+)$", out, re.MULTILINE) == files
    assert "export CLAIMBENCH_LLM_MODEL=…" in project("list", "--json").out

    endpoint.says = 'Here:\n```json\n[{"text": "Rain fell.", "type": "event"}]\n```'
    record = json.loads(project("try", "prompted", "--text", "Rain fell.", "--json", **env).out)
    assert record["claims"] == [{"text": "Rain fell.", "type": "event"}]
    assert record["usage"] == {"model": "small-1b", "prompt_tokens": 7}
    ((path, headers, body),) = endpoint.asked
    assert (path, headers["Authorization"]) == ("/v1/chat/completions", "Bearer opensesame")
    assert (body["model"], body["temperature"], body["seed"]) == ("small", 0, 0)
    prompt = (project.root / "systems/prompted/prompt.txt").read_text()
    assert body["messages"][0] == {"role": "system", "content": prompt}
    assert body["messages"][1]["content"].endswith("Rain fell.")

    keyless = {**env, "CLAIMBENCH_LLM_API_KEY": ""}
    project("try", "prompted", "--text", "Rain fell.", **keyless)
    assert "Authorization" not in endpoint.asked[-1][1]

    endpoint.says = "I cannot help with opensesame."
    refused = project("try", "prompted", "--text", "Rain fell.", code=3, **env).err
    assert "error: prompted: error: ValueError: found no JSON array in the answer" in refused
    endpoint.status = 401
    refused += project("try", "prompted", "--text", "Rain fell.", code=3, **env).err
    assert "error: prompted: error: HTTPError: HTTP Error 401: Unauthorized" in refused
    assert "opensesame" not in refused


def test_try_takes_a_text_a_file_stdin_or_an_article(made, tmp_path):
    (tmp_path / "a.txt").write_text("Rain fell.\n")
    assert "Rain fell." in made("try", "lines", "--file", tmp_path / "a.txt").out
    assert "Snow fell." in made("try", "lines", "--file", "-", stdin="Snow fell.").out
    record = json.loads(made("try", "lines", "--article", "mill", "--json").out)
    assert record["claims"] == [{"text": "The mill at Oxbow stopped.", "type": "event"}]


def test_try_shows_what_a_system_gives_and_what_it_prints(project):
    code = (
        "class Full:\n"
        "    def extract(self, article):\n"
        "        print('looking at', len(article['text']), '\\x1b[2J')\n"
        "        where = [[4, 9], [10, 14]]\n"
        "        return [{'text': 'A ferry sank.', 'spans': where, 'confidence': 0.5}, 'Oh.']\n"
    )
    project.add_system("full", 'class = "full.py:Full"\n', "full.py", code)
    done = project("try", "full", "--text", "The ferry sank.")
    assert re.search(r"^claim +type +source +at its spans +confidence$", done.out, re.MULTILINE)
    assert re.search(r"^A ferry sank\. +– +– +ferry … sank +0\.500$", done.out, re.MULTILINE)
    assert done.err == "stderr: looking at 15 \ufffd[2J\n"


def test_try_of_a_failing_system_shows_where_it_failed(made):
    done = made("try", "moody", "--article", "bakery", code=3)
    assert done.out == ""
    traceback, _, error = done.err.partition("error: moody: ")
    assert all(line.startswith("stderr: ") for line in traceback.splitlines())
    assert 'moody.py", line 6, in extract' in traceback
    assert error.startswith("error: ValueError: no oven today\n")


def test_try_tells_a_flood_once_and_where_it_was_cut(project):
    code = (
        "class Loud:\n"
        "    def extract(self, article):\n"
        "        print(*range(2_000))\n"
        "        if article['text'] == 'Die.':\n"
        "            import os; os._exit(1)\n"
        "        return []\n"
    )
    project.add_system("loud", 'class = "loud.py:Loud"\n', "loud.py", code)
    err = project("try", "loud", "--text", "Speak.").err
    assert re.fullmatch(r"stderr: \(the last 2,048 bytes\) ….*1998 1999\n", err)
    err = project("try", "loud", "--text", "Die.", code=3).err
    assert err.startswith("error: loud: crash: exited with code 1; ")
    assert err.count("1998 1999") == 1


@pytest.mark.process
@pytest.mark.parametrize("command", [("doctor", "stuck"), ("try", "stuck", "--text", "x")])
def test_ctrl_c_claims_to_keep_only_what_is_kept(project, command):
    code = (
        "import time\nfrom pathlib import Path\n"
        "class Stuck:\n"
        "    def extract(self, article):\n"
        "        Path('../../asked').touch()\n"
        "        time.sleep(60)\n"
    )
    project.add_system("stuck", 'class = "stuck.py:Stuck"\n', "stuck.py", code)
    running = project.start(*command, stderr=subprocess.PIPE, text=True)
    while not (project.root / "asked").exists():
        assert running.poll() is None
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    assert running.communicate()[1] == "error: interrupted; nothing was kept\n"
    assert running.returncode == 3


def test_doctor_tells_what_to_mend_and_fails_by_it(project):
    done = project("doctor", "first", code=1)  # it takes the first line, where there may be none
    assert re.search("^FAIL +empty article +crash: .*", done.out, re.MULTILINE)
    assert "IndexError" in done.out
    assert re.search("^PASS +stdout +nothing but what was asked", done.out, re.MULTILINE)
    assert re.search("^doctor-news: answered after .* s$", done.err, re.MULTILINE)
    assert re.search("^doctor-empty: crash after .* s$", done.err, re.MULTILINE)
    assert done.err.endswith(
        "doctor-other again: ok\n"
        "error: first does not keep to the contract: empty article\n"
        "  next: mend what is marked FAIL, then claimbench doctor first\n"
    )
    lines = project("doctor", "first", "--json", code=1).out.splitlines()
    levels = {check["name"]: check["level"] for check in map(json.loads, lines)}
    assert [name for name, level in levels.items() if level == "FAIL"] == ["empty article"]
    extract = project.root / "systems/first/extract"
    project.edit(extract, '"claims": [claim]', '"claims": [claim] if claim["text"] else []')
    project.edit(extract, "splitlines()[0]", 'partition("\\n")[0]')
    assert "error: " not in project("doctor", "first").err


def test_doctor_of_what_cannot_run(made):
    assert "lacks no-such-distribution" in made.fails("doctor", "needy", code=2)
    assert "did you mean 'first'" in made.fails("doctor", "frist", code=2)
