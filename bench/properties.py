"""Properties of a prediction that need no gold: read off its own words and its article.

Each is a proxy: it looks at words and knows no grammar. Its function returns why a prediction
lacks the property, nothing where it has it, and says in its docstring what it cannot see. How far
each agrees with readers is measured by ``claimbench audit --properties``; one that does not agree
has no place here. (So there is none of faithfulness: what is wrong with predictions that the
article does not support, a condition dropped or a pronoun misread, words do not show.)
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from bench import text
from bench.model import Article, Counts

_WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*")
_CALENDAR = frozenset(
    "january february march april may june july august september october november december "
    "jan feb mar apr jun jul aug sept sep oct nov dec monday tuesday wednesday thursday friday "
    "saturday sunday i easter christmas".split()
)


class Background:
    """An article and its title as the properties see them.

    ``names`` are the words, in small letters, that are capital where no sentence begins, or more
    than once, and never small.
    """

    def __init__(self, article: Article) -> None:
        whole = f"{article.title}\n{article.text}"
        words = [_bare(word) for word in _WORD.findall(whole)]
        capital = Counter(word.casefold() for word in words if word[0].isupper())
        often = {word for word, times in capital.items() if times > 1 and text.content_key(word)}
        small = {word for word in words if word[0].islower()}
        self.names = (often | {*_inner(whole)}) - small - _CALENDAR


def _bare(word: str) -> str:
    return word.removesuffix("'s").removesuffix("’s")


def _inner(wording: str) -> Iterator[str]:
    """Capitalised words, in small letters, that begin neither a sentence nor a quotation."""
    for start, end in text.sentences(wording):
        for word in _WORD.finditer(wording, start, end):
            before = wording[start : word.start()].strip("\"'“”‘’([ ")
            name = _bare(word[0]).casefold()
            if word[0][0].isupper() and before and before[-1] not in ".:!?":
                yield from (name,) if text.content_key(name) else ()


# Verbs in a finite form, by their looks: auxiliaries, common irregular pasts, what ends in -ed and
# follows no article, and what ends in -s where an object or a place comes after it.
_IRREGULAR = (
    "became|began|blew|bought|broke|brought|built|came|caught|chose|cost|cut|did|drew|drove|fell"
    "|felt|fled|flew|fought|found|gave|got|grew|held|hit|kept|knew|laid|led|left|lent|lost|made"
    "|meant|met|paid|put|ran|rose|said|sank|sat|saw|sent|set|shook|shot|shut|sold|spent|spoke"
    "|stole|stood|struck|swore|taught|thought|threw|told|took|understood|went|withdrew|won|wrote"
)
_FINITE = re.compile(
    r"\b(?:is|are|was|were|am|has|have|had|do|does|did|will|would|shall|should|can|cannot|could"
    rf"|may|might|must|{_IRREGULAR}"
    r"|(?<!\ba )(?<!\ban )(?<!\bthe )(?<!-)(?!(?:hundr|ne|ind|sp)e?ed\b)[a-z]{2,}ed"
    r"|[a-z]{2,}(?<![su])s(?= (?:the|an?|it|its|his|her|their|that|to|him|them|up|out|no|all|both"
    r"|with|[A-Z]\w+)\b))\b|n['’]t\b"
)
_PREDICATE = re.compile(
    rf"{_FINITE.pattern}|(?<=\w )[a-z]{{2,}}(?<![su])s (?=\S)"
    r"|\b(?:have|hold|get|belong|continue|appear|concern|lie|lay|stay|want|say|need|remain|fear"
    r"|expect|come|go|take|make|show|face|share)\b"
    r"|^\w+s (?!of|in|at|for|on|from|by|with|and|or|to|\w+en\b)[a-z]+ |\w to [a-z]"
)
_CUT_OFF = re.compile(
    r"^[^,\"“:]*\b(?:had|has|have|was|is|are|were|will|would|did|wrote|said|says|added"
    r"|argued(?: on \w+)?|told (?:the )?\w+)$"
)


def _asserts(wording: str) -> bool:
    """Whether there is a statement, and not only a noun phrase, a headline or who said it."""
    bare = wording.strip('"“”.!?’ ')
    return bool(_PREDICATE.search(bare)) and not _CUT_OFF.search(bare)


_ASSERTS_NOTHING = "asserts nothing"


# atomic

_DATELINE = re.compile(r"^[A-Z]{2,}[A-Z ]*,[^-–—]{1,12}[-–—] ?")
_FRAME = re.compile(
    r"^(?:(?! and )[^,.;:]){0,80}?\b(?:said|says|say|told [\w ]{1,30}?|claimed|argue[sd]|believes?"
    r"|warn(?:s|ed)|added|insist(?:s|ed)|wrote|report(?:s|ed)|announced|state[sd]"
    r"|made it (?:plain|clear)|expects?|suggested|confirmed|accept(?:s|ed)|ruled"
    r"|informed [\w ]{1,30}?|quotes? [^,;:]+? as saying)\b"
    r"(?: on \w+day)?,?(?: that)? (?!by\b|in\b|of\b)"
    r"|,? (?:according to|citing) [^,]+$|, [^,]{0,60}\b(?:said|says|added|told|argued)\b[^,]*$"
    r"|^according to [^,]+, ",
    re.IGNORECASE,
)
_TITLE = re.compile(r"\b(?:[A-Z]|Mr|Mrs|Ms|Dr|St)\.")
_BREAK = re.compile(r";|\n|[.!?][\"”’']? +[\"“‘]?[A-Z]|(?<=[a-z]): | [–—-] ")
_ASIDE = re.compile(
    r",\s(?:which|who|whom|whose|where|when|so|then|but|yet|while|whereas|although|though)\b"
    r"|,\s[a-z]{2,}ing\b(?!,? (?:or|and)\b)|\b(?:after|before) \w+ing\b"
    r"|\([^)]*(?:\d|\w+ \w+ \w+)[^)]*\)"
    r"|, (?:about|nearly|almost|less|more|down|up|including|most|half|in force) \w"
    r"|, (?:an?|the) (?:first|last|only|most|least|\w+est|step)\b|, \d+ of them\b|, \d\d,"
)
_JOINT = re.compile(
    r",?\s(?:and|but|or|so|yet|then|while|whereas|although|though|after|(?<!never )before|when|nor"
    r"|as)\s"
)
_BETWEEN = re.compile(r"\bbetween ([^,]{1,40}?) and\b")


def divisible(wording: str) -> str:
    """Why this is not one assertion: it makes none, or two that could be checked one by one.

    It makes none without a verb that looks finite. It makes two if it has several sentences, if
    a conjunction has such verbs on both sides, or if a relative clause, a participle or an aside
    between commas or brackets adds something. Who says it is no assertion of its own; neither is
    a condition or a cause, being linked by "if" or "because".

    Verbs are known by auxiliaries, a list, and their endings: a clause in the plural of the
    present tense ("prices fall and wages rise"), a comma splice and a bare apposition go unseen; a
    participle after "and" ("raw or cooked") may pass for a verb.
    """
    bare = _DATELINE.sub("", wording.strip().strip('"“”').rstrip('.!?"”’'))
    if found := _BREAK.search(_TITLE.sub("", bare)):
        return f"parted by {found[0]!r}"
    if not _asserts(bare):
        return _ASSERTS_NOTHING
    core = _BETWEEN.sub(r"between \1 to", _unframed(bare))
    if found := _ASIDE.search(core):
        return f"an aside: {found[0].strip(' ,')!r}"
    for joint in _JOINT.finditer(core):
        if _FINITE.search(core[: joint.start()]) and _FINITE.search(core[joint.end() :]):
            return f"clauses joined by {joint[0].strip(' ,')!r}"
    return ""


def _unframed(wording: str) -> str:
    """What is said, without who says so."""
    core = _FRAME.sub("", wording, count=1)
    return core if core == wording else _unframed(core)


# standalone

_PRONOUN = re.compile(
    r"\b(?:he|she|they|him|her|them|his|hers|its|their|theirs|we|us|our|ours|I|me|my|you|your|it"
    r"|this|these|those|himself|herself|themselves|itself)\b",
    re.IGNORECASE,
)
_SPEAKER = frozenset("i we my our ours me us you your".split())
_POINTING = frozenset("this these those".split())
_QUOTED = re.compile(r"[\"“][^\"“”]*[\"”]")
_AHEAD = re.compile(r"^(?:Under|In|With|Despite|Unlike|Like|By|For) (?:its|his|her|their) ")
_OBJECT = re.compile(
    r"\b(?:it|them)\b(?= (?:to|in|on|for|from|at|with|up|out|too|again|do)\b|[.,;!?]|$)"
    r"|, (?:he|she|it|they) \w+(?: on \w+)?(?: in a statement)?[.]?$|^that (?=\w+s\b|was|had)",
    re.IGNORECASE,
)
_PLURAL = re.compile(r"[a-z]{3,}(?<!s)s\b|\band\b")
_TIME = re.compile(
    r"\b(?:(?:hour|day|week|month|year|minute)s? (?:later|earlier|(?:before|after)(?=[,.]|$))"
    r"|by then|at the time|that (?:day|night|week|month|year|season)|the same (?:day|week|month"
    r"|year|period|time)|the (?:day|night|week|month|year) (?:before|after)|meanwhile|afterwards"
    r"|the (?:next|following|previous) \w+|until then|since then|then"
    r"|earlier(?! (?:in the|this)))\b"
    r"|\btoo(?=[,.]|$)",
    re.IGNORECASE,
)
_WELL_KNOWN = (
    r"(?:police|public|world|sun|moon|internet|state|government|country|capital|war|phone|new year"
    r"|press|end|past|start|top|rest|same|number|line|year|month|week|night|morning|evening"
    r"|afternoon)\b"
)
_RANKED = r"(?:first|second|third|last|next|most|least|best|worst|only|\w+est)\b"
_DETERMINED = re.compile(
    rf"\b(?:the (?!{_WELL_KNOWN})|(?:both|other|another|such|that|either|neither|one(?! of)) )",
    re.IGNORECASE,
)
_BARE = re.compile(
    rf"\b[Tt]he (?!{_WELL_KNOWN}|{_RANKED})[a-z-]+"
    r"(?=[.,;!?\"]|$|['’]s|['’] | (?:is|was|are|were|be|has|had|will|may|would|could|might|can"
    r"|for|to|and|but|or|on|over|by|with|from|in principle|when|after|before|while|as|because|last"
    r"|again|left|said|did)\b)"
)
_COUNTED = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
    r"(?=[.,;!?]|$| (?:are|were|is|was|have|had|could|may|will)\b)",
    re.IGNORECASE,
)


def dangling(wording: str, background: Background) -> str:
    """Why a reader who has the article's date, but not the article, would not know what is meant.

    Its first sentence names nobody and nothing; a pronoun stands where no name or plural comes
    before it; a definite phrase ("the firm") or a bare number ("two") has no noun or name with it;
    a time counts from another ("days later"); or it asserts nothing. Days, months and "last year"
    are resolved by the date.

    A setting that is left out, so that no word is to blame ("the directors expect an answer"), goes
    unseen; a definite phrase that is explained in the sentence before is blamed.
    """
    wording = _DATELINE.sub("", wording)
    first = _first_name(wording, background)
    if first is None or first >= text.sentences(wording)[0][1]:
        return "names nothing"
    if not _asserts(wording):
        return _ASSERTS_NOTHING
    if pronoun := _pronoun(wording, first):
        return f"pronoun: {pronoun!r}"
    if time := _TIME.search(wording):
        return f"time that the article resolves: {time[0]!r}"
    if phrase := _definite(wording, first):
        return f"definite: {phrase!r}"
    return ""


def _pronoun(wording: str, first: int) -> str:
    """A pronoun without anything before it that it could stand for; names begin at ``first``."""
    unquoted = {*_WORD.findall(_QUOTED.sub("", wording))}
    for found in _PRONOUN.finditer(wording):
        word, before = found[0].casefold(), wording[: found.start()]
        if found[0] == "US" or _AHEAD.match(wording[: found.end()] + " "):
            continue
        if word in _SPEAKER:
            blamed = found[0] in unquoted
        elif word in ("they", "them", "their"):
            blamed = found.start() < first or not _PLURAL.search(before)
        else:
            blamed = found.start() < first or word in _POINTING
        if blamed:
            return found[0]
    unheard = _OBJECT.search(wording)
    return unheard[0].strip(" ,.") if unheard else ""


def _definite(wording: str, first: int) -> str:
    """A definite phrase or bare number with no name in it; names begin at ``first``."""
    for found in _DETERMINED.finditer(wording, 0, first):
        phrase = re.split(r"[,;:]|\.(?!\d)", wording[found.start() :])[0]
        if verb := _FINITE.search(phrase):
            phrase = phrase[: verb.start()]
        if found.start() + len(phrase) <= first:
            return phrase.strip()
    bare = _BARE.search(wording) or _COUNTED.search(wording)
    return bare[0] if bare else ""


def _first_name(wording: str, background: Background) -> int | None:
    """Where the first name stands: a word that is one in the article, or looks like it here."""
    names = background.names | {*_inner(wording)} - _CALENDAR
    return next(
        (
            word.start()
            for word in _WORD.finditer(wording)
            if word[0][0].isupper() and _bare(word[0]).casefold() in names
        ),
        None,
    )


# distinct

_CUES = frozenset(
    "not no never none neither nor without denies denied deny refused could may might would should "
    "if unless whether perhaps probably likely unlikely possible possibly reportedly allegedly "
    "hopes plans fears believes suggested must can".split()
)
_ENOUGH = 0.85
"""Share of a prediction's content words that another must have to say what it says."""


class _Said(text.Reading):
    """A prediction, read once for all that it is compared with."""

    def __init__(self, wording: str) -> None:
        super().__init__(wording)
        self.keys = [text.content_key(word) for word in self.merged]
        self.content = {*self.keys} - {""}
        self.cues = _CUES & {*self.merged}
        self.asserts = _asserts(wording)

    def says(self, other: _Said) -> bool:
        """Whether this says what ``other`` says: in equal words, or within a longer text."""
        if self.words == other.words:
            return True
        shared = other.content & self.content
        if not other.asserts or len(shared) < max(1, _ENOUGH * len(other.content)):
            return False
        within = _CUES & {*self._stretch(shared)}
        return other.numbers <= self.numbers and within <= other.cues <= self.cues

    def _stretch(self, wanted: set[str]) -> Sequence[str]:
        """The shortest stretch of words that has all content words ``wanted``."""
        seen: dict[str, int] = {}
        best: Sequence[str] = self.merged
        for at, key in enumerate(self.keys):
            if key in wanted:
                seen[key] = at
                start = min(seen.values())
                if len(seen) == len(wanted) and at - start < len(best):
                    best = self.merged[start : at + 1]
        return best


def repeats(claims: Sequence[str]) -> list[str]:
    """For each of an article's predictions, in order: which other says it already.

    Said is what is said in equal words, or by a prediction that has nearly all of its content words
    and all of its numbers, and no more and no other negations and hedges among them. Of those
    that say the same, the longest is the one that counts.

    Other words for the same thing go unseen; the same words in other roles pass for the same.
    """
    read = [_Said(claim) for claim in claims]
    # Of those that say the same the longest is the one to keep, whatever the order.
    rank = sorted(range(len(read)), key=lambda i: (-len(read[i].content), read[i].words, i))
    found = [""] * len(read)
    for place, i in enumerate(rank):
        for other, j in enumerate(rank):
            if i != j and read[j].says(read[i]) and (other < place or not read[i].says(read[j])):
                found[i] = f"said by {claims[j]!r}"
                break
    return found


PROXIES: Mapping[str, Callable[[str, Background], str]] = {
    "atomic": lambda wording, _: divisible(wording),
    "standalone": dangling,
}
"""The proxies of single predictions; that of ``distinct`` is :func:`repeats`."""

MEANING: Mapping[str, str] = {
    "atomic": "one assertion, by its verbs and conjunctions",
    "standalone": "no pronoun, definite phrase or time that only the article resolves",
    "distinct": "not said by another prediction of the article; the rest is redundant",
}
"""What each property is, in a few words."""


def tally(article: Article, claims: Sequence[str]) -> dict[str, Counts]:
    """By property, how many of an article's predictions have it (tp) and lack it (fp)."""
    background = Background(article)
    lacks = {name: [proxy(c, background) for c in claims] for name, proxy in PROXIES.items()}
    lacks["distinct"] = repeats(claims)
    return {
        name: Counts(tp=reasons.count(""), fp=len(claims) - reasons.count(""))
        for name, reasons in lacks.items()
    }
