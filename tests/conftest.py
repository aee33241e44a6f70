import os
import signal

import hypothesis
import pytest

from made import HARBOUR, make_gold

# No test may fail because a machine is slow for a moment.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")

# What is started in the background ignores Ctrl-C, and so would every process that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def no_endpoint_of_the_user(monkeypatch):
    """A language model that the user has at hand is not asked by tests."""
    for name in [*os.environ]:
        if name.startswith("CLAIMBENCH_LLM_"):
            monkeypatch.delenv(name)


@pytest.fixture
def harbour():
    return make_gold({"harbour": HARBOUR})
