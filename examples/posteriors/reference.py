"""Writes data/*.json: data, reference moments and golden log densities of six posteriors of posteriordb.

    python3 reference.py <a checkout of github.com/stan-dev/posteriordb>/posterior_database

The log densities are scipy's, with all constants, in the parameters' own units, at three points each.
"""

import json
import pathlib
import sys
import zipfile

import numpy as np
from scipy import stats

root = pathlib.Path(sys.argv[1])
here = pathlib.Path(__file__).parent / "data"
rng = np.random.default_rng(1)


def unzipped(path):
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read(archive.namelist()[0]))


def normal(x, loc, scale):
    return stats.norm.logpdf(x, loc, scale).sum()


def half_cauchy(x, scale):
    return stats.halfcauchy.logpdf(x, 0, scale)


def eight_schools(d, z, mu, tau):
    theta = np.array(z) * tau + mu
    return normal(z, 0, 1) + normal(d["y"], theta, d["sigma"]) + normal(mu, 0, 5) + half_cauchy(tau, 5)


def kidiq(d, beta, sigma):
    mean = beta[0] + beta[1] * np.array(d["mom_hs"]) + beta[2] * np.array(d["mom_iq"])
    return half_cauchy(sigma, 2.5) + normal(d["kid_score"], mean, sigma)


def sblrc(d, beta, sigma):
    half_normal = stats.halfnorm.logpdf(sigma, 0, 10)
    return normal(beta, 0, 10) + half_normal + normal(d["y"], np.array(d["X"]) @ beta, sigma)


def ark(d, alpha, beta, sigma):
    y, k = np.array(d["y"]), d["K"]
    mean = alpha + sum(b * y[k - 1 - i : len(y) - 1 - i] for i, b in enumerate(beta))
    return normal(alpha, 0, 10) + normal(beta, 0, 10) + half_cauchy(sigma, 2.5) + normal(y[k:], mean, sigma)


def nes(d, beta, sigma):
    age = np.array(d["age_discrete"])
    columns = [np.ones(len(age)), d["real_ideo"], d["race_adj"], age == 2, age == 3, age == 4]
    columns += [d["educ1"], d["gender"], d["income"]]
    return normal(d["partyid7"], np.array(columns, dtype=float).T @ beta, sigma)


def mixture(d, low, gap, sigma, theta):
    mu = np.array([low, low + gap])
    y = np.array(d["y"])[:, None]
    terms = stats.norm.logpdf(y, mu, sigma) + np.log([theta, 1 - theta])
    likelihood = np.logaddexp(terms[:, 0], terms[:, 1]).sum()
    priors = normal(mu, 0, 2) + stats.halfnorm.logpdf(sigma, 0, 2).sum() + stats.beta.logpdf(theta, 5, 5)
    return likelihood + priors


posteriors = {
    "eightSchools": ("eight_schools-eight_schools_noncentered", eight_schools, {"z": 8, "mu": 0, "tau": 0}),
    "kidiq": ("kidiq-kidscore_momhsiq", kidiq, {"beta": 3, "sigma": 0}),
    "sblrc": ("sblrc-blr", sblrc, {"beta": 5, "sigma": 0}),
    "arK": ("arK-arK", ark, {"alpha": 0, "beta": 5, "sigma": 0}),
    "nes2000": ("nes2000-nes", nes, {"beta": 9, "sigma": 0}),
    "mixture": ("low_dim_gauss_mix-low_dim_gauss_mix", mixture, {"low": 0, "gap": 0, "sigma": 2, "theta": 0}),
}
kept = {
    "kidiq": ["kid_score", "mom_hs", "mom_iq"],
    "nes2000": ["partyid7", "real_ideo", "race_adj", "age_discrete", "educ1", "gender", "income"],
    "mixture": ["y"],
}

for name, (long, log_density, sizes) in posteriors.items():
    data = unzipped(root / f"data/data/{long.split('-')[0]}.json.zip")
    data = {key: data[key] for key in kept.get(name, data)}
    chains = unzipped(root / f"reference_posteriors/draws/draws/{long}.json.zip")
    draws = {key: np.concatenate([chain[key] for chain in chains]) for key in chains[0]}
    reference = {key: [float(x.mean()), float(x.std(ddof=1))] for key, x in draws.items()}
    golden = []
    for _ in range(3):
        near = {key: mean + 2 * sd * rng.normal() for key, (mean, sd) in reference.items()}
        # The scales stay positive, the probability between 0 and 1.
        near = {key: abs(x) if key[:3] in {"tau", "sig", "the"} else x for key, x in near.items()}
        if name == "eightSchools":
            near |= {f"z[{i}]": rng.normal() for i in range(1, 9)}
        if name == "mixture":
            near |= {"low": near["mu[1]"], "gap": near["mu[2]"] - near["mu[1]"]}
        point = {
            parameter: np.float32([near[f"{parameter}[{i + 1}]"] for i in range(size)] if size else near[parameter])
            .astype(float)
            .tolist()
            for parameter, size in sizes.items()
        }
        golden.append({"at": point, "logDensity": float(log_density(data, **point))})
    content = {"posteriordb": long, "data": data, "reference": reference, "golden": golden}
    (here / f"{name}.json").write_text(json.dumps(content) + "\n")
    print(name, reference, [g["logDensity"] for g in golden])
