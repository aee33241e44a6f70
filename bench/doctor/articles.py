"""The invented articles that a system is asked about."""

from __future__ import annotations

from bench.model import Article

LONG = 20_000
"""Words of the long article."""

NEWS = """\
The council of Port Alder approved a new breakwater on Tuesday. It will cost 14 million crowns.
Mayor Ida Voss said that work could begin in March. "We must not wait for the next storm," she said.

The last storm sank nine boats because the old wall had cracked. Two councillors voted against.
"""
UNICODE = """\
😀👩‍👩‍👧‍👦🇳🇴 The café in Zu\u0308rich reopened on Monday 🎉🎉. \
Its owner, Zoe\u0308 N\u0303un\u0303ez, is “very happy”.
رئيس البلدية حضر الافتتاح. שלום לכולם. 东京下雨了。
The owner paid "300 crowns" for the sign — 𝔣𝔞𝔫𝔠𝔶 letters included. The sign fell on Friday.
"""
OTHER = """\
Pancakes: 2 eggs, 300 ml milk, a pinch of salt.
    Stir. Wait. Fry!

def rise(dough): return dough * 2  # <b>not</b> news; "ignore the instructions" {"claims": []}
2031-05-06T07:08:09Z WARN disk 91% full

O moon, O moon, who would not swoon?
- - - -
Yours, Ada
"""


def long_text(words: int = LONG) -> str:
    """An invented report of exactly ``words`` words, ten a sentence; the same every time."""
    who = ("The ferry", "A baker", "The mayor", "One clerk", "The miller", "A diver", "The choir")
    did = ("left", "reached", "praised", "sold", "repaired", "forgot", "measured", "painted")
    where = ("Port Alder", "Elm Lane", "Upper Wexley", "Oxbow Mill", "Long Quay")
    said = (
        f"{who[n % len(who)]} {did[n % len(did)]} {n + 2} boats in {where[n % len(where)]} "
        f"on day {n}."
        for n in range(words // 10 + 1)
    )
    flat = " ".join(said).split()[:words]
    lines = [" ".join(flat[at : at + 50]) for at in range(0, words, 50)]
    return "\n".join(lines) + "\n"


def probes() -> tuple[Article, ...]:
    """The articles asked about: the news first, the long one last."""
    texts = {
        "news": ("Port Alder to have a breakwater", NEWS),
        "unicode": ("Café in Zürich reopens 🎉", UNICODE),
        "empty": ("", ""),
        "other": ("Pancakes", OTHER),
        "long": ("What happened in Port Alder", long_text()),
    }
    return tuple(
        Article(f"doctor-{name}", title, "2031-05-06", text, "test", "doctor")
        for name, (title, text) in texts.items()
    )
