"""Try a change of the gold on a copy, by the whole check of labels, before anything is written."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from msgspec.structs import replace

from bench import audit
from bench.gold import Corpus
from bench.gold.fields import Finding
from bench.matching import Matcher, Said
from bench.model import Problem
from bench.pool.edits import Edited
from bench.store import Places


def new_problems(
    files: Mapping[Path, bytes],
    edited: Iterable[Edited],
    queue: Path,
    corpus: Corpus,
    places: Places,
    matcher: Matcher,
) -> list[Problem]:
    """What would be wrong with ``corpus``, and is not now, if ``files`` were as they are here.

    What is wrong with an added claim or form is told by its line of ``queue``. That the version
    has no release yet is no problem.
    """
    known = {_essence(problem) for problem in audit.check(places, [corpus.name], matcher)}
    owners = {str(one.path): one for one in edited}
    problems = [
        _of_queue(problem, owners.get(problem.file), queue) or problem
        for problem in _tried(files, corpus, places, matcher)
        if _essence(problem) not in known and problem.field != "version"
    ]
    if not any(problem.severity == "error" for problem in problems):
        problems += (p for one in owners.values() for p in _strays(one, queue, matcher))
    return problems


def _tried(
    files: Mapping[Path, bytes], corpus: Corpus, places: Places, matcher: Matcher
) -> list[Problem]:
    """Everything that is wrong with a copy of ``corpus`` with ``files``, told as of the corpus."""
    base = corpus.folder.parent
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "gold"
        shutil.copytree(corpus.folder, copy / corpus.name)
        for path, data in files.items():
            target = copy / path.relative_to(base)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        there = Places(gold=(copy,), systems=(), results=places.results, cache=places.cache)
        found = audit.check(there, [corpus.name], matcher)
    return [replace(p, file=p.file.replace(str(copy), str(base), 1)) for p in found]


def _essence(problem: Problem) -> tuple[str, str, str]:
    """A problem but for its line, which moves with every claim that is added before it."""
    return problem.file, problem.field, problem.found


_FIRST = 2
"""The line of the first claim in the form of labels that is kept."""


def _of_queue(problem: Problem, edited: Edited | None, queue: Path) -> Problem | None:
    """The problem at the line of ``queue`` that it comes from; None if it comes from none."""
    if edited is None or problem.line is None or problem.line < _FIRST:
        return None
    claim = edited.values[problem.line - _FIRST]
    for line, candidate in edited.origin.get(claim["id"], {}).items():
        if candidate.decision == "claim":
            field = f"claim.{problem.field}"
        elif _is_of_form(problem, candidate.form, claim["forms"]):
            field = "form"
        else:
            continue
        return replace(problem, file=str(queue), line=line, field=field)
    return None


def _is_of_form(problem: Problem, form: str, forms: list[str]) -> bool:
    """Whether a problem of a claim is one of the form that was added last in these words."""
    last = len(forms) - 1 - forms[::-1].index(form)
    in_matching = problem.field == "forms" and problem.found.startswith(repr(form))
    return problem.field == f"forms[{last}]" or in_matching


def _strays(edited: Edited, queue: Path, matcher: Matcher) -> Iterator[Problem]:
    """Yield the added forms that ``matcher`` accepts for another required claim too."""
    claims = edited.claims
    added = [
        (own, line, candidate.form)
        for own, candidates in edited.origin.items()
        for line, candidate in candidates.items()
        if candidate.decision == "form"
    ]
    accepted = matcher.accepted(claims, [Said((form,)) for _, _, form in added])
    for i, j in accepted:
        own, line, form = added[j]
        if claims[i].id != own and not claims[i].optional:
            found = f"{form!r}, which also fits {claims[i].text!r}"
            wanted = f"a wording of {own} alone: compare {claims[i].id}"
            yield Finding("form", found, wanted).at(queue, line)
