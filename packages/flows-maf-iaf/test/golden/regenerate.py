"""Golden values of a masked autoregressive flow, written from the papers' formulas in NumPy (float64).

A maintenance tool, not a test: python3 regenerate.py, in this folder. It shares no code with the package: masks are made
entry by entry from MADE eqs. 13-14, the layer from MAF eqs. 3-5.
"""

import json
import platform

import numpy as np

rng = np.random.RandomState(20)
D, HIDDEN, LAYERS, BOUND = 3, [5, 4], 2, 3.0


def hidden_degrees(units):
    return [1 + k * (D - 1) // units for k in range(units)]


def mask(inputs, outputs, strict):
    m = np.zeros((len(inputs), len(outputs)))
    for i, a in enumerate(inputs):
        for j, b in enumerate(outputs):
            m[i, j] = 1.0 if (b > a if strict else b >= a) else 0.0
    return m


def network(weights, x):
    degrees = [list(range(1, D + 1))] + [hidden_degrees(u) for u in HIDDEN]
    h = x
    for l in range(len(HIDDEN)):
        h = np.tanh(h @ (weights[l]["weight"] * mask(degrees[l], degrees[l + 1], False)) + weights[l]["bias"])
    out = h @ (weights[-1]["weight"] * mask(degrees[-1], degrees[0] * 2, True)) + weights[-1]["bias"]
    return out[:, :D], BOUND * np.tanh(out[:, D:] / BOUND)


def random_weights():
    sizes = [D] + HIDDEN + [2 * D]
    return [
        {"weight": rng.randn(a, b).astype(np.float32).astype(float), "bias": rng.randn(b).astype(np.float32).astype(float)}
        for a, b in zip(sizes[:-1], sizes[1:])
    ]


layers = [random_weights() for _ in range(LAYERS)]
data = rng.randn(6, D).astype(np.float32).astype(float)

# Data to base: the last layer first, dimensions turned round between layers.
x, log_det = data, np.zeros(len(data))
for l in reversed(range(LAYERS)):
    mu, alpha = network(layers[l], x)
    x = (x - mu) * np.exp(-alpha)
    log_det -= alpha.sum(axis=1)
    if l > 0:
        x = x[:, ::-1]
log_prob = -0.5 * (x**2).sum(axis=1) - 0.5 * D * np.log(2 * np.pi) + log_det

json.dump(
    {
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "seed": 20,
        "hidden": HIDDEN,
        "layers": [[{k: v.ravel().tolist() for k, v in w.items()} for w in layer] for layer in layers],
        "data": data.tolist(),
        "base": x.tolist(),
        "inverseLogDet": log_det.tolist(),
        "logProb": log_prob.tolist(),
    },
    open("maf.json", "w"),
)
