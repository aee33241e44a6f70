"""The ways of cutting an article's sentences into clauses, of which the system keeps the best.

No cut is right for every sentence. The classifier decides, so a rule here may propose more than
it can vouch for.
"""

import re
from itertools import groupby

from clauses import Clause, clauses

_WORD = r"[\w’'&-]+"
_NAME = rf"[A-Z]{_WORD}(?: (?:[A-Z]{_WORD}|of|the|de|van|&)){{0,5}}"
_IDENTITIES = (
    re.compile(
        rf"(?P<what>\b(?:[Tt]he|[Ii]ts|[Hh]is|[Hh]er|[Tt]heir|[A-Z]\w+(?: [A-Z]\w+)*[’']s?)"
        rf" [a-z][^,“\"]{{2,60}}), (?P<name>{_NAME})(?=[,.])"
    ),
    re.compile(rf"(?P<name>{_NAME}) \((?P<what>[^)]+)\)"),
)
_FULL_NAME = re.compile(r"\b(?!The )[A-Z][a-z’'-]+ (?P<surname>[A-Z][a-z’'-]{2,})\b")
# Further on than three words a pronoun more often stands for another subject of the clause.
_SUBJECT = re.compile(r"(?P<before>^(?:[\w-]+ ){0,3}|, )(?:I|[Ss]?[Hh]e)\b")
_OWNER = re.compile(r"(?P<before>\b)(?:[Mm]y|[Hh]is)\b")  # "her" may be an object


def cuts(text: str) -> list[list[list[Clause]]]:
    """Of each sentence its ways: as one clause, then the clauses it is cut into if they differ."""
    found = []
    people = _people(text)
    for span, group in groupby(clauses(text), key=lambda clause: clause.span):
        whole = text[slice(*span)]
        person = next((name for at, name in reversed(people) if at < span[0]), None)
        parts = [_named(clause, clause.source or person) for clause in group]
        parts += [Clause(identity, span) for identity in _identities(whole)]
        parts = [part for part in parts if part.text != whole]
        found.append([[Clause(whole, span)], parts] if parts else [[Clause(whole, span)]])
    return found


def _people(text: str) -> list[tuple[int, str]]:
    """Full names by where they or their surnames stand, if the surname also stands alone."""
    full_names = {}
    for match in _FULL_NAME.finditer(text):
        full_names.setdefault(match["surname"], match[0])
    found = []
    for surname, name in full_names.items():
        mentions = [*re.finditer(rf"(?P<before>\b[A-Z]{_WORD} )?\b{surname}\b", text)]
        if not all(mention["before"] for mention in mentions):
            found += [(mention.start(), name) for mention in mentions]
    return sorted(found)


def _named(clause: Clause, person: str | None) -> Clause:
    """The clause with the ``person`` instead of the first pronoun that can stand for one."""
    if not person or not _FULL_NAME.match(person) or person in clause.text:
        return clause
    for pronoun, name in ((_SUBJECT, person), (_OWNER, f"{person}'s")):
        text, found = pronoun.subn(rf"\g<before>{name}", clause.text, count=1)
        if found:
            return clause._replace(text=text)
    return clause


def _identities(sentence: str) -> list[str]:
    """What a role between commas before a name, or brackets after it, say of whom they name."""
    matches = (match for pattern in _IDENTITIES for match in pattern.finditer(sentence))
    return [f"{match['name']} is {_uncapitalised(match['what'])}." for match in matches]


def _uncapitalised(role: str) -> str:
    return re.sub(r"^(?:The|Its|His|Her|Their)\b", lambda match: match[0].lower(), role)
