"""Words into plain sentences: order, spacing, agreement and the forms of verbs."""

import re
from collections.abc import Iterable, Sequence

from spacy.tokens import Token

from grammar import plural

Word = Token | str

_QUOTES = {'"', "“", "”", "``", "''"}
_IRREGULAR = {
    "be": "was", "become": "became", "begin": "began", "break": "broke", "bring": "brought",
    "build": "built", "buy": "bought", "come": "came", "cut": "cut", "do": "did", "draw": "drew",
    "drive": "drove", "fall": "fell", "find": "found", "get": "got", "give": "gave", "go": "went",
    "grow": "grew", "have": "had", "hit": "hit", "hold": "held", "keep": "kept", "leave": "left",
    "lead": "led", "lose": "lost", "make": "made", "mean": "meant", "meet": "met", "pay": "paid",
    "put": "put", "rise": "rose", "run": "ran", "say": "said", "see": "saw", "sell": "sold",
    "send": "sent", "set": "set", "shut": "shut", "speak": "spoke", "spend": "spent",
    "steal": "stole", "strike": "struck", "take": "took", "tell": "told", "win": "won",
    "write": "wrote",
}  # fmt: skip
_SINGULAR = {"am": "is", "are": "is", "were": "was", "have": "has", "do": "does"}


def sentence(words: Iterable[Word]) -> str:
    """One plain sentence: without quotation marks, with a capital and a full stop."""
    text = phrase(words)
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def phrase(words: Iterable[Word]) -> str:
    """Words spaced as they were, or with a space where they did not stand side by side."""
    text, last = "", None
    for word in words:
        written = word if isinstance(word, str) else _lowered(word) if text else word.text
        if not written.strip() or written in _QUOTES:
            continue
        beside = isinstance(word, Token) and isinstance(last, Token) and last.i + 1 == word.i
        close = not last.whitespace_ if beside else written[0] in ",.;:)%’'"
        text += written if close or not text else f" {written}"
        last = word
    text = re.sub(r"\s*,(?:\s*,)+", ",", re.sub(r"\s+", " ", text))
    return text.strip(" ,;:–—-").rstrip(".!,;: ")


def _lowered(word: Token) -> str:
    """``word`` as it reads where it no longer opens its sentence."""
    opening = word.is_sent_start and word.pos_ != "PROPN" and word.text != "I"
    capital = opening and (word.text[1:].islower() or word.text == "A")
    return word.text[0].lower() + word.text[1:] if capital else word.text


def possessive(owner: Iterable[Word], many: bool) -> str:
    """The phrase of ``owner``, who may be ``many``, as that of one who has something."""
    text = phrase(owner)
    return f"{text}'" if many and text.endswith("s") else f"{text}'s"


def be(noun: Token, past: bool = False) -> str:
    """The form of "be" that agrees with ``noun``."""
    if past:
        return "were" if plural(noun) else "was"
    return "are" if plural(noun) else "is"


def singular(verb: Token) -> Word:
    """``verb`` as it agrees with one third person, where it agreed with several or with "I"."""
    if verb.tag_ == "VBP" and verb.pos_ == "VERB" and verb.lower_ not in _SINGULAR:
        return _third(verb.text)
    return _SINGULAR.get(verb.lower_, verb)


def _third(verb: str) -> str:
    if re.search(r"(?:[sxz]|ch|sh|o)$", verb):
        return f"{verb}es"
    return re.sub(r"(?<=[^aeiou])y$", "ie", verb) + "s"


def past(verb: Token) -> str:
    """The simple past of ``verb``, for a participle that becomes a sentence."""
    lemma = verb.lemma_.lower()
    if lemma in _IRREGULAR:
        return _IRREGULAR[lemma]
    if re.fullmatch(r"[^aeiou]*[aeiou][^aeiouwxy]", lemma):
        return f"{lemma}{lemma[-1]}ed"
    if lemma.endswith("e"):
        return f"{lemma}d"
    return re.sub(r"(?<=[^aeiou])y$", "i", lemma) + "ed"


def offsets(tokens: Sequence[Token], start: int) -> list[int]:
    """The half-open span, in code points of the article, from the first to the last of them."""
    inner = [t for t in tokens if not t.is_punct] or list(tokens)
    first, last = min(inner, key=lambda t: t.i), max(inner, key=lambda t: t.i)
    return [start + first.idx, start + last.idx + len(last)]
