from collections.abc import Iterator

from coreference import Mentions
from kinds import kind_of
from parse import Segment, load_model, read
from propositions import Proposition, Reading
from wording import offsets, sentence

_EXPRESSIVE = frozenset({"apologise", "apologize", "congratulate", "thank"})  # assert nothing


class Clauses:
    """Every clause of the article as a sentence of its own, who said it taken off."""

    def __init__(self) -> None:
        self._model = load_model()

    def extract(self, article: dict) -> list[dict]:
        found: dict[str, dict] = {}
        mentions = Mentions()
        speaker, line = None, -1
        for segment in read(article["text"], self._model):
            if segment.line != line:
                speaker, line = None, segment.line
            mentions.note_names(segment)
            # who spoke last in a paragraph speaks on in a sentence that is quoted as a whole
            goes_on = segment.inside or segment.doc.text.startswith(('"', "“"))
            reading = Reading(segment, mentions, speaker if goes_on else None)
            for claim in _claims(segment, reading):
                found.setdefault(claim["text"], claim)
            speaker = reading.speaker or speaker
        return list(found.values())


def _claims(segment: Segment, reading: Reading) -> Iterator[dict]:
    for proposition in reading.propositions():
        text = sentence(proposition.words)
        expressive = proposition.verb is not None and proposition.verb.lemma_ in _EXPRESSIVE
        if len(text.split()) > 1 and not expressive:
            yield _claim(proposition, text, segment)


def _claim(proposition: Proposition, text: str, segment: Segment) -> dict:
    source = proposition.source
    kind = kind_of(text, proposition.verb, source)
    if kind == "position":
        source = proposition.holder or source
        if source and source not in text:
            text = sentence([f"{source} said that", *proposition.words])
    claim = {"text": text, "type": kind, "spans": [offsets(proposition.tokens, segment.start)]}
    return {**claim, "source": source} if source else claim
