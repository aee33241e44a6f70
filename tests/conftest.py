import pytest

from made import HARBOUR, make_gold


@pytest.fixture
def harbour():
    return make_gold({"harbour": HARBOUR})
