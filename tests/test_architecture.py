"""A module imports only from lower floors; CONTRIBUTING.md has the house plan."""

import ast
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[1] / "bench"
FLOORS = (
    ("model", "worker"),
    ("text", "store", "stats", "protocol"),
    ("gold", "matching", "properties", "systems", "results", "grounding"),
    ("run", "score", "judging"),
    ("compare", "audit", "confidence", "diagnosis", "report", "doctor"),
    ("pool",),
    ("cli",),
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
ROOMS = {path: path.relative_to(BENCH).parts[0].removesuffix(".py") for path in BENCH.rglob("*.py")}
DOORS = ("__init__", "__main__")  # open the house to those outside it


def imported(tree):
    """Names of all modules imported at run time, at the top of a module or within functions."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        yield from imported(node)


def test_every_room_has_a_floor():
    assert {*ROOMS.values()} - {*DOORS} == FLOOR.keys()


@pytest.mark.parametrize("path", sorted(ROOMS), ids=lambda p: str(p.relative_to(BENCH)))
def test_a_module_imports_only_from_lower_floors(path):
    room = ROOMS[path]
    names = [n.split(".") for n in imported(ast.parse(path.read_text()))]
    used = {name[1] for name in names if name[0] == "bench" and name[1] in FLOOR} - {room}
    assert {n for n in used if room not in DOORS and FLOOR[n] >= FLOOR[room]} == set()


def test_the_worker_imports_only_the_standard_library():
    names = imported(ast.parse((BENCH / "worker.py").read_text()))
    assert {n.split(".")[0] for n in names} <= sys.stdlib_module_names


def test_the_plugin_imports_no_bench_before_it_is_used():
    tree = ast.parse((BENCH.parent / "claimbench_pytest.py").read_text())
    top = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {name.split(".")[0] for node in top for name in imported(ast.Module([node], []))}
    assert names - sys.stdlib_module_names == {"pytest"}


def test_a_breach_would_be_seen():
    source = "if TYPE_CHECKING:\n    import a.b\ndef f():\n    if x:\n        from c import d, e\n"
    assert [*imported(ast.parse(source))] == ["c.d", "c.e"]
