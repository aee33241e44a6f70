"""The export in the terms of Croissant 1.0.

https://docs.mlcommons.org/croissant/docs/croissant-spec.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from bench.gold.corpus import Corpus
from bench.store import digest

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
} | {
    term: f"cr:{term}"
    for term in (
        "citeAs column equivalentProperty extract field fileProperty fileObject fileSet format "
        "includes isLiveDataset jsonPath key md5 parentField path recordSet references regex "
        "repeated replace samplingRate separator source subField transform"
    ).split()
}

_CLAIM_FIELDS = {
    "article": "Id of the article that makes or reports the claim",
    "id": "Id of the claim",
    "text": "The canonical claim",
    "forms": "Further accepted wordings, a JSON list of texts",
    "type": "One of rule, causal, prediction, numerical, comparison, position, event, property",
    "optional": "Whether the claim is neither rewarded nor punished",
    "spans": "Where the article says it: a JSON list of half-open code-point offsets",
    "source": "Whom the article credits: a JSON object, or null",
    "polarity": "positive or negative",
    "certainty": "certain or hedged",
    "central": "Whether a summary of the article states the claim",
    "facts": "What a right wording contains: a JSON list of lists of alternatives",
    "phenomena": "Linguistic phenomena, a JSON list",
}


def described(files: Mapping[Corpus, Mapping[str, bytes]], url: str = "") -> dict[str, Any]:
    """A description of ``files`` (content by path, per corpus) as a JSON-LD document."""
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "claimbench",
        "description": "News articles and every checkable claim that each makes or reports.",
        "version": _version(files),
        "datePublished": date.today().isoformat(),
        "license": sorted({corpus.licence for corpus in files}),
        "creator": {"@type": "sc:Organization", "name": "The claimbench authors"},
        "citeAs": "The claimbench authors: claimbench, a benchmark of claim extraction",
        **({"url": url} if url else {}),
        "distribution": [
            _file(path, data) for written in files.values() for path, data in written.items()
        ],
        "recordSet": [_claims(corpus) for corpus in files],
    }


def _version(files: Mapping[Corpus, object]) -> str:
    """The highest version of a corpus, which has to read as three numbers."""
    return max((corpus.version for corpus in files), key=lambda v: [*map(int, v.split("."))])


def _file(path: str, data: bytes) -> dict[str, Any]:
    kind = "text/csv" if path.endswith(".csv") else "application/x-parquet"
    return {
        "@type": "cr:FileObject",
        "@id": path,
        "name": path,
        "contentUrl": path,
        "contentSize": f"{len(data)} B",
        "encodingFormat": kind,
        "sha256": digest(data),
    }


def _claims(corpus: Corpus) -> dict[str, Any]:
    path, name = f"{corpus.name}/claims.csv", f"{corpus.name}-claims"
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": f"Claims of {corpus.name}: {corpus.title}",
        "key": {"@id": f"{name}/id"},
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/{column}",
                "name": column,
                "description": meaning,
                "dataType": "sc:Text",
                "source": {"fileObject": {"@id": path}, "extract": {"column": column}},
            }
            for column, meaning in _CLAIM_FIELDS.items()
        ],
    }
