"""Writes made_binary/made_binary_packed.npz, a small file of the format that examples/made reads, and what is known of it.

    python3 examples/test/data/regenerate.py

Chains of five letters, each in three bits of which at most one is set: the first letter is any of four, each other one is
the letter before it with probability 0.85, else any of the other three. The rows go through examples/made/pack.py as those
of the paper's authors do. Needs numpy.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

here = pathlib.Path(__file__).parent
size, stay = 5, 0.85
letters = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]])
rng = np.random.default_rng(1)


def chains(rows):
    steps = rng.integers(1, 4, (rows, size)) * (rng.random((rows, size)) > stay)
    steps[:, 0] = rng.integers(0, 4, rows)
    return steps.cumsum(axis=1) % 4


sets = {part: chains(rows) for part, rows in (("train", 400), ("valid", 100), ("test", 100))}
bits = {part: letters[rows].reshape(len(rows), -1) for part, rows in sets.items()}
with tempfile.TemporaryDirectory() as originals:
    arrays = {f"{part}_data": rows.astype(np.float32) for part, rows in bits.items()}
    np.savez(pathlib.Path(originals, "dna.npz"), inputsize=3 * size, **arrays)
    subprocess.run([sys.executable, here.parent.parent / "made" / "pack.py", originals, here], check=True)

test = sets["test"]
same = test[:, 1:] == test[:, :-1]
truth = np.log(1 / 4) + np.where(same, np.log(stay), np.log((1 - stay) / 3)).sum(axis=1)
(here / "chains.json").write_text(
    json.dumps(
        {
            "firstRows": bits["train"][:2].tolist(),
            "firstLetters": sets["train"][:2].tolist(),
            "testShares": bits["test"].mean(axis=0).tolist(),
            "truth": truth.mean(),
            "independent": size * np.log(1 / 4),
        },
        indent=2,
    )
    + "\n"
)
