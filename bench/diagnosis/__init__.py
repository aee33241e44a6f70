"""Why a system lost what it lost: one cause for every error, and what F1 would be without it."""

from bench.diagnosis.articles import Example, diagnose, diagnose_article, examples, told
from bench.diagnosis.causes import (
    CAUSES,
    Cause,
    Diagnosed,
    Diagnosis,
    Fault,
    Fixed,
    Tally,
    document,
)

__all__ = [
    "CAUSES",
    "Cause",
    "Diagnosed",
    "Diagnosis",
    "Example",
    "Fault",
    "Fixed",
    "Tally",
    "diagnose",
    "diagnose_article",
    "document",
    "examples",
    "told",
]
