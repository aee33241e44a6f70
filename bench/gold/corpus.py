"""The corpora on disk: what they are, where their texts lie, and how they are loaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from bench.gold.fields import Finding, bytes_of, mismatches
from bench.gold.lines import parse
from bench.gold.normalise import Step
from bench.model import (
    EMBEDDED,
    SCHEMA,
    SPLITS,
    Article,
    DataError,
    Frozen,
    Gold,
    GoldClaim,
    Labelled,
    OnDemand,
    Problem,
    Split,
    SystemSpec,
    TextAbsent,
    UnknownName,
)
from bench.store import Places, check_schema, encode
from bench.store import digest as sha256

T = TypeVar("T")
Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Slug = Annotated[str, msgspec.Meta(pattern="^[a-z0-9]+(-[a-z0-9]+)*$")]
Date = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Version = Annotated[str, msgspec.Meta(pattern=r"^\d+\.\d+\.\d+$")]
FileName = Annotated[str, msgspec.Meta(pattern=r"^\w[\w.-]*$")]
Natural = Annotated[int, msgspec.Meta(ge=0)]


class RemoteFile(Frozen, frozen=True):
    """A file that texts come from; ``bytes`` is its size."""

    name: FileName
    url: str
    sha256: Sha256
    bytes: Natural


class ArticleEntry(Frozen, frozen=True):
    """What a corpus knows of an article without its text.

    ``sha256`` is that of the text as offsets see it. The text is column "text" of data row
    ``row`` (from 0) of ``file``; without ``file`` it is held, or it is the user's own.
    """

    id: Slug
    title: str
    date: Date
    split: Split
    sha256: Sha256
    topic: str = ""
    register: str = ""
    file: str | None = None
    row: Natural | None = None
    url: str = ""
    credit: str = ""
    licence: str = ""


class CorpusFile(Frozen, frozen=True):
    """A ``corpus.toml``, key by key."""

    schema: int
    name: Slug
    title: str
    version: Version
    language: str
    licence: str
    text: Literal["held", "fetched"]
    normalise: tuple[Step, ...] = ()
    file: tuple[RemoteFile, ...] = ()
    article: tuple[ArticleEntry, ...] = ()


class Corpus(CorpusFile, frozen=True, kw_only=True):
    """A corpus and the folder that it lies in."""

    folder: Path

    def labels(self, article_id: str) -> Path:
        """Where the labels of an article are."""
        return self.folder / "claims" / f"{article_id}.jsonl"

    def text_path(self, article_id: str, places: Places) -> Path:
        """Where the text of an article is, or would be once fetched."""
        held = self.text == "held"
        folder = self.folder / "articles" if held else places.cache / self.name
        return folder / f"{article_id}.txt"


def folders(places: Places) -> dict[str, Path]:
    """The folder of every corpus by name; the same name in an earlier place wins."""
    found: dict[str, Path] = {}
    for base in places.gold:
        for path in sorted(base.glob("*/corpus.toml")):
            found.setdefault(path.parent.name, path.parent)
    return found


def chosen(known: Mapping[str, T], names: Iterable[str] | None) -> dict[str, T]:
    """Those of the ``known`` corpora that are called ``names``, or all. Raises UnknownName."""
    for name in names or ():
        if name not in known:
            raise UnknownName("corpus", name, known)
    return {name: known[name] for name in (known if names is None else names)}


def read_corpus(folder: Path) -> Corpus | list[Problem]:
    """The corpus in ``folder``, or everything that is wrong with its ``corpus.toml``."""
    path = folder / "corpus.toml"
    data = bytes_of(path, "the description of a corpus")
    if isinstance(data, Problem):
        return [data]
    try:
        value = msgspec.toml.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return [Finding("file", str(error), "TOML in UTF-8").at(path)]
    other_version = schema_finding(value.get("schema"))
    if other_version:
        return [other_version.at(path)]
    found = list(mismatches(value, CorpusFile))
    if value.get("name") != folder.name:
        found.append(Finding("name", repr(value.get("name")), f"{folder.name!r}, as its folder"))
    if found:
        return [f.at(path) for f in found]
    return msgspec.convert({**value, "folder": folder}, Corpus)


def schema_finding(schema: Any) -> Finding | None:
    """What to say of another version's file, in which nothing else can be judged."""
    if not isinstance(schema, int) or schema == SCHEMA:
        return None
    advice = ": pip install --upgrade claimbench" if schema > SCHEMA else ""
    return Finding("schema", f"version {schema}", f"version {SCHEMA}{advice}")


def corpora(places: Places) -> dict[str, Corpus]:
    """Every corpus by name. Raises DataError, naming file, field and what was expected."""
    return {name: _whole(folder) for name, folder in folders(places).items()}


def readable(places: Places, names: Iterable[str] | None = None) -> list[Corpus]:
    """Those of the corpora called ``names``, or of all, whose description can be read.

    Raises UnknownName.
    """
    read = map(read_corpus, chosen(folders(places), names).values())
    return [corpus for corpus in read if isinstance(corpus, Corpus)]


def find_corpus(name: str, places: Places) -> Corpus:
    """One corpus. Raises UnknownName with the nearest name, or DataError."""
    return _whole(chosen(folders(places), [name])[name])


def _whole(folder: Path) -> Corpus:
    corpus = read_corpus(folder)
    if isinstance(corpus, Corpus):
        return corpus
    raise DataError("\n".join(map(str, corpus)), hint=f"claimbench check {folder.name}")


def load(name: str, places: Places, split: str = "all") -> Gold:
    """The articles of a corpus and their claims, in file order.

    An article whose text has not been fetched, or was fetched but is not the text that was
    labelled, is left out and named in ``absent``.

    Raises
    ------
    UnknownName
        No such corpus or split.
    DataError
        A file is not what it should be, or a held text is not the one that was labelled.
    """
    if split not in (*SPLITS, "all"):
        raise UnknownName("split", split, (*SPLITS, "all"))
    corpus = find_corpus(name, places)
    entries = [e for e in corpus.article if split in (e.split, "all")]
    here = [e for e in entries if text_of(corpus, e, places) is not None]
    labels = {e.id: read_claims(corpus.labels(e.id)) for e in here}

    def read(entry: ArticleEntry) -> Labelled:
        text = text_of(corpus, entry, places)
        if text is None:
            raise _absent_text(corpus, entry.id, places)
        return _labelled(corpus, entry, text, labels[entry.id])

    return Gold(
        corpus=name,
        version=corpus.version,
        split=split,
        items=OnDemand(here, read),
        absent=tuple(e.id for e in entries if e not in here),
    )


def training(spec: SystemSpec, corpus: str, places: Places) -> list[Labelled]:
    """What a system that trains is handed: train articles of the embedded corpus and of its own."""
    if not spec.train:
        return []
    names = [name for name in dict.fromkeys((EMBEDDED, corpus)) if name in corpora(places)]
    return [item for name in names for item in load(name, places, "train").items]


def text_of(corpus: Corpus, entry: ArticleEntry, places: Places) -> str | None:
    """The text that was labelled; None if it has not been fetched. Raises DataError."""
    path = corpus.text_path(entry.id, places)
    data = bytes_of(path, "the article's text")
    if isinstance(data, Problem):
        problem = data
    elif sha256(data) != entry.sha256:
        problem = Finding("text", f"SHA-256 {sha256(data)}", entry.sha256).at(path)
    else:
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            problem = Finding("text", str(error), "UTF-8").at(path)
    if corpus.text == "fetched":
        return None
    raise DataError(str(problem), hint="restore the text, or label it anew")


def _labelled(
    corpus: Corpus, entry: ArticleEntry, text: str, claims: tuple[GoldClaim, ...]
) -> Labelled:
    article = Article(
        id=entry.id,
        title=entry.title,
        date=entry.date,
        text=text,
        split=entry.split,
        corpus=corpus.name,
        topic=entry.topic,
    )
    return Labelled(article, claims)


def read_claims(path: Path) -> tuple[GoldClaim, ...]:
    """The claims in a file of labels, in file order.

    Raises DataError for whatever is wrong with it, SchemaVersionError for another version.
    """
    data = bytes_of(path, "a file of labels")
    if isinstance(data, Problem):
        raise DataError(str(data))
    labels, problems = parse(path, data)
    if labels.header is not None:
        check_schema(labels.header.value["schema"], str(path))
    claims: list[GoldClaim] = []
    for line in labels.claims:
        try:
            claims.append(msgspec.convert(line.value, GoldClaim))
        except msgspec.ValidationError:
            problems += [f.at(path, line.number) for f in mismatches(line.value, GoldClaim)]
    if problems:
        raise DataError("\n".join(map(str, problems)), hint="claimbench check --fix")
    return tuple(claims)


def raw_labels(who: str, corpus: str, places: Places) -> dict[str, tuple[GoldClaim, ...]]:
    """The claims of annotator ``who`` by article, as they were before anyone adjudicated.

    Earlier places win. Raises DataError for whatever is wrong with a file.
    """
    return {
        path.stem: read_claims(path)
        for folder in reversed(places.gold)
        for path in sorted((folder / "annotators" / who / corpus).glob("*.jsonl"))
    }


def find_article(article_id: str, places: Places) -> Labelled:
    """An article of any corpus with its claims.

    Raises UnknownName, TextAbsent if its text has not been fetched, or DataError.
    """
    known = {e.id: (corpus, e) for corpus in corpora(places).values() for e in corpus.article}
    if article_id not in known:
        raise UnknownName("article", article_id, known)
    corpus, entry = known[article_id]
    text = text_of(corpus, entry, places)
    if text is None:
        raise _absent_text(corpus, article_id, places)
    return _labelled(corpus, entry, text, read_claims(corpus.labels(article_id)))


def _absent_text(corpus: Corpus, article_id: str, places: Places) -> TextAbsent:
    path = corpus.text_path(article_id, places)
    message = f"{path}: the text of {article_id} is not there, or is not what was labelled"
    own = "" if corpus.file else " --from DIR"
    return TextAbsent(message, hint=f"claimbench fetch {corpus.name}{own}")


def absent(places: Places, names: Iterable[str] | None = None) -> dict[str, tuple[str, ...]]:
    """Per corpus that lacks any, the articles whose labelled text is not at hand.

    Raises UnknownName or DataError.
    """
    missing = {
        name: tuple(e.id for e in corpus.article if text_of(corpus, e, places) is None)
        for name, corpus in chosen(corpora(places), names).items()
        if corpus.text == "fetched"
    }
    return {name: ids for name, ids in missing.items() if ids}


def digest(gold: Gold) -> str:
    """The SHA-256 that stands for what is measured.

    It covers, of every article in ``items``, its id, the SHA-256 of its text and every claim in
    full, ids included. The order of articles and of claims does not matter; any change of a
    label does.
    """
    return _digest((i.article.id, sha256(i.article.text), i.claims) for i in gold.items)


def digest_unread(corpus: Corpus, split: str) -> str:
    """The ``digest`` of a split of ``corpus`` whose texts are all at hand, read from none.

    Raises DataError for whatever is wrong with the labels.
    """
    entries = (e for e in corpus.article if split in (e.split, "all"))
    return _digest((e.id, e.sha256, read_claims(corpus.labels(e.id))) for e in entries)


def _digest(articles: Iterable[tuple[str, str, tuple[GoldClaim, ...]]]) -> str:
    lines = sorted(
        sha256(encode((name, text, sorted(encode(claim).decode() for claim in claims))))
        for name, text, claims in articles
    )
    return sha256("\n".join(lines))
