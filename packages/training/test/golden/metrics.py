"""Golden values of the metrics by numpy and scipy: writes metrics.json beside this file."""

import json
import pathlib

import numpy as np
from scipy import stats
from scipy.spatial.distance import cdist

rng = np.random.default_rng(7)


def gpd_fit(x):
    """Zhang and Stephens (2009), from the paper's formulas, with the shrinkage of PSIS."""
    x = np.sort(x)
    n = len(x)
    m = 30 + int(np.floor(np.sqrt(n)))
    j = np.arange(1, m + 1)
    theta = 1 / x[-1] + (1 - np.sqrt(m / (j - 0.5))) / (3 * x[int(np.floor(n / 4 + 0.5)) - 1])
    k = -np.log1p(-theta[:, None] * x[None, :]).mean(axis=1)  # the paper's sign
    log_likelihood = n * (np.log(theta / k) + k - 1)
    w = np.exp(log_likelihood - log_likelihood.max())
    theta_hat = (theta * w).sum() / w.sum()
    k = np.log1p(-theta_hat * x).mean()
    sigma = -k / theta_hat
    return (n * k + 10 * 0.5) / (n + 10), sigma


def psis(log_weights):
    lw = np.array(log_weights) - np.max(log_weights)
    s = len(lw)
    m = int(np.ceil(min(0.2 * s, 3 * np.sqrt(s))))
    order = np.argsort(lw)
    tail = order[-m:]
    cutoff = lw[order[-m - 1]]
    k, sigma = gpd_fit(np.exp(lw[tail]) - np.exp(cutoff))
    p = (np.arange(m) + 0.5) / m
    lw[tail] = np.minimum(0, np.log(stats.genpareto.ppf(p, k, loc=np.exp(cutoff), scale=sigma)))
    return k, lw - np.logaddexp.reduce(lw)


def float32(x):
    return np.asarray(x, dtype=np.float32).astype(float)


golden = {"psis": [], "ks": [], "cdf": [], "energy": [], "roc": []}
for df in [1.5, 3.0, 30.0]:
    log_weights = stats.t.rvs(df, size=150, random_state=rng) if df < 30 else rng.normal(size=150)
    k, smoothed = psis(log_weights)
    w = np.exp(log_weights - log_weights.max())
    golden["psis"].append(
        {
            "logWeights": log_weights.tolist(),
            "kHat": k,
            "smoothed": smoothed.tolist(),
            "effective": w.sum() ** 2 / (w**2).sum(),
        }
    )
for n, power in [(10, 1.0), (10, 2.0), (50, 1.0), (50, 1.3), (400, 1.1)]:
    u = rng.uniform(size=n) ** power
    test = stats.kstest(u, "uniform", method="exact")
    golden["ks"].append({"values": u.tolist(), "statistic": test.statistic, "pValue": test.pvalue})
for x in [-30.0, -8.0, -4.0, -3.99, -1.0, 0.0, 0.5, 3.0, 4.5, 9.0]:
    golden["cdf"].append([x, stats.norm.cdf(x)])
for d in [1, 3]:
    x, y = float32(rng.normal(size=(40, d))), float32(rng.normal(0.5, 2, size=(30, d)))
    value = 2 * cdist(x, y).mean() - cdist(x, x).mean() - cdist(y, y).mean()
    if d == 1:
        assert np.isclose(value, stats.energy_distance(x[:, 0], y[:, 0]) ** 2)
    golden["energy"].append({"x": x.ravel().tolist(), "y": y.ravel().tolist(), "d": d, "value": value})
for digits in [1, 6]:
    p, q = np.round(rng.normal(1, 1, 60), digits), np.round(rng.normal(0, 1, 45), digits)
    u = stats.mannwhitneyu(p, q).statistic
    golden["roc"].append({"positives": p.tolist(), "negatives": q.tolist(), "auc": u / (60 * 45)})

(pathlib.Path(__file__).parent / "metrics.json").write_text(json.dumps(golden) + "\n")
