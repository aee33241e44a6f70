"""Claims made false by one edit, and how many of them a matcher rejects, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bench.report.table import Table, ratio

if TYPE_CHECKING:
    from bench.audit import Rejected


def contradiction_table(rejected: Sequence[Rejected], corpus: str) -> Table:
    """A row for each kind of edit."""
    return Table(
        title=f"Claims of {corpus} made false by one edit, against the claim each was made from",
        columns=("kind", "made", "rejected", "share"),
        rows=tuple((r.kind, str(r.made), str(r.rejected), ratio(r.share)) for r in rejected),
        notes=("an edit is made only where it surely changes the truth of the claim",),
    )
