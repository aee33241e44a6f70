"""A matcher that decides nothing: it reads verdicts of a language model from a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

from bench import store, text
from bench.matching.base import Measured, Said, Verdict
from bench.model import ClaimbenchError, DataError, Frozen, GoldClaim

Judgement = Literal["match", "partial", "contradicts", "different"]
"""What a prediction is to a claim, as in the judged pairs."""

_WORTH: Mapping[Judgement, float] = {
    "match": 1.0,
    "partial": 0.5,
    "contradicts": 0.0,
    "different": 0.0,
}

Question = tuple[tuple[str, ...], str]
"""All that a verdict depends on: a claim's wordings, and the prediction."""


class Judged(Frozen, frozen=True):
    """A line of a record: claim and prediction as they were shown, the verdict, the raw answer."""

    claim: str
    forms: tuple[str, ...]
    prediction: str
    verdict: Judgement
    answer: str = ""

    @property
    def question(self) -> Question:
        """What was asked."""
        return (self.claim, *self.forms), self.prediction


class judge(Measured, frozen=True, kw_only=True):  # noqa: N801 - its repr is its public name
    """Verdicts of a language model, recorded by ``claimbench judge``; scoring asks nobody.

    ``match`` is worth 1, ``partial`` 0.5, all else 0, so that a threshold of 0.5 takes partial
    claims too. ``prompt`` and ``verdicts`` are digests of what was asked and of all verdicts in
    the record; ``file`` says where that lies and takes no part in the repr. A pair that
    :func:`open_question` finds closed is decided without a verdict; any other without one is a
    DataError. :func:`recorded` makes such a matcher.
    """

    threshold: float = 1.0
    model: str
    prompt: str
    verdicts: str
    file: str

    def __repr__(self) -> str:
        names = [name for name in self.__struct_fields__ if name != "file"]
        return f"judge({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    def similarities(
        self, gold: Sequence[GoldClaim], predicted: Sequence[Said]
    ) -> Mapping[tuple[int, int], float]:
        """What the best verdict over the prediction's wordings is worth."""
        return {
            (i, j): max(_WORTH[self._verdict(claim, wording)] for wording in said.wordings)
            for i, claim in enumerate(gold)
            for j, said in enumerate(predicted)
        }

    def judge(self, gold: GoldClaim, predicted: Said, among: Sequence[GoldClaim] = ()) -> Verdict:
        """The decision for one pair; its reason is the verdict."""
        verdicts = [self._verdict(gold, wording) for wording in predicted.wordings]
        best = max(verdicts, key=_WORTH.__getitem__)
        if _WORTH[best] >= self.threshold > 0:
            return Verdict(_WORTH[best], accepted=True)
        return Verdict(_WORTH[best], accepted=False, reason=f"judged {best}", ground="similarity")

    def _verdict(self, gold: GoldClaim, wording: str) -> Judgement:
        if wording in gold.wordings:
            return "match"
        if not open_question(gold, wording):
            return "different"
        found = _verdicts(self.file, self.verdicts).get((gold.wordings, wording))
        if found is None:
            raise DataError(
                f"{self.file}: found no verdict on the prediction {wording!r} for the claim "
                f"{gold.text!r}",
                hint=f"claimbench judge --out {self.file} asks for what is lacking (with the "
                "systems, --corpus and --split that are scored)",
            )
        return found


def open_question(gold: GoldClaim, wording: str) -> bool:
    """Whether it takes a verdict to tell if a prediction states a claim.

    It takes none for an accepted wording, which matches, nor for a text that shares no content
    word with any of them, which is different.
    """
    content = _content(wording)
    return wording not in gold.wordings and any(content & _content(w) for w in gold.wordings)


@lru_cache(maxsize=1 << 15)
def _content(wording: str) -> frozenset[str]:
    return frozenset(map(text.content_key, text.Reading(wording).merged)) - {""}


def recorded(file: str = "", threshold: float = 1.0) -> judge:
    """The matcher of the verdicts in ``file``. Raises DataError if there is no such record."""
    if not file:
        raise ClaimbenchError(
            "the matcher judge needs a record of verdicts: judge(file='verdicts.jsonl')",
            hint="claimbench judge --out verdicts.jsonl makes one",
        )
    header, lines = read_record(Path(file))
    return judge(
        threshold=threshold,
        model=header.model,
        prompt=header.prompt[:12],
        verdicts=_digest(lines),
        file=file,
    )


def read_record(path: Path) -> tuple[store.Header, list[Judged]]:
    """Header and verdicts of a record. Raises DataError if it is none."""
    header, lines = store.read_jsonl(path, Judged)
    if header is None or not (header.model and header.prompt):
        raise DataError(
            f"{path}: found no header with a model and a prompt; expected a record of verdicts",
            hint=f"claimbench judge --out FILE makes one; {path} is something else",
        )
    return header, lines


def _latest(lines: Iterable[Judged]) -> dict[Question, Judgement]:
    """Verdicts by question; of several on one question the last counts."""
    return {line.question: line.verdict for line in lines}


def _digest(lines: Iterable[Judged]) -> str:
    """Digest of the decisions: neither their order nor the model's words change it."""
    return store.digest(store.encode(sorted(_latest(lines).items())))[:12]


@lru_cache(maxsize=4)
def _verdicts(file: str, digest: str) -> dict[Question, Judgement]:
    lines = read_record(Path(file))[1]
    if (found := _digest(lines)) != digest:
        raise DataError(
            f"{file}: found verdicts of digest {found}; expected {digest}: it was written to "
            "since the matcher was made",
            hint="run the same command again",
        )
    return _latest(lines)
