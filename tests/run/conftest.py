import os
import time
import uuid
from pathlib import Path

import pytest

SECONDS_TO_DIE = 5


def marked(mark):
    """Processes that carry ``mark`` in the environment they were started with (Linux)."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            variables = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if mark in variables:
            found.append(int(entry.name))
    return found


@pytest.fixture
def survivors(monkeypatch):
    """Ask it for the processes that are left of those that this test started."""
    mark = f"CLAIMBENCH_TEST={uuid.uuid4()}"
    monkeypatch.setenv(*mark.split("="))
    return lambda: marked(mark.encode())


@pytest.fixture(autouse=True)
def _nothing_survives(survivors):
    yield
    assert survivors() == []


@pytest.fixture
def dies_out(survivors):
    """Ask it whether all processes of this test end without being told to."""

    def check():
        until = time.monotonic() + SECONDS_TO_DIE
        while survivors() and time.monotonic() < until:
            time.sleep(0.01)
        return survivors() == []

    return check


@pytest.fixture
def count_file(tmp_path, monkeypatch):
    """Where the system ``counting`` notes whom it is asked about."""
    path = tmp_path / "asked.txt"
    path.touch()
    monkeypatch.setenv("COUNT_FILE", str(path))
    return path


@pytest.fixture
def importable(monkeypatch):
    """Let child processes import claimbench as this one does."""
    root = Path(__file__).resolve().parents[2]
    paths = [str(root), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
