"""What the matrix product buys: ``bench.stats`` against the same work done plainly.

Run by hand: ``python tests/perf/bench_stats.py``. Best of five, in seconds; the ratio to the
plain way follows.
"""

import time

import numpy as np
import scipy.stats

from bench import stats

ARTICLES, TYPES, RESAMPLES = 300, 8, 10_000


def loop(counts):
    """One resample after another."""
    rng = np.random.default_rng(0)
    draws = [counts[rng.integers(len(counts), size=len(counts))].sum(0) for _ in range(RESAMPLES)]
    return stats.interval(np.array(draws, float))


def scipy_bootstrap(counts):
    """The general tool, vectorised, in batches that fit in memory."""
    limits = scipy.stats.bootstrap(
        (np.arange(len(counts)),),
        lambda i, axis: stats.f1(counts[i].sum(axis=axis - 2)).T,
        n_resamples=RESAMPLES,
        method="percentile",
        batch=500,
        rng=np.random.default_rng(0),
    ).confidence_interval
    return np.stack(limits, axis=-1)


def ours(counts):
    """Multiplicities of the articles times their counts."""
    return stats.interval(stats.resampled(counts, RESAMPLES))


def seconds(work, *args, rounds=5):
    """Best wall time of some rounds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work(*args)
        times.append(time.perf_counter() - start)
    return min(times)


def main():
    """Print one line per way."""
    base, new = np.random.default_rng(0).poisson(2, size=(2, ARTICLES, TYPES, 3))
    fast = seconds(ours, base)
    print(f"{RESAMPLES:,} resamples x {ARTICLES} articles x {TYPES} types")
    print(f"bench.stats interval      {fast:8.3f} s")
    for name, plain in (("numpy loop", loop), ("scipy.stats.bootstrap", scipy_bootstrap)):
        slow = seconds(plain, base)
        print(f"{name:25} {slow:8.3f} s  {slow / fast:6.1f} x")
    print(f"bench.stats paired        {seconds(stats.paired, base, new):8.3f} s")


if __name__ == "__main__":
    main()
