"""Golden values of the distributions from SciPy in float64. A maintenance tool, not a test.

    python3 packages/distributions/test/golden/regenerate.py

Writes distributions.json beside this file. Inputs are exact in float32.
"""

import json
import pathlib
import platform

import numpy as np
import scipy
from scipy import special, stats


def exact(values):
    return np.asarray(values, dtype=np.float32).astype(np.float64)


x = exact([-40, -12, -6, -2, -0.5, 0, 0.3, 1, 2.01, 5])
p = exact([1e-30, 1e-10, 1e-3, 0.1, 0.5, 0.9, 0.999])
y = exact([1e-6, 0.01, 0.5, 1, 2, 40])
unit = exact([1e-4, 0.1, 0.5, 0.8, 0.9999])
vectors = exact([[0.5, -1.25, 2], [3, 0, -0.75], [10, -20, 30]])
loc = np.array([1, -2, 0.5])
tril = np.array([[2, 0, 0], [-1, 0.5, 0], [0.25, 1, 1.5]])
diagonal = np.array([0.5, 1, 3])

normal = stats.norm(1.5, 0.5)
uniform = stats.uniform(-1, 4)
log_normal = stats.lognorm(s=0.75, scale=np.exp(0.25))
full = stats.multivariate_normal(loc, tril @ tril.T)
diag = stats.multivariate_normal(loc, np.diag(diagonal**2))
logit = special.logit(unit)

weights = np.array([1, 2.5, 0.5])
means = np.array([[1, -2, 0.5], [-1, 0.5, 0], [-1, 0.5, 0]])
factors = np.array([tril, np.diag(diagonal), [[0.25, 0, 0], [0.125, 0.5, 0], [0, -0.25, 0.125]]])
log_shares = np.log(weights / weights.sum())
components = [stats.multivariate_normal(m, f @ f.T) for m, f in zip(means, factors)]
near = exact([[0.5, -1.25, 2], [3, 0, -0.75], [-1, 0.5, 0], [1000, -2000, 3000]])
mixture_mean = np.exp(log_shares) @ means
mixture_second = np.exp(log_shares) @ (np.array([np.diag(f @ f.T) for f in factors]) + means**2)

data = {
    "versions": {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__},
    "normal": {
        "in": x.tolist(),
        "logProb": normal.logpdf(x).tolist(),
        "cdf": normal.cdf(x).tolist(),
        "logCdf": normal.logcdf(x).tolist(),
        "probabilities": p.tolist(),
        "quantile": normal.ppf(p).tolist(),
        "entropy": float(normal.entropy()),
    },
    "uniform": {
        "in": exact([-0.75, 0, 2.5]).tolist(),
        "logProb": uniform.logpdf(exact([-0.75, 0, 2.5])).tolist(),
        "cdf": uniform.cdf(exact([-0.75, 0, 2.5])).tolist(),
        "mean": float(uniform.mean()),
        "variance": float(uniform.var()),
        "entropy": float(uniform.entropy()),
    },
    "logNormal": {
        "in": y.tolist(),
        "logProb": log_normal.logpdf(y).tolist(),
        "cdf": log_normal.cdf(y).tolist(),
        "probabilities": p.tolist(),
        "quantile": log_normal.ppf(p).tolist(),
    },
    "logitNormal": {
        "in": unit.tolist(),
        "logProb": (stats.norm(0.25, 1.5).logpdf(logit) - np.log(unit) - np.log1p(-unit)).tolist(),
        "cdf": stats.norm(0.25, 1.5).cdf(logit).tolist(),
    },
    "multivariateNormal": {
        "in": vectors.tolist(),
        "loc": loc.tolist(),
        "scaleTril": tril.tolist(),
        "scaleDiag": diagonal.tolist(),
        "logProbTril": full.logpdf(vectors).tolist(),
        "entropyTril": float(full.entropy()),
        "varianceTril": np.diag(tril @ tril.T).tolist(),
        "logProbDiag": diag.logpdf(vectors).tolist(),
        "entropyDiag": float(diag.entropy()),
    },
    "gaussianMixture": {
        "in": near.tolist(),
        "weights": weights.tolist(),
        "loc": means.tolist(),
        "scaleTril": factors.tolist(),
        "logProb": special.logsumexp([w + c.logpdf(near) for w, c in zip(log_shares, components)], axis=0).tolist(),
        "mean": mixture_mean.tolist(),
        "variance": (mixture_second - mixture_mean**2).tolist(),
    },
}

target = pathlib.Path(__file__).with_name("distributions.json")
target.write_text(json.dumps(data, indent=1, allow_nan=False) + "\n")
