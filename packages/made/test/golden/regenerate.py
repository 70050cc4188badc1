"""Golden values of masked networks as densities, written from the formulas in NumPy and SciPy (float64).

A maintenance tool, not a test: python3 regenerate.py, in this folder. It shares no code with the package: what a unit may
see is a Python set, and masks are made entry by entry from sets.
"""

import json
import platform

import numpy as np
import scipy
from scipy.special import erf, logsumexp
from scipy.stats import norm

rng = np.random.RandomState(15)

activations = {
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0),
    "gelu": lambda x: 0.5 * x * (1 + erf(x / np.sqrt(2))),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "softplus": lambda x: np.logaddexp(x, 0),
}


def exact(values):
    return np.asarray(values, dtype=np.float32).astype(np.float64)


def network(case, x, parents, units):
    """Outputs [n, p, d]. `parents[i]` is the set that dimension i depends on, `units[l]` the sets of a layer's units."""
    d, f, p = len(parents), case["features"], case["outputs"]
    layers = [[{i} for i in range(d)] * f] + units + [parents * p]
    results, h = [], x
    for l, w in enumerate(case["layers"]):
        mask = np.array([[1.0 if a <= b else 0.0 for b in layers[l + 1]] for a in layers[l]])
        z = h @ (np.reshape(w["weight"], mask.shape) * mask) + np.array(w["bias"])
        if l == 0 and "context" in case:
            z = z + np.array(case["context"]) @ np.reshape(case["contextWeight"], (len(case["context"][0]), -1))
        if case["residual"] and 0 < l < len(case["layers"]) - 1 and l % 2 == 0:
            z = z + results[l - 2]
        results.append(z)
        h = activations[case["activation"]](z)
    return results[-1].reshape(len(x), p, d)


def spread(units, choices):
    return [choices[k * len(choices) // units] for k in range(units)]


def make(name, data, parents, choices, hidden, outputs, features=1, activation="tanh", residual=False, context=None):
    d = len(parents)
    units = [spread(u, choices) for u in hidden]
    widths = [d * features] + hidden + [d * outputs]
    case = {
        "name": name,
        "hidden": hidden,
        "activation": activation,
        "residual": residual,
        "outputs": outputs,
        "features": features,
        "layers": [
            {"weight": exact(rng.randn(a * b)).tolist(), "bias": exact(rng.randn(b)).tolist()}
            for a, b in zip(widths[:-1], widths[1:])
        ],
        "data": data.tolist(),
    }
    if context is not None:
        case["context"] = context.tolist()
        case["contextWeight"] = exact(rng.randn(context.shape[1] * widths[1])).tolist()
    return case, units


def bounded(raw):
    return 5 * np.tanh(raw / 5)


cases = []

# Normal, natural order, conditional: units that see nothing but the context as well.
x = exact(rng.randn(6, 3))
parents = [set(), {0}, {0, 1}]
case, units = make("gaussian", x, parents, parents, [7, 5], 2, context=exact(rng.randn(6, 2)), activation="softplus")
raw = network(case, x, parents, units)
case["logProb"] = norm.logpdf(x, raw[:, 0], np.exp(bounded(raw[:, 1]))).sum(-1).tolist()
cases.append(case)

# Mixture of three normals, reversed order, one residual block.
x = exact(rng.randn(6, 4))
parents = [{1, 2, 3}, {2, 3}, {3}, set()]
case, units = make(
    "mog", x, parents, [{3}, {2, 3}, {1, 2, 3}], [6, 4, 6], 9, activation="gelu", residual=True
)
raw = network(case, x, parents, units).reshape(6, 3, 3, 4)
logits, mean, scale = raw[:, 0], raw[:, 1], np.exp(bounded(raw[:, 2]))
each = logits - logsumexp(logits, axis=1, keepdims=True) + norm.logpdf(x[:, None], mean, scale)
case["logProb"] = logsumexp(each, axis=1).sum(-1).tolist()
cases.append(case)

# Coins, a graph: 2 depends on 0 and 1, 3 on 2 alone.
x = rng.randint(0, 2, (6, 4)).astype(float)
parents = [set(), set(), {0, 1}, {2}]
case, units = make("bernoulli", x, parents, [{0, 1}, {2}], [6], 1, activation="relu")
p = 1 / (1 + np.exp(-network(case, x, parents, units)[:, 0]))
case["logProb"] = np.log(np.where(x == 1, p, 1 - p)).sum(-1).tolist()
cases.append(case)

# Three categories, an order.
x = rng.randint(0, 3, (6, 3)).astype(float)
parents = [{1, 2}, set(), {1}]
seen = np.stack([(x == k).astype(float) for k in range(3)], axis=1).reshape(6, 9)
case, units = make("categorical", x, parents, [{1}, {1, 2}], [5, 4], 3, features=3, activation="elu")
raw = network(case, seen, parents, units)
chosen = np.take_along_axis(raw, x.astype(int)[:, None], axis=1)[:, 0]
case["logProb"] = (chosen - logsumexp(raw, axis=1)).sum(-1).tolist()
cases.append(case)

json.dump(
    {
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__},
        "seed": 15,
        "cases": cases,
    },
    open("made.json", "w"),
)
