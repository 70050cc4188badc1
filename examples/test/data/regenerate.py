"""Writes made_binary/made_binary_packed.npz, a small file of the format that examples/made reads, and what is known of it.

    python3 examples/test/data/regenerate.py

Chains of eleven bits: the first is a fair coin, each other one is the bit before it with probability 0.9. The rows go
through examples/made/pack.py as those of the paper's authors do. Needs numpy.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

here = pathlib.Path(__file__).parent
columns, stay = 11, 0.9
rng = np.random.default_rng(1)


def chains(rows):
    flips = rng.random((rows, columns)) > stay
    flips[:, 0] = rng.random(rows) < 0.5
    return flips.cumsum(axis=1) % 2


sets = {part: chains(rows) for part, rows in (("train", 400), ("valid", 100), ("test", 100))}
with tempfile.TemporaryDirectory() as originals:
    arrays = {f"{part}_data": rows.astype(np.float32) for part, rows in sets.items()}
    np.savez(pathlib.Path(originals, "dna.npz"), inputsize=columns, **arrays)
    subprocess.run([sys.executable, here.parent.parent / "made" / "pack.py", originals, here], check=True)

test, train = sets["test"], sets["train"]
same = test[:, 1:] == test[:, :-1]
truth = np.log(0.5) + np.where(same, np.log(stay), np.log(1 - stay)).sum(axis=1)
p = train.mean(axis=0)
independent = np.where(test == 1, np.log(p), np.log(1 - p)).sum(axis=1)
(here / "chains.json").write_text(
    json.dumps(
        {
            "firstRows": train[:2].tolist(),
            "testShares": test.mean(axis=0).tolist(),
            "truth": truth.mean(),
            "independent": independent.mean(),
        },
        indent=2,
    )
    + "\n"
)
