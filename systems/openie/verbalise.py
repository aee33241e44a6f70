"""Put the triples of one sentence into plain sentences. Pure: it knows no extractor.

A triple holds a verb and one argument; a claim holds the verb with all that it needs. So what
shares subject, verb and asserter becomes one sentence, and a triple that only says that
somebody said something yields to what was said, credited to them.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple


class Triple(NamedTuple):
    """``asserters`` are those credited with it, outermost first; none is the article itself.

    ``denied`` means that one of them denies it, or is said not to say it.
    """

    subject: str
    relation: str
    object: str
    asserters: tuple[str, ...] = ()
    denied: bool = False


class Statement(NamedTuple):
    """A plain sentence and the innermost of its asserters; None is the article itself."""

    text: str
    source: str | None


class _Clause(NamedTuple):
    """``verb`` without its preposition; ``arguments`` with theirs."""

    subject: str
    verb: str
    arguments: tuple[str, ...]
    asserters: tuple[str, ...]


_PREPOSITIONS = frozenset(
    "about above across after against along among around as at before behind below between beyond "
    "by despite during for from in inside into like near of off on onto out outside over past per "
    "since through to toward towards under until up upon with within without".split()
)
_OPENERS = frozenset("after although as because before since that though when where while".split())
_CONDITIONS = frozenset("if unless whether".split())
_RELATIVES = frozenset("that what where which who whom whose".split())
_SPACED = re.compile(
    r"\s+(?=[,.;:!?%)]|n?['’](?:s|t|re|ve|ll|d|m)\b)|(?<=s)\s+(?=['’]\s)|(?<=[($£€])\s+"
)
_QUOTATION_MARKS = re.compile(r'\s*["“”]\s*')
_EDGES = " ,;:-–"


def verbalise(triples: Sequence[Triple]) -> list[Statement]:
    """The statements that ``triples``, all of one sentence, make; in order, each once.

    What is denied, or stands under a condition, is not stated; what is said of "which" cannot
    be read alone.
    """
    stated = [triple for triple in triples if not (triple.denied or _dependent(triple))]
    frames = set(_frames(stated))
    clauses = [
        clause for clause in map(_clause, stated) if (clause.subject, clause.verb) not in frames
    ]
    statements = dict.fromkeys(map(_statement, _joined(clauses)))
    return [one for one in statements if not any(_within(one, other) for other in statements)]


def _within(one: Statement, other: Statement) -> bool:
    """Whether the other statement says the same in more words: a longer name, more arguments."""
    shorter, longer = (f" {statement.text.rstrip('.').lower()} " for statement in (one, other))
    return len(shorter) < len(longer) and shorter in longer


def _dependent(triple: Triple) -> bool:
    relative = {triple.subject.lower(), triple.object.lower()} & _RELATIVES
    return bool(relative) or not _CONDITIONS.isdisjoint(triple.relation.lower().split()[:1])


def _frames(triples: Sequence[Triple]) -> Iterator[tuple[str, str]]:
    """Subject and verb of the sayings whose content other triples state."""
    credited = {
        (_plain(asserter), _plain(triple.subject))
        for triple in triples
        for asserter in triple.asserters
    }
    for triple in triples:
        saying = _clause(triple)
        if any(who == saying.subject and of in _plain(triple.object) for who, of in credited):
            yield saying.subject, saying.verb


def _clause(triple: Triple) -> _Clause:
    words = triple.relation.split()
    if len(words) > 1 and words[0].lower() in _OPENERS:
        words = words[1:]
    preposition = words.pop() if len(words) > 1 and words[-1].lower() in _PREPOSITIONS else ""
    return _Clause(
        subject=_plain(triple.subject),
        verb=" ".join(words),
        arguments=(_plain(f"{preposition} {triple.object}"),),
        asserters=tuple(map(_plain, triple.asserters)),
    )


def _joined(clauses: Sequence[_Clause]) -> list[_Clause]:
    """One clause for all that share subject, asserters and verb, or differ by words after it."""
    whole: list[_Clause] = []
    for clause in clauses:
        for at, other in enumerate(whole):
            if _same(clause, other):
                verb = max(other.verb, clause.verb, key=len)
                arguments = dict.fromkeys((*other.arguments, *clause.arguments))
                # an object goes before what a preposition leads in
                ordered = sorted(arguments, key=lambda a: a.split(" ")[0].lower() in _PREPOSITIONS)
                whole[at] = other._replace(verb=verb, arguments=tuple(ordered))
                break
        else:
            whole.append(clause)
    return whole


def _same(one: _Clause, other: _Clause) -> bool:
    shorter, longer = sorted((one.verb.split(), other.verb.split()), key=len)
    return (one.subject, one.asserters, longer[: len(shorter)]) == (
        other.subject,
        other.asserters,
        shorter,
    )


def _statement(clause: _Clause) -> Statement:
    text = _plain(" ".join((clause.subject, clause.verb, *clause.arguments)))
    source = clause.asserters[-1] if clause.asserters else None
    return Statement(f"{text[:1].upper()}{text[1:].rstrip('.!?')}.", source)


def _plain(words: str) -> str:
    """Without quotation marks, loose punctuation, and the spaces of a tokeniser."""
    return _SPACED.sub("", " ".join(_QUOTATION_MARKS.sub(" ", words).split())).strip(_EDGES)
