import dataclasses
import subprocess
import sys

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import cohen_kappa_score, precision_recall_fscore_support
from statsmodels.stats.multitest import multipletests

from bench import stats
from bench.model import ArticleScore, Counts, Scorecard, Signature
from bench.stats import Paired

nan = np.nan
UNDEFINED = Paired(*[None] * 8)


def simulated(seed, articles, rows=3, hit=0.6):
    """Counts of a system that finds a claim with probability ``hit``, harder articles less."""
    rng = np.random.default_rng(seed)
    ease = rng.beta(8 * hit, 8 * (1 - hit), size=(articles, 1))
    gold = rng.poisson(6, size=(articles, rows))
    tp = rng.binomial(gold, ease)
    return np.stack((tp, rng.poisson(2, size=gold.shape), gold - tp), axis=-1)


def tables(min_articles=0, max_articles=8, systems=()):
    sides = st.tuples(st.integers(min_articles, max_articles), st.integers(1, 4))
    return sides.flatmap(
        lambda s: arrays.arrays(np.int64, (*systems, *s, 3), elements=st.integers(0, 5))
    )


# Ratios of summed counts


@pytest.mark.parametrize(
    ("counts", "precision", "recall", "f1"),
    [
        ((3, 1, 2), 3 / 4, 3 / 5, 6 / 9),
        ((0, 1, 2), 0, 0, 0),
        ((0, 0, 2), nan, 0, 0),
        ((0, 2, 0), 0, nan, 0),
        ((0, 0, 0), nan, nan, nan),
    ],
)
def test_ratios_by_hand(counts, precision, recall, f1):
    ratios = [ratio(np.array(counts)) for ratio in (stats.precision, stats.recall, stats.f1)]
    np.testing.assert_array_equal(ratios, [precision, recall, f1])


def test_ratios_keep_the_leading_axes():
    counts = simulated(0, 5, rows=4)
    assert stats.f1(counts).shape == (5, 4)
    assert stats.macro_f1(counts).shape == (5,)


def test_ratios_agree_with_sklearn():
    rng = np.random.default_rng(0)
    gold, said = rng.integers(5, size=(2, 40))
    labels = range(7)  # 5 and 6 never occur
    counts = np.array(
        [
            [
                np.sum((gold == k) & (said == k)),
                np.sum((gold != k) & (said == k)),
                np.sum((gold == k) & (said != k)),
            ]
            for k in labels
        ]
    )
    oracle = precision_recall_fscore_support(gold, said, labels=labels, zero_division=nan)
    for ratio, expected in zip((stats.precision, stats.recall, stats.f1), oracle, strict=False):
        np.testing.assert_allclose(ratio(counts), expected, rtol=1e-15)


def test_macro_averages_the_rows_that_have_gold():
    counts = np.array([(1, 0, 0), (0, 0, 3), (0, 5, 0), (0, 0, 0)])
    assert stats.macro_f1(counts) == 1 / 2
    assert np.isnan(stats.macro_f1(counts[2:]))


@given(tables(systems=(), min_articles=1))
def test_macro_is_that_of_the_scorecard(counts):
    types = ("rule", "causal", "prediction", "numerical")
    card = Scorecard(
        "a system",
        Signature("core", "test", "", "", ""),
        tuple(
            ArticleScore(
                str(i),
                "ok",
                Counts(),
                {t: Counts(*map(int, c)) for t, c in zip(types, article, strict=False)},
                {},
            )
            for i, article in enumerate(counts)
        ),
    )
    macro = stats.macro_f1(counts.sum(axis=0))
    expected = card.macro_f1[0]
    assert np.isnan(macro) if expected is None else macro == pytest.approx(expected, abs=1e-15)


# Bootstrap


def test_resampled_draws_articles_with_replacement():
    counts = np.zeros((3, 1, 3), int)
    counts[:, 0] = np.diag((1, 10, 100))
    draws = stats.resampled(counts, 2000)
    multiplicities = draws[:, 0] / (1, 10, 100)
    assert draws.shape == (2000, 1, 3)
    assert (multiplicities.sum(axis=1) == 3).all()
    # Of the 27 equally likely draws 6 hold every article, and 3 hold a single one.
    assert (multiplicities == 1).all(axis=1).mean() == pytest.approx(6 / 27, abs=0.04)
    assert (multiplicities == 3).any(axis=1).mean() == pytest.approx(3 / 27, abs=0.04)


def test_resampled_takes_the_rows_of_an_article_together():
    counts = np.repeat(simulated(0, 12, rows=1), 2, axis=1)
    draws = stats.resampled(counts, 50)
    np.testing.assert_array_equal(draws[:, 0], draws[:, 1])


@pytest.mark.parametrize("cells", [1, 64, 10**9])
def test_draws_do_not_depend_on_how_they_are_portioned(monkeypatch, cells):
    base, new = simulated(0, 20), simulated(1, 20)
    draws, result = stats.resampled(base, 101), stats.paired(base, new, resamples=101)
    monkeypatch.setattr(stats, "_CELLS", cells)
    np.testing.assert_array_equal(stats.resampled(base, 101), draws)
    assert stats.paired(base, new, resamples=101) == result


def test_seed_alone_decides_the_draws():
    counts = simulated(0, 20)
    np.testing.assert_array_equal(
        stats.resampled(counts, 100, seed=7), stats.resampled(counts, 100, seed=7)
    )
    assert (stats.resampled(counts, 100, seed=7) != stats.resampled(counts, 100, seed=8)).any()


@pytest.mark.parametrize("statistic", [stats.precision, stats.recall, stats.f1, stats.macro_f1])
def test_interval_agrees_with_scipy(statistic):
    counts = simulated(3, 40, rows=2)
    oracle = scipy.stats.bootstrap(
        (np.arange(40),),
        lambda i, axis: np.moveaxis(statistic(counts[i].sum(axis=axis - 2)), 0, -1),
        method="percentile",
        rng=np.random.default_rng(1),
    ).confidence_interval
    low, high = np.moveaxis(stats.interval(stats.resampled(counts), statistic), -1, 0)
    # Each end of either is known to 0.7 % of the width (quantile of 10,000 normal deviates).
    close = 0.04 * np.max(high - low)
    np.testing.assert_allclose(low, oracle.low, atol=close)
    np.testing.assert_allclose(high, oracle.high, atol=close)


def test_interval_widens_with_its_level():
    draws = stats.resampled(simulated(0, 30), 1000)
    (low, high), (lower, higher) = (stats.interval(draws, level=v)[0] for v in (0.8, 0.99))
    assert lower < low < high < higher


def test_interval_covers_the_truth():
    # Expected counts per article are 3.6 tp, 2 fp, 2.4 fn.
    truth = 2 * 3.6 / (2 * 3.6 + 2 + 2.4)
    limits = [
        stats.interval(stats.resampled(simulated(seed, 50, rows=1), 500))[0] for seed in range(400)
    ]
    covered = np.mean([low <= truth <= high for low, high in limits])
    assert 0.91 <= covered <= 0.98


@pytest.mark.parametrize("articles", [0, 1])
def test_fewer_than_two_articles_have_no_interval(articles):
    counts = np.full((articles, 2, 3), 4)
    draws = stats.resampled(counts, 10)
    assert draws.shape == (10, 2, 3)
    assert np.isnan(stats.interval(draws)).all()
    assert np.isnan(stats.interval(draws, stats.macro_f1)).all()


def test_rows_without_counts_have_no_interval():
    counts = simulated(0, 10)
    counts[:, 1] = 0
    limits = stats.interval(stats.resampled(counts, 200))
    np.testing.assert_array_equal(np.isnan(limits).any(axis=1), [False, True, False])


@pytest.mark.parametrize("articles", [2, 3, 10, 100])
def test_rows_of_a_single_article_have_no_interval(articles):
    counts = np.zeros((articles, 2, 3), int)
    counts[0, 0] = counts[0, 1] = (3, 1, 1)
    counts[1, 1] = (0, 1, 1)
    one, two = stats.interval(stats.resampled(counts, 2000))
    assert np.isnan(one).all()
    assert two[0] < two[1]


@pytest.mark.parametrize("shape", [(), (3,), (4, 3), (4, 2, 4), (4, 0, 3)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match="expected \\(articles, rows, 3\\)"):
        stats.resampled(np.zeros(shape))


# Two systems


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "statistic", [lambda c: stats.f1(c)[..., 0], lambda c: stats.f1(c)[..., 1], stats.macro_f1]
)
def test_p_agrees_with_scipy(seed, statistic):
    base, new = simulated(seed, 9, hit=0.5), simulated(seed + 10, 9, hit=0.65)
    both, articles = np.concatenate((base, new)), np.arange(9)
    exact = scipy.stats.permutation_test(
        (articles, articles + 9),
        lambda i, j: statistic(both[j].sum(axis=0)) - statistic(both[i].sum(axis=0)),
        permutation_type="samples",
        n_resamples=np.inf,  # every way to swap the systems within articles, once
        vectorized=False,
    ).pvalue
    (row,) = stats.paired(base, new, statistic)
    assert row.p == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 10_000) + 1e-4)


def test_p_by_hand():
    # Only the swap of all three articles or of none is as extreme: 2 of 8.
    base, new = np.full((3, 1, 3), (0, 0, 1)), np.full((3, 1, 3), (1, 0, 0))
    (row,) = stats.paired(base, new)
    assert row.p == pytest.approx(2 / 8, abs=0.02)


def test_p_is_never_zero():
    base, new = np.full((60, 1, 3), (0, 0, 1)), np.full((60, 1, 3), (1, 0, 0))
    (row,) = stats.paired(base, new, resamples=999)
    assert row.p == 1 / 1000


def test_rounding_does_not_decide_p():
    # All four ways to swap give the same |delta*|, two of them with another last digit.
    base = np.array([[(3, 1, 2), (3, 0, 1)], [(2, 2, 0), (2, 3, 2)]])
    new = np.array([[(3, 0, 2), (1, 3, 2)], [(2, 2, 0), (0, 1, 0)]])
    assert stats.paired(base, new, stats.macro_f1)[0].p == 1


def test_rounds_without_a_difference_are_left_out():
    # Two of four ways to swap leave one system with nothing, and the other two give 0.
    base, new = np.array([[(0, 1, 0)], [(0, 0, 0)]]), np.array([[(0, 0, 0)], [(0, 1, 0)]])
    (row,) = stats.paired(base, new)
    assert (row.delta, row.p) == (0, 1)


def test_difference_agrees_with_scipy():
    base, new = simulated(3, 40, rows=2), simulated(4, 40, rows=2, hit=0.7)
    oracle = scipy.stats.bootstrap(
        (np.arange(40), np.arange(40)),
        lambda i, j, axis: (
            (stats.f1(new[j].sum(axis=axis - 2)) - stats.f1(base[i].sum(axis=axis - 2))).T
        ),
        paired=True,
        method="percentile",
        rng=np.random.default_rng(1),
    )
    power = scipy.stats.norm.ppf(0.975) + scipy.stats.norm.ppf(0.8)
    for k, row in enumerate(stats.paired(base, new)):
        close = 0.04 * (row.high - row.low)
        assert row.low == pytest.approx(oracle.confidence_interval.low[k], abs=close)
        assert row.high == pytest.approx(oracle.confidence_interval.high[k], abs=close)
        assert row.detectable == pytest.approx(power * oracle.standard_error[k], rel=0.04)


def test_pairing_uses_the_same_articles_for_both():
    base = simulated(0, 30, rows=1)
    new = base + np.array((1, 0, 0))
    (row,) = stats.paired(base, new)
    alone = stats.interval(stats.resampled(base))[0]
    assert row.high - row.low < (alone[1] - alone[0]) / 2


def test_detectable_difference_is_found_four_times_in_five():
    # 100 articles of 10 claims: f1 = tp / 10, and delta has variance (0.25 + 0.25) / 1000.
    rng = np.random.default_rng(0)

    def accuracy(hit):
        tp = rng.binomial(10, hit, size=(100, 1))
        return np.stack((tp, 10 - tp, 10 - tp), axis=-1)

    def compared(lift):
        (row,) = stats.paired(accuracy(0.5 - lift / 2), accuracy(0.5 + lift / 2), resamples=400)
        return row

    lift = np.mean([compared(0).detectable for _ in range(50)])
    assert lift == pytest.approx(2.8 * np.sqrt(0.5 / 1000), rel=0.05)
    assert 0.73 <= np.mean([compared(lift).p <= 0.05 for _ in range(300)]) <= 0.87


def test_equal_systems_are_rarely_told_apart():
    found = [
        stats.paired(simulated(s, 20, rows=1), simulated(s + 1000, 20, rows=1), resamples=200)[0].p
        <= 0.05
        for s in range(300)
    ]
    assert 0.01 <= np.mean(found) <= 0.09


def test_overall_rows_stay_outside_the_family():
    base, new = simulated(0, 20, rows=5), simulated(1, 20, rows=5, hit=0.75)
    rows = stats.paired(base, new, resamples=500)
    assert rows[0].p_holm is None
    assert [r.p_holm for r in rows[1:]] == stats.holm([r.p for r in rows[1:]])
    two = stats.paired(base, new, resamples=500, overall=2)
    assert [r.p_holm for r in two] == [None, None, *stats.holm([r.p for r in rows[2:]])]
    assert [r.p for r in two] == [r.p for r in rows]


def test_undefined_rows_stay_outside_the_family():
    base, new = simulated(0, 20, rows=4), simulated(1, 20, rows=4, hit=0.75)
    base[:, 2] = new[:, 2] = 0
    rows = stats.paired(base, new, resamples=500)
    assert rows[2] == UNDEFINED
    assert [r.p_holm for r in rows] == [None, *stats.holm([rows[1].p, None, rows[3].p])]


def test_a_row_that_one_system_alone_defines_has_no_difference():
    base, new = np.zeros((2, 4, 1, 3), int)
    new[:, 0] = (0, 1, 0)
    assert stats.paired(base, new, resamples=50) == [dataclasses.replace(UNDEFINED, new=0.0)]


def test_no_articles_leave_everything_undefined():
    none = np.zeros((0, 2, 3), int)
    assert stats.paired(none, none, resamples=20) == [UNDEFINED] * 2
    assert stats.paired(none, none, stats.macro_f1, resamples=20) == [UNDEFINED]


def test_one_article_proves_nothing():
    base, new = np.array([[(1, 1, 1)]]), np.array([[(2, 0, 0)]])
    assert stats.paired(base, new, resamples=20) == [
        Paired(base=0.5, new=1.0, delta=0.5, low=None, high=None, p=1, p_holm=None, detectable=None)
    ]


def test_different_shapes_are_refused():
    with pytest.raises(ValueError, match=r"\(4, 2, 3\) and \(5, 2, 3\)"):
        stats.paired(np.zeros((4, 2, 3)), np.zeros((5, 2, 3)))


@given(tables(min_articles=2, systems=(2,)), st.randoms(use_true_random=False))
def test_order_of_articles_changes_nothing(pair, random):
    order = random.sample(range(pair.shape[1]), pair.shape[1])
    shuffled = pair[:, order]
    np.testing.assert_array_equal(stats.resampled(pair[0], 20), stats.resampled(shuffled[0], 20))
    assert stats.paired(*pair, resamples=20) == stats.paired(*shuffled, resamples=20)


@given(tables(min_articles=2))
def test_identical_systems_do_not_differ(counts):
    for row in stats.paired(counts, counts, resamples=50):
        if row.delta is None:
            assert row == UNDEFINED
        else:
            assert (row.base, row.delta, row.p) == (row.new, 0, 1)
            assert (row.low, row.high) in {(0, 0), (None, None)}
            assert row.detectable is None


@given(tables(systems=(2,)))
def test_results_are_consistent(pair):
    points = stats.f1(pair.sum(axis=1))
    for row, base, new in zip(stats.paired(*pair, resamples=50), *points, strict=True):
        assert row.base == (None if np.isnan(base) else base)
        assert row.new == (None if np.isnan(new) else new)
        assert (row.delta is None) == (row.p is None) == (row.base is None or row.new is None)
        if row.delta is not None:
            assert row.delta == row.new - row.base
            assert 0 < row.p <= 1
            assert row.p_holm is None or row.p <= row.p_holm <= 1
        if row.low is not None:
            assert -1 <= row.low <= row.high <= 1
        assert all(x is None or type(x) is float for x in dataclasses.astuple(row))


@given(tables(systems=(2,)))
def test_exchanging_the_systems_turns_the_difference_round(pair):
    forth, back = (stats.paired(*p, resamples=10) for p in (pair, pair[::-1]))
    for there, here in zip(forth, back, strict=True):
        assert (there.base, there.new) == (here.new, here.base)
        assert there.delta is None or there.delta == -here.delta


# Holm and kappa

p_values = st.lists(st.floats(0, 1), max_size=12)


@pytest.mark.parametrize("number", [1, 2, 8, 40])
def test_holm_agrees_with_statsmodels(number):
    ps = np.random.default_rng(number).beta(0.3, 1, size=number).round(2)  # with ties
    np.testing.assert_array_equal(stats.holm(ps), multipletests(ps, method="holm")[1])


def test_holm_by_hand():
    assert stats.holm([0.04, 0.01, 0.03]) == [0.06, 0.03, 0.06]
    assert stats.holm([0.04, None, 0.01, nan]) == [0.04, None, 0.02, None]
    assert stats.holm([0.9, 0.8]) == [1, 1]
    assert stats.holm([None]) == [None]
    assert stats.holm([]) == []


@given(p_values)
def test_holm_keeps_the_order_and_only_raises(ps):
    adjusted = stats.holm(ps)
    assert all(p <= q <= 1 for p, q in zip(ps, adjusted, strict=True))
    by_raw = [q for _, q in sorted(zip(ps, adjusted, strict=True))]
    assert by_raw == sorted(by_raw)


labellings = st.lists(st.tuples(*[st.sampled_from("abc")] * 2), min_size=1, max_size=30)


def confusion(a, b):
    labels = sorted({*a, *b})
    return np.array([[sum(p == (x, y) for p in zip(a, b, strict=True)) for y in labels]
                     for x in labels]).reshape(len(labels), len(labels))  # fmt: skip


@given(labellings)
def test_kappa_agrees_with_sklearn(pairs):
    a, b = zip(*pairs, strict=True)
    kappa = stats.kappa(confusion(a, b))
    if len({*a, *b}) == 1:
        assert np.isnan(kappa)
    else:
        assert kappa == pytest.approx(cohen_kappa_score(a, b), abs=1e-14)


def test_kappa_by_hand():
    # 35 of 50 agree; by chance (25 * 30 + 25 * 20) / 50² would: (0.7 - 0.5) / (1 - 0.5).
    assert stats.kappa(np.array([[20, 5], [10, 15]])) == 0.4
    assert stats.kappa(np.array([[0, 2], [2, 0]])) == -1
    assert np.isnan(stats.kappa(np.zeros((2, 2))))


def test_kappa_of_many_tables_at_once():
    tables = np.array([[[20, 5], [10, 15]], [[1, 0], [0, 1]], [[3, 0], [0, 0]]])
    assert stats.kappa(tables).tolist()[:2] == [0.4, 1]
    assert np.isnan(stats.kappa(tables)[2])


def test_nothing_but_numpy_is_needed():
    # The command line waits for this import, and scipy.stats alone takes half a second.
    code = "import sys, bench.stats; print({'scipy', 'sklearn'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
