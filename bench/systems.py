"""Systems: where they are found, what they need, what they are asked, and when they changed.

A folder that holds ``system.toml`` is a system and its own registration. Installed
distributions add theirs through entry points in ``claimbench.systems``; the entry point
names a module that lies in such a folder, or an object that is the folder's path.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from importlib import metadata
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Annotated

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from bench.model import (
    PROTOCOL,
    Article,
    ClaimbenchError,
    DataError,
    Frozen,
    Labelled,
    SystemSpec,
    UnknownName,
)
from bench.protocol import Request
from bench.store import Places, digest, encode

DECLARATION = "system.toml"
GROUP = "claimbench.systems"
PROBE_SECONDS = 60.0

_HERE = Path(__file__).resolve().parent
_REFERENCE = re.compile(r"\$\{(?P<name>\w+)(?P<optional>:-)?\}")
_TARGET = re.compile(r"(?P<file>.+\.py):(?P<name>[A-Za-z_]\w*)")
_VENV_PYTHON = re.compile(r"(?P<venv>.+)/bin/python[\d.]*")
_SAFE_NAME = re.compile(r"\w[\w.-]*")
_PROBE = """
import importlib.metadata as metadata, json, platform, sys
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        found[name] = None
full = platform.python_version()
marks = {"python_full_version": full, "python_version": ".".join(full.split(".")[:2])}
print(json.dumps({"versions": found, "marks": marks}))
"""

Alternatives = tuple[Requirement, ...]
"""Requirements of which one is enough; the last is what is installed where none is met."""

Positive = Annotated[float, msgspec.Meta(gt=0)]


class _Declaration(Frozen, frozen=True, rename={"target": "class"}):
    """The keys of system.toml."""

    command: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] | None = None
    target: str | None = None
    timeout: Positive = 60.0
    startup: Positive = 60.0
    in_flight: Annotated[int, msgspec.Meta(ge=1)] = 1
    train: bool = False
    python: str | None = None
    requires: tuple[str, ...] = ()
    env: dict[str, str] = msgspec.field(default_factory=dict)
    settings: tuple[str, ...] = ()
    description: str = ""


class _Interpreter(Frozen, frozen=True):
    """What an interpreter has installed: version by distribution, None where absent."""

    versions: dict[str, str | None]
    marks: dict[str, str] = msgspec.field(default_factory=dict)


class _Needs(Frozen, frozen=True):
    """``state`` is what of requirements and settings goes into the fingerprint."""

    state: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    install: str = ""


def discover(places: Places) -> dict[str, SystemSpec]:
    """All systems by name: those of earlier folders win, folders win over what is installed.

    Folders whose name starts with ``.`` or ``_`` are passed over. What is declared in a way that
    cannot be used is listed as broken, with the reason in ``missing``: it must not be in the way
    of the others.
    """
    found: dict[str, SystemSpec] = {}
    for place in places.systems:
        for declaration in sorted(place.glob(f"*/{DECLARATION}")):
            name = declaration.parent.name
            if not name.startswith((".", "_")) and name not in found:
                found[name] = _declared(declaration.parent)
    for entry in sorted(metadata.entry_points(group=GROUP)):
        if entry.name not in found:
            found[entry.name] = _installed(entry)
    return found


def find(name: str, specs: Mapping[str, SystemSpec]) -> SystemSpec:
    """The system called ``name``; raises UnknownName, which suggests the nearest."""
    try:
        return specs[name]
    except KeyError:
        raise UnknownName("system", name, specs) from None


def require_ready(spec: SystemSpec) -> None:
    """Raise ClaimbenchError, with the command that installs it, if ``spec`` lacks anything."""
    if spec.broken:
        raise DataError(spec.missing[0], hint=spec.install)
    if spec.missing:
        raise ClaimbenchError(
            f"system {spec.name} lacks {', '.join(spec.missing)}", hint=spec.install
        )


def load(folder: Path, name: str | None = None) -> SystemSpec:
    """The system that ``folder`` holds, called ``name`` or else like the folder.

    Raises DataError, naming the file, if its declaration is not what it should be.
    """
    folder = folder.absolute()
    file = folder / DECLARATION
    declared = _read(file)
    python = _python(declared.python, folder)
    requires = [_alternatives(text, file) for text in declared.requires]
    needs = _needs(requires, declared, python)
    return SystemSpec(
        name=name or folder.name,
        command=_command(declared, python, requires, file),
        folder=str(folder),
        fingerprint=_fingerprint(folder, needs.state),
        description=declared.description,
        timeout=declared.timeout,
        startup=declared.startup,
        in_flight=declared.in_flight,
        train=declared.train,
        env=declared.env,
        requires=declared.requires,
        missing=needs.missing,
        install=needs.install,
    )


def request(article: Article) -> bytes:
    """The line that asks for ``article``, with its newline: all that a system is told of it."""
    return encode(_public(article)) + b"\n"


def training(items: Iterable[Labelled]) -> bytes:
    """The lines that hand over labelled articles, each field of each claim, and their end."""
    lines = [
        encode(
            {
                "train": {
                    "article": _public(item.article),
                    "claims": [msgspec.structs.asdict(claim) for claim in item.claims],
                }
            }
        )
        for item in items
    ]
    return b"\n".join([*lines, encode({"train": None}), b""])


def key(spec: SystemSpec, asked: bytes, train_digest: str = "") -> str:
    """What identifies an answer: the system, the exact request line, protocol, training data."""
    return digest(encode([spec.fingerprint, digest(asked), PROTOCOL, train_digest]))


def environment(spec: SystemSpec) -> dict[str, str]:
    """``spec.env`` with every reference replaced from the environment of this process.

    ``${NAME}`` must be set for the system to run, ``${NAME:-}`` may be unset and is then empty,
    as in a shell. Only the process of the system is ever given the result.
    """
    return {
        variable: _REFERENCE.sub(lambda match: os.environ.get(match["name"], ""), template)
        for variable, template in spec.env.items()
    }


def references(env: Mapping[str, str]) -> list[str]:
    """Names of the environment variables that the templates in ``env`` draw on, sorted.

    They are secrets: their values stay out of every record, and out of the fingerprint.
    """
    return sorted({match["name"] for match in _drawn(env)})


def _drawn(env: Mapping[str, str]) -> Iterator[re.Match[str]]:
    return (match for template in env.values() for match in _REFERENCE.finditer(template))


def _public(article: Article) -> Request:
    return Request(article.id, article.title, article.date, article.text)


def _declared(folder: Path) -> SystemSpec:
    try:
        return load(folder)
    except DataError as error:
        return _broken(folder.name, str(error))


def _broken(name: str, reason: str, install: str = "") -> SystemSpec:
    return SystemSpec(
        name=name, command=(), folder="", fingerprint="", missing=(reason,), install=install
    )


def _installed(entry: metadata.EntryPoint) -> SystemSpec:
    try:
        if not _SAFE_NAME.fullmatch(entry.name):
            raise DataError(f"found the name {entry.name!r}; expected one fit for a folder")
        return load(_folder(entry), entry.name)
    except (Exception, SystemExit) as error:  # noqa: BLE001  (foreign code: told, not in the way)
        owner = entry.dist.name if entry.dist else entry.module
        return _broken(
            entry.name,
            f"entry point {entry.value}: {type(error).__name__}: {error}",
            shlex.join([sys.executable, "-m", "pip", "install", "--upgrade", owner]),
        )


def _folder(entry: metadata.EntryPoint) -> Path:
    """The folder an entry point names; a module is located without running it."""
    if entry.attr:
        return Path(entry.load())
    spec = find_spec(entry.module)
    if spec is None or spec.origin is None:
        raise DataError(f"found no module {entry.module} in a file")
    return Path(spec.origin).parent


def _read(file: Path) -> _Declaration:
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{file}: {error.strerror}; expected a system's declaration") from None
    except ValueError as error:
        raise DataError(f"{file}: {error}; expected TOML in UTF-8") from None
    known = msgspec.structs.fields(_Declaration)
    keys = [field.encode_name for field in known]
    unknown = [_suggest(name, keys) for name in raw if name not in keys]
    if unknown:
        raise DataError(f"{file}: found {', '.join(unknown)}; expected only {', '.join(keys)}")
    try:
        declared = msgspec.convert(raw, _Declaration)
    except msgspec.ValidationError as error:
        raise DataError(f"{file}: {error}") from None
    if (declared.command is None) == (declared.target is None):
        found = "neither" if declared.command is None else "both"
        raise DataError(f"{file}: found {found} of command and class; expected one of them")
    return declared


def _suggest(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"unknown key {name!r}" + (f" (did you mean {near[0]!r}?)" if near else "")


def _python(declared: str | None, folder: Path) -> str:
    """Path of the interpreter; links are kept, for a venv's python is known by its own place."""
    if declared is None:
        return sys.executable
    if "/" in declared:
        return os.path.normpath(folder / declared)
    return shutil.which(declared) or declared


def _command(
    declared: _Declaration, python: str, requires: list[Alternatives], file: Path
) -> tuple[str, ...]:
    if declared.command is not None:
        program, *arguments = declared.command
        # looked for beside the declaration; a bare name is looked up on PATH
        return (str(file.parent / program) if "/" in program else program, *arguments)
    target = _TARGET.fullmatch(declared.target or "")
    if target is None:
        raise DataError(f"{file}: found class = {declared.target!r}; expected 'FILE.py:Class'")
    code = file.parent / target["file"]
    if not code.is_file():
        raise DataError(f"{file}: found no file {target['file']}; expected it beside {file.name}")
    command = [python, str(_HERE / "worker.py"), f"{code}:{target['name']}"]
    if declared.in_flight > 1:
        command += ["--in-flight", str(declared.in_flight)]
    if declared.train:
        command += ["--train"]
    if python == sys.executable and any(map(_is_own, chain(*requires))):
        command += ["--path", str(_HERE.parent)]  # claimbench may run without being installed
    return tuple(command)


def _needs(requires: list[Alternatives], declared: _Declaration, python: str) -> _Needs:
    required = {match["name"] for match in _drawn(declared.env) if not match["optional"]}
    unset = [name for name in sorted(required) if name not in os.environ]
    unset += [name for name in declared.settings if not os.environ.get(name)]
    missing = [f"environment variable {name}" for name in unset]
    install = [f"export {name}=…" for name in unset]
    try:
        interpreter = _ask(python, [requirement.name for requirement in chain(*requires)])
    except ClaimbenchError as error:
        install = _make_python(python, requires) + install
        return _Needs(missing=(str(error), *missing), install=" && ".join(install))
    state = [(name, os.environ.get(name, "")) for name in declared.settings]
    unmet: list[str] = []
    for alternatives in requires:
        lacks = {
            requirement: _lack(requirement, interpreter, python)
            for requirement in alternatives
            if not requirement.marker or requirement.marker.evaluate(dict(interpreter.marks))
        }
        if not lacks:
            continue
        used = next((r for r, lack in lacks.items() if not lack), [*lacks][-1])
        if lacks[used]:
            unmet.append(str(used))
            missing.append(" or ".join(f"{r} ({lack})" for r, lack in lacks.items()))
        # what a system may import from claimbench is the text module: only that makes it differ
        version = _text_digest() if _is_own(used) else interpreter.versions[used.name] or ""
        state.append((str(used), version))
    if unmet:
        install.insert(0, shlex.join([python, "-m", "pip", "install", *unmet]))
    return _Needs(tuple(state), tuple(missing), " && ".join(install))


def _lack(requirement: Requirement, interpreter: _Interpreter, python: str) -> str:
    """Why ``requirement`` is not met; empty if it is."""
    version = interpreter.versions[requirement.name]
    if version is None:
        return "" if _is_own(requirement) and python == sys.executable else "not installed"
    met = requirement.specifier.contains(version, prereleases=True)
    return "" if met else f"found {version}"


def _alternatives(text: str, file: Path) -> Alternatives:
    """The requirements that ``text`` names, with " | " between those of which one is enough."""
    try:
        return tuple(map(Requirement, text.split(" | ")))
    except InvalidRequirement as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{file}: requires: found {text!r} ({reason}); expected PEP 508") from None


def _is_own(requirement: Requirement) -> bool:
    return canonicalize_name(requirement.name) == "claimbench"


def _text_digest() -> str:
    return digest((_HERE / "text.py").read_bytes())


def _ask(python: str, names: list[str]) -> _Interpreter:
    """What ``python`` has of ``names``. Raises ClaimbenchError if it cannot be run."""
    if python == sys.executable:
        return _Interpreter({name: _own_version(name) for name in names})
    if shutil.which(python) is None:
        raise ClaimbenchError(f"no interpreter {python}")
    if not names:
        return _Interpreter({})
    try:
        done = subprocess.run(
            [python, "-c", _PROBE, *names],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=PROBE_SECONDS,
        )
        return msgspec.json.decode(done.stdout, type=_Interpreter)
    except (OSError, subprocess.SubprocessError, msgspec.DecodeError) as error:
        raise ClaimbenchError(f"interpreter {python} does not answer: {error}") from None


def _own_version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _make_python(python: str, requires: list[Alternatives]) -> list[str]:
    """The commands that make the virtual environment that ``python`` would belong to."""
    match = _VENV_PYTHON.fullmatch(python)
    if match is None:
        return []
    commands = [shlex.join([sys.executable, "-m", "venv", match["venv"]])]
    if requires:
        wanted = [str(alternatives[-1]) for alternatives in requires]
        commands.append(shlex.join([python, "-m", "pip", "install", *wanted]))
    return commands


def _fingerprint(folder: Path, state: tuple[tuple[str, str], ...]) -> str:
    """Digest of all that makes a system answer as it does: its files and what it imports."""
    files = [[path.relative_to(folder).as_posix(), _file_digest(path)] for path in _files(folder)]
    return digest(encode([files, state]))


def _file_digest(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}; expected a readable file") from None


def _files(folder: Path) -> Iterator[Path]:
    """Files of a system in a fixed order, links followed; without caches and hidden ones."""
    seen: set[str] = set()
    for where, folders, files in os.walk(folder, followlinks=True):
        here = Path(where)
        real = os.path.realpath(where)
        folders[:] = [] if real in seen else sorted(d for d in folders if _counts(here / d))
        if real in seen:
            continue
        seen.add(real)
        for name in sorted(files):
            path = here / name
            if not name.startswith(".") and path.suffix != ".pyc" and path.is_file():
                yield path


def _counts(folder: Path) -> bool:
    hidden = folder.name.startswith(".") or folder.name == "__pycache__"
    return not hidden and not (folder / "pyvenv.cfg").exists()
