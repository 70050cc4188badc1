"""Golden values of splines and layers from NumPy and SciPy in float64. A maintenance tool, not a test.

    python3 packages/bijectors/test/golden/layers.py

Writes layers.json beside this file. Inputs are exact in float32, so that both sides start from the same number.
"""

import json
import pathlib
import platform

import numpy as np
import scipy
from scipy.optimize import brentq


def exact(values):
    return np.asarray(values, dtype=np.float32).astype(np.float64)


rng = np.random.default_rng(7)

# Rational-quadratic splines as in Durkan et al., arXiv:1906.04032, eqs. (4) and (5), one number at a time; the inverse
# by bisection, not by the quadratic formula.


def knots(raw, bound):
    weights = np.exp(10 * np.tanh(raw / 10))
    sizes = 1e-3 + (1 - len(raw) * 1e-3) * weights / weights.sum()
    ends = 2 * bound * np.cumsum(sizes) - bound
    return np.concatenate([[-bound], ends[:-1], [bound]])


def knot_slopes(raw):
    most = np.log(1000)
    return np.concatenate([[1.0], np.exp(most * np.tanh(raw / most)), [1.0]])


def spline(x, xs, ys, slopes):
    """The value and the log-derivative at one number."""
    if not xs[0] < x < xs[-1]:
        return x, 0.0
    k = np.searchsorted(xs, x, side="right") - 1
    w, h = xs[k + 1] - xs[k], ys[k + 1] - ys[k]
    s, xi = h / w, (x - xs[k]) / w
    d, e = slopes[k], slopes[k + 1]
    beta = s + (e + d - 2 * s) * xi * (1 - xi)
    y = ys[k] + h * (s * xi**2 + d * xi * (1 - xi)) / beta
    slope = s**2 * (e * xi**2 + 2 * s * xi * (1 - xi) + d * (1 - xi) ** 2) / beta**2
    return y, np.log(slope)


def inverse_spline(y, xs, ys, slopes):
    if not ys[0] < y < ys[-1]:
        return y, 0.0
    x = brentq(lambda t: spline(t, xs, ys, slopes)[0] - y, xs[0], xs[-1], xtol=1e-15, rtol=1e-15)
    return x, -spline(x, xs, ys, slopes)[1]


def spline_case(bins, bound, scale):
    """A spline for each of two dimensions, on the same numbers."""
    raw = {name: exact(scale * rng.standard_normal((n, 2))) for name, n in
           [("widths", bins), ("heights", bins), ("slopes", bins - 1)]}
    at = exact(np.concatenate([[-100, -1.001 * bound], np.linspace(-0.999, 0.999, 25) * bound, [1.5 * bound]]))
    each = [(knots(raw["widths"][:, i], bound), knots(raw["heights"][:, i], bound), knot_slopes(raw["slopes"][:, i]))
            for i in range(2)]

    def table(f):
        values = np.array([[f(x, *of) for of in each] for x in at])
        return {"in": at.tolist(), "out": values[..., 0].tolist(), "logDet": values[..., 1].tolist()}

    return {"bins": bins, "bound": bound, "raw": {name: values.tolist() for name, values in raw.items()},
            "forward": table(spline), "inverse": table(inverse_spline)}


# The LU layer, data to base: x = L U y + b.
size = 5
below, above = (exact(0.7 * rng.standard_normal(size * (size - 1) // 2)) for _ in range(2))
raw_diagonal, bias = (exact(rng.standard_normal(size)) for _ in range(2))


def fill_lower(flat):
    """TensorFlow Probability's order, as in regenerate.py."""
    n = int((np.sqrt(8 * len(flat) + 1) - 1) / 2)
    return np.tril(np.concatenate([flat[n:], flat[::-1]]).reshape(n, n))


lower, upper = np.eye(size), np.diag(np.exp(10 * np.tanh(raw_diagonal / 10)))
lower[1:, :-1] += fill_lower(below)
upper[:-1, 1:] += fill_lower(above).T
matrix = lower @ upper
rows = exact(rng.standard_normal((4, size)))
log_det = float(np.linalg.slogdet(matrix)[1])
lu = {
    "bias": bias.tolist(), "rawDiagonal": raw_diagonal.tolist(), "lower": below.tolist(), "upper": above.tolist(),
    "in": rows.tolist(), "logDet": log_det,
    "inverse": (rows @ matrix.T + bias).tolist(),
    "forward": np.linalg.solve(matrix, (rows - bias).T).T.tolist(),
}

# The first batch of an act-norm, and what becomes of it and of another batch with parameters that have moved since.
first, second = exact([[1, -2], [3, 0.5], [4, 8], [-1, 2]]), exact([[0, 1], [2, -3]])
mean, deviation = first.mean(0), np.sqrt(first.var(0) + 1e-5)
raw_scale, act_shift = exact([0.5, -1.5]), exact([0.25, -2])
alpha = 10 * np.tanh(raw_scale / 10)
act = {
    "first": first.tolist(), "whitened": ((first - mean) / deviation).tolist(),
    "firstLogDet": float(-np.log(deviation).sum()),
    "mean": mean.tolist(), "deviation": deviation.tolist(),
    "rawScale": raw_scale.tolist(), "shift": act_shift.tolist(),
    "second": second.tolist(), "out": ((second - mean) / deviation * np.exp(alpha) + act_shift).tolist(),
    "logDet": float((alpha - np.log(deviation)).sum()),
}

data = {
    "versions": {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__},
    "rationalQuadraticSpline": [spline_case(8, 3.0, 1.0), spline_case(2, 1.5, 2.0)],
    "luLinear": lu,
    "actNorm": act,
}

target = pathlib.Path(__file__).with_name("layers.json")
target.write_text(json.dumps(data, indent=1, allow_nan=False) + "\n")
