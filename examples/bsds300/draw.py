#!/usr/bin/env python3
"""Draws the patches of BSDS300 that train.ts takes, by the recipe of RNADE (arXiv:1306.0186) and MAF (arXiv:1705.07057).

  python3 examples/bsds300/draw.py BSDS300/images out/bsds300

The images are those of the Berkeley Segmentation Dataset (BSDS300-images.tgz, "The Berkeley Segmentation Dataset and
Benchmark"; free for research that is not commercial): a folder with train/*.jpg, 200 of them, and test/*.jpg, 100. Needs numpy
and Pillow, and takes seconds.

A patch is 8 x 8 pixels of a random image at a random place, in grey (ITU-R 601). Uniform noise is added to each level from 0
to 255, the sum is divided by 256, the patch's mean is taken away, and the last pixel, which is minus the sum of the others,
is dropped. 20 of the 200 images are for validation: train.npy is [1000000, 63], val.npy [50000, 63], test.npy
[250000, 63], all float32. The same seed draws the same patches.
"""
import sys
from pathlib import Path

import numpy as np
from PIL import Image

SIDE, SEED = 8, 0


def grey(folder):
    return [np.asarray(Image.open(path).convert("L")) for path in sorted(folder.glob("*.*"), key=lambda p: int(p.stem))]


def patches(images, count, rng):
    drawn = np.empty((count, SIDE * SIDE), np.uint8)
    of = rng.integers(0, len(images), count)
    for i, image in enumerate(images):
        mine = np.flatnonzero(of == i)
        height, width = image.shape
        tops = rng.integers(0, height - SIDE + 1, len(mine))
        lefts = rng.integers(0, width - SIDE + 1, len(mine))
        windows = np.lib.stride_tricks.sliding_window_view(image, (SIDE, SIDE))
        drawn[mine] = windows[tops, lefts].reshape(-1, SIDE * SIDE)
    levels = (drawn + rng.random(drawn.shape)) / 256
    return (levels - levels.mean(axis=1, keepdims=True))[:, :-1].astype(np.float32)


images, out = Path(sys.argv[1]), Path(sys.argv[2])
train, test = grey(images / "train"), grey(images / "test")
if len(train) != 200 or len(test) != 100:
    sys.exit(f"expected 200 images in {images}/train and 100 in {images}/test, got {len(train)} and {len(test)}")
rng = np.random.default_rng(SEED)
shuffled = [train[i] for i in rng.permutation(200)]
out.mkdir(parents=True, exist_ok=True)
for name, part, count in (
    ("train", shuffled[20:], 1_000_000),
    ("val", shuffled[:20], 50_000),
    ("test", test, 250_000),
):
    rows = patches(part, count, rng)
    np.save(out / f"{name}.npy", rows)
    print(name, rows.shape)
