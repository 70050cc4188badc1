"""A mixture of three Gaussians fitted by scikit-learn: writes mixtures.json beside this file."""

import json
import pathlib

import numpy as np
from sklearn.mixture import GaussianMixture

rng = np.random.default_rng(7)
heaps = [((0, 5), ((1, 0), (0.8, 0.3)), 40), ((8, -4), ((0.5, 0), (0, 2)), 30), ((-9, 1), ((2, 0), (-1, 1)), 20)]
rows = np.concatenate([np.add(mean, rng.standard_normal((n, 2)) @ np.transpose(factor)) for mean, factor, n in heaps])
rows = rng.permutation(rows).round(3)

mixture = GaussianMixture(3, reg_covar=0, tol=1e-12, max_iter=1000, random_state=0).fit(rows)
order = np.argsort(mixture.means_[:, 0])
golden = {
    "rows": rows.tolist(),
    "weights": mixture.weights_[order].tolist(),
    "loc": mixture.means_[order].tolist(),
    "scaleTril": np.linalg.cholesky(mixture.covariances_[order]).tolist(),
    "logLikelihood": float(mixture.score(rows)),
}

target = pathlib.Path(__file__).with_name("mixtures.json")
target.write_text(json.dumps(golden) + "\n")
