"""Packs the binary data sets of the MADE paper into the two files that examples/made/table.ts reads.

    python3 examples/made/pack.py ORIGINALS DATA

ORIGINALS is a folder with dna.npz, mushrooms.npz and nips.npz (https://github.com/mgermain/MADE, folder datasets) and
binarized_mnist.npz (its release ICML2015), as far as they are wanted. Needs numpy.
"""

import pathlib
import sys

import numpy as np

originals, data = map(pathlib.Path, sys.argv[1:])
parts = ("train", "valid", "test")
names = ("dna", "mushrooms", "nips")


def packed(file):
    with np.load(file) as arrays:
        columns = int(arrays["inputsize"])
        return columns, {part: np.packbits(arrays[f"{part}_data"].astype(bool), axis=1) for part in parts}


def write(folder, arrays):
    (data / folder).mkdir(parents=True, exist_ok=True)
    np.savez_compressed(data / folder / f"{folder}_packed.npz", **arrays)


small = {}
for name in names:
    if (originals / f"{name}.npz").exists():
        columns, sets = packed(originals / f"{name}.npz")
        small[f"{name}.nvars"] = np.array([columns], dtype=np.int32)
        small.update({f"{name}.{part}": bits for part, bits in sets.items()})
if small:
    write("made_binary", small)
if (originals / "binarized_mnist.npz").exists():
    write("binarized_mnist", packed(originals / "binarized_mnist.npz")[1])
