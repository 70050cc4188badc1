"""Golden values of the bijectors from NumPy and SciPy in float64. A maintenance tool, not a test.

    python3 packages/bijectors/test/golden/regenerate.py

Writes bijectors.json beside this file. Inputs are exact in float32, so that both sides start from the same number.
"""

import json
import pathlib
import platform

import numpy as np
import scipy
from numpy.polynomial import chebyshev
from scipy import special
from scipy.linalg import solve_triangular


def exact(values):
    return np.asarray(values, dtype=np.float32).astype(np.float64)


def pairs(x, y, log_det):
    return {"in": x.tolist(), "out": np.asarray(y).tolist(), "logDet": np.asarray(log_det).tolist()}


real = exact([-30, -12, -5.5, -2, -0.7, -1e-3, -1e-6, 0, 1e-6, 1e-3, 0.3, 1, 2.5, 7, 12, 30])
positive = exact([1e-30, 1e-12, 1e-6, 1e-3, 0.1, 0.5, 0.6931472, 0.7, 1, 3, 10, 20, 60])
unit = exact([1e-30, 1e-12, 1e-6, 1e-3, 0.05, 0.3, 0.5, 0.75, 0.95, 0.999, 1 - 2.0**-24])
signed = exact([-1 + 2.0**-24, -0.999, -0.9, -0.5, -1e-3, -1e-6, 0, 1e-6, 0.2, 0.7, 0.99, 1 - 2.0**-24])
normal = exact([-12, -8, -6, -5, -4, -3, -2, -1, -0.5, -1e-3, 0, 1e-3, 0.5, 1, 2, 3, 4, 5, 6, 8])

log_root_two_pi = 0.5 * np.log(2 * np.pi)


def softplus(x):
    return np.logaddexp(0, x)


def log_density(x):
    return -0.5 * x * x - log_root_two_pi


quantile = special.ndtri(unit)
softplus_ratio = np.where(positive < np.log(2), np.log(-np.expm1(-positive)), np.log1p(-np.exp(-positive)))
log_unit = [np.log(unit), np.log1p(-unit)]
log_signed = [np.log1p(signed), np.log1p(-signed)]

tril = np.array([[2, 0, 0], [-1, 0.5, 0], [0.25, 1, -1.5]])
shift = np.array([1, -2, 0.5])
vectors = exact([[0.5, -1.25, 2], [3, 0, -0.75]])
tril_log_det = float(np.log(np.abs(np.diag(tril))).sum())

# TensorFlow Probability's order, from the definition: reshape([x[n:], reversed x]), keep the lower triangle.
flat = np.arange(1.0, 11.0)
filled = np.tril(np.concatenate([flat[4:], flat[::-1]]).reshape(4, 4))

# Sinh-arcsinh, Jones and Pewsey: log-dets by complex steps of the derivative, another way than asinh and log cosh.
skewed = [(0.0, 0.0), (0.5, 0.0), (0.0, -0.6), (-1.25, 0.75), (4.0, 3.0)]
wide = exact([-1e6, -300, -12, -2.5, -1, -0.3, -1e-3, 0, 1e-6, 0.2, 0.7, 2, 5.5, 40, 1e4])


def sinh_arcsinh(x, skewness, log_tailweight):
    epsilon, delta = 3 * np.tanh(skewness / 3), np.exp(np.tanh(log_tailweight))
    step = 1e-20 * (1 + np.abs(x))
    # arcsinh(x) = log(x + sqrt(x^2 + 1)) by its odd extension, so that nothing cancels below zero.
    arcsinh = lambda z: np.sign(z.real) * np.log(np.sign(z.real) * z + np.sqrt(z * z + 1)) + (z.real == 0) * z
    y = np.sinh((arcsinh(x + 1j * step) + epsilon) * delta)
    return pairs(x, np.sinh((np.arcsinh(x) + epsilon) * delta), np.log(y.imag / step))


# Batch normalisation, MAF paper: u = (x - m) / sqrt(v + eps) * exp(gamma) + beta.
batch = exact([[1, -2], [3, 0.5], [4, 8], [-1, 2]])
gamma, beta, eps = exact([0.3, -0.2]), exact([0.1, 1]), 1e-5
mean, variance = batch.mean(0), batch.var(0)

data = {
    "versions": {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__},
    "exp": {
        "forward": pairs(real, np.exp(real), real),
        "inverse": pairs(positive, np.log(positive), -np.log(positive)),
    },
    "softplus": {
        "forward": pairs(real, softplus(real), -softplus(-real)),
        "inverse": pairs(positive, positive + softplus_ratio, -softplus_ratio),
    },
    "sigmoid": {
        "forward": pairs(real, special.expit(real), -softplus(real) - softplus(-real)),
        "inverse": pairs(unit, log_unit[0] - log_unit[1], -log_unit[0] - log_unit[1]),
    },
    "tanh": {
        "forward": pairs(real, np.tanh(real), 2 * (np.log(2) - real - softplus(-2 * real))),
        "inverse": pairs(signed, 0.5 * (log_signed[0] - log_signed[1]), -log_signed[0] - log_signed[1]),
    },
    "normalCdf": {
        "forward": pairs(normal, special.ndtr(normal), log_density(normal)),
        "inverse": pairs(unit, quantile, -log_density(quantile)),
    },
    "logNdtr": {
        "in": exact([-1000, -100, -20, *normal]).tolist(),
        "out": special.log_ndtr(exact([-1000, -100, -20, *normal])).tolist(),
    },
    "scaleTril": {
        "shift": shift.tolist(),
        "scaleTril": tril.tolist(),
        "forward": pairs(vectors, vectors @ tril.T + shift, [tril_log_det] * 2),
        "inverse": pairs(
            vectors, solve_triangular(tril, (vectors - shift).T, lower=True).T, [-tril_log_det] * 2
        ),
    },
    "sinhArcsinh": [
        {"skewness": skewness, "logTailweight": tail, "forward": sinh_arcsinh(wide, skewness, tail)}
        for skewness, tail in skewed
    ],
    "fillTriangular": {"in": flat.tolist(), "out": filled.tolist()},
    "batchNorm": {
        "gamma": gamma.tolist(),
        "beta": beta.tolist(),
        "in": batch.tolist(),
        "out": ((batch - mean) / np.sqrt(variance + eps) * np.exp(gamma) + beta).tolist(),
        "logDet": float((gamma - 0.5 * np.log(variance + eps)).sum()),
        "mean": mean.tolist(),
        "variance": variance.tolist(),
    },
    # The coefficients of src/ndtr.ts: erfcx(z) = t P(2t - 1), t = 1/(1 + 0.4 z).
    "erfcxCoefficients": chebyshev.cheb2poly(
        chebyshev.chebinterpolate(lambda u: special.erfcx((2 / (u + 1) - 1) / 0.4) * 2 / (u + 1), 50)[:21]
    ).tolist(),
}

target = pathlib.Path(__file__).with_name("bijectors.json")
target.write_text(json.dumps(data, indent=1, allow_nan=False) + "\n")
