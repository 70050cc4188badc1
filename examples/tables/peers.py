"""The held-out log densities of a Gaussian and of a mixture of ten, both by scikit-learn, in nats and the rows' units.

    python3 peers.py FOLDER COLUMNS SEED

FOLDER holds train.f64 and heldOut.f64, rows of float64 one after the other. Prints JSON. Rows are standardised by the
training rows first: scikit-learn adds 1e-6 to variances, whatever the units are.
"""

import json
import pathlib
import sys

import numpy as np
from sklearn.mixture import GaussianMixture

folder, columns, seed = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
train, held_out = (np.fromfile(folder / f"{part}.f64").reshape(-1, columns) for part in ["train", "heldOut"])
shift, scale = train.mean(0), train.std(0)


def scores(components):
    mixture = GaussianMixture(n_components=components, covariance_type="full", random_state=seed)
    mixture.fit((train - shift) / scale)
    return (mixture.score_samples((held_out - shift) / scale) - np.log(scale).sum()).tolist()


print(json.dumps({"gaussian": scores(1), "mixture": scores(10)}))
