"""Brings data sets to one form for table.ts: a matrix of float64 in a .npy file for each table.

    python3 prepare.py DATA OUT

DATA holds the sets as their homes publish them, one folder each; those that are missing are left out:

- uci_small: housing.csv, ionosphere.csv, winequality-red.csv, winequality-white.csv without names and
  parkinsons_updrs.csv with them (UCI Machine Learning Repository; housing: StatLib)
- calgary_traffic: calgary_traffic_2016_2026.csv.gz, as examples/data/calgary-incidents.csv
- miniboone: train_known.npy, val.npy, test.npy of the MAF suite; the first 1,523 rows of train and all others are as
  they come, and only those are used
- power_2007h1: train.npy, val.npy, test.npy of the MAF suite's recipe
- posteriordb: its folder reference_posteriors
- sbibm: its folders of tasks, of which the draws for the first observation are used
"""

import bz2
import csv
import gzip
import io
import json
import pathlib
import sys
import zipfile

import numpy as np

data, out = map(pathlib.Path, sys.argv[1:])
out.mkdir(parents=True, exist_ok=True)


def save(name, rows):
    rows = np.asarray(rows, dtype=np.float64)
    constant = rows.min(0) == rows.max(0)
    np.save(out / f"{name}.npy", np.ascontiguousarray(rows[:, ~constant]))
    print(f"{name}: {rows.shape[0]} rows, {rows.shape[1]} columns, {constant.sum()} constant and left out")


def numbers(text, columns=slice(None), delimiter=",", names=0):
    lines = list(csv.reader(io.StringIO(text), delimiter=delimiter))[names:]
    return [[float(cell) for cell in line[columns]] for line in lines]


small = data / "uci_small"
if small.is_dir():
    save("housing", numbers((small / "housing.csv").read_text()))
    save("ionosphere", numbers((small / "ionosphere.csv").read_text(), slice(-1)))
    save("wine-red", numbers((small / "winequality-red.csv").read_text()))
    save("wine-white", numbers((small / "winequality-white.csv").read_text()))
    save("parkinsons", numbers((small / "parkinsons_updrs.csv").read_text(), delimiter="\t", names=1))

calgary = data / "calgary_traffic" / "calgary_traffic_2016_2026.csv.gz"
if calgary.is_file():
    save("calgary", numbers(gzip.open(calgary, "rt").read(), slice(1, 3), names=1))

miniboone = data / "miniboone"
if miniboone.is_dir():
    known, val, test = (np.load(miniboone / f"{part}.npy") for part in ["train_known", "val", "test"])
    save("miniboone", np.concatenate([known[:1523], val, test]))

power = data / "power_2007h1"
if power.is_dir():
    save("power", np.concatenate([np.load(power / f"{part}.npy") for part in ["train", "val", "test"]]))

for path in sorted((data / "posteriordb" / "reference_posteriors" / "draws" / "draws").glob("*.json.zip")):
    with zipfile.ZipFile(path) as archive:
        chains = json.loads(archive.read(archive.namelist()[0]))
    draws = np.concatenate([np.stack(list(chain.values()), axis=1) for chain in chains])
    save("posterior-" + path.name.removesuffix(".json.zip").split("-")[0], draws)

for path in sorted((data / "sbibm").glob("*/num_observation_1/reference_posterior_samples.csv.bz2")):
    save("sbibm-" + path.parts[-3], numbers(bz2.open(path, "rt").read(), names=1))
