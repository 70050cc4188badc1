import { foldKey, makeKey, normalValues, uniformValues } from "@pushforward/core"
import { describe, expect, it } from "vitest"
import {
  bitsPerDimension,
  classifierTest,
  coverage,
  cumulativeAccuracyProfile,
  effectiveSampleSize,
  energyDistance,
  kolmogorovSmirnov,
  meanLogLikelihood,
  paretoSmoothed,
  probabilityIntegralTransform,
  receiverOperatingCharacteristic,
  type Rows,
} from "../src/index.ts"
import { standardNormalCdf } from "../src/metrics/standardNormalCdf.ts"
import golden from "./golden/metrics.json" with { type: "json" }

const table = (columns: number, values: ArrayLike<number>): Rows => ({
  shape: [values.length / columns, columns],
  dtype: "float32",
  values: Float32Array.from(values),
})

describe("paretoSmoothed", () => {
  it.each(golden.psis)("agrees with numpy, k = $kHat", ({ logWeights, kHat, smoothed }) => {
    const result = paretoSmoothed(logWeights)
    expect(result.kHat).toBeCloseTo(kHat, 9)
    result.logWeights.forEach((value, i) => expect(value).toBeCloseTo(smoothed[i]!, 8))
  })

  it("a constant cancels, and weights sum to one", () => {
    const [{ logWeights, kHat }] = golden.psis as [(typeof golden.psis)[0]]
    const shifted = paretoSmoothed(logWeights.map((w) => w - 1234))
    expect(shifted.kHat).toBeCloseTo(kHat, 8)
    expect(shifted.logWeights.reduce((sum, w) => sum + Math.exp(w), 0)).toBeCloseTo(1, 12)
  })

  it("has an answer where there is no tail to fit", () => {
    expect(paretoSmoothed([1, 2, 3]).kHat).toBe(Infinity)
    expect(paretoSmoothed(new Float64Array(100)).kHat).toBe(-Infinity)
    expect(paretoSmoothed([NaN, ...new Float64Array(100)]).kHat).toBe(Infinity)
    const excluded = paretoSmoothed(Array.from({ length: 100 }, (_, i) => (i < 99 ? -Infinity : 0)))
    expect(excluded.logWeights[99]).toBeCloseTo(0, 6)
    expect(() => paretoSmoothed([])).toThrow("expected log weights, got none")
  })
})

describe("effectiveSampleSize", () => {
  it.each(golden.psis)("agrees with numpy: $effective", ({ logWeights, effective }) => {
    expect(effectiveSampleSize(logWeights)).toBeCloseTo(effective, 9)
  })

  it("is the number of equal weights, one for a single weight, and knows no empty set", () => {
    expect(effectiveSampleSize([7, 7, 7])).toBeCloseTo(3, 12)
    expect(effectiveSampleSize([-1e9, 0])).toBe(1)
    expect(effectiveSampleSize([-Infinity])).toBeNaN()
    expect(() => effectiveSampleSize([])).toThrow("expected log weights, got none")
  })
})

describe("kolmogorovSmirnov", () => {
  it.each(golden.ks)("agrees with scipy's exact test: $pValue", ({ values, statistic, pValue }) => {
    const result = kolmogorovSmirnov(values)
    expect(result.statistic).toBeCloseTo(statistic, 12)
    expect(Math.abs(result.pValue - pValue)).toBeLessThan(1e-3)
  })

  it("p-values of uniform numbers are uniform", () => {
    const pValues = Array.from(
      { length: 500 },
      (_, i) => kolmogorovSmirnov(uniformValues(foldKey(makeKey(3), i), 100)).pValue,
    )
    // Of such tests a thousandth fails; the seed is fixed.
    expect(kolmogorovSmirnov(pValues).pValue).toBeGreaterThan(1e-3)
  })

  it("takes what is outside for impossible, NaN for NaN", () => {
    expect(kolmogorovSmirnov([2, 3, 4, 5]).statistic).toBe(1)
    expect(kolmogorovSmirnov(new Float64Array(50).fill(-1)).pValue).toBeLessThan(1e-12)
    expect(kolmogorovSmirnov([0.5, NaN]).pValue).toBeNaN()
    expect(() => kolmogorovSmirnov([])).toThrow("got none")
  })
})

describe("probabilityIntegralTransform", () => {
  it("of normal latents is uniform, of others not", () => {
    const z = normalValues(makeKey(1), 2000)
    const [fits, tooWide] = probabilityIntegralTransform(
      table(
        2,
        Array.from(z, (v, i) => (i % 2 === 0 ? v : 1.3 * v)),
      ),
    )
    expect(fits!.pValue).toBeGreaterThan(0.01)
    expect(tooWide!.pValue).toBeLessThan(1e-4)
    expect(fits!.values).toHaveLength(1000)
  })

  it.each(golden.cdf as Array<[number, number]>)("Φ(%d) agrees with scipy", (x, expected) => {
    expect(Math.abs(standardNormalCdf(x) / expected - 1)).toBeLessThan(1e-11)
  })

  it("Φ has its limits", () => {
    expect([standardNormalCdf(-Infinity), standardNormalCdf(Infinity)]).toEqual([0, 1])
    expect(standardNormalCdf(NaN)).toBeNaN()
  })
})

describe("energyDistance", () => {
  it.each(golden.energy)("agrees with scipy in $d dimensions", ({ x, y, d, value }) => {
    expect(energyDistance(table(d, x), table(d, y))).toBeCloseTo(value, 10)
  })

  it("is zero for the same rows in another order, and refuses other columns", () => {
    expect(energyDistance(table(2, [1, 2, 3, 4]), table(2, [3, 4, 1, 2]))).toBeLessThan(1e-12)
    expect(() => energyDistance(table(2, [1, 2]), table(1, [1, 2]))).toThrow("the same columns")
    expect(() => energyDistance(table(2, []), table(2, [1, 2]))).toThrow("at least a row each")
  })
})

describe("classifierTest", () => {
  const draw = (seed: number, n = 400): Float32Array => normalValues(makeKey(seed), 2 * n)
  const plain = table(2, draw(1))

  it("cannot tell draws of one distribution apart", () => {
    const { accuracy, pValue } = classifierTest(plain, table(2, draw(2)), makeKey(0))
    expect(Math.abs(accuracy - 0.5)).toBeLessThan(0.06)
    expect(pValue).toBeGreaterThan(0.01)
  })

  it("sees means, variances and correlations", () => {
    const other = draw(3)
    for (const values of [
      other.map((v) => v + 0.5),
      other.map((v) => 1.6 * v),
      other.map((v, i) => (i % 2 === 0 ? v : 0.8 * other[i - 1]! + 0.6 * v)),
    ]) {
      expect(classifierTest(plain, table(2, values), makeKey(0)).pValue).toBeLessThan(1e-4)
    }
  })

  it("nears the accuracy of the best classifier", () => {
    const far = table(
      2,
      draw(4, 2000).map((v, i) => (i % 2 === 0 ? v + 1 : v)),
    )
    const { accuracy } = classifierTest(table(2, draw(5, 3000)), far, makeKey(0))
    // Φ(½): the boundary is half way between the means. Four standard errors of 4000 rows.
    expect(Math.abs(accuracy - standardNormalCdf(0.5))).toBeLessThan(4 * 0.0073)
  })

  it("takes a constant column, and refuses too few rows", () => {
    const constant = (seed: number): Rows =>
      table(
        2,
        draw(seed).map((v, i) => (i % 2 ? 3 : v)),
      )
    expect(classifierTest(constant(1), constant(2), makeKey(0)).pValue).toBeGreaterThan(0.01)
    expect(() => classifierTest(plain, table(2, [1, 2]), makeKey(0))).toThrow("10 rows or more")
  })
})

describe("coverage", () => {
  const [n, m] = [2000, 200]
  /** Truth and draws of a posterior that is a normal of standard deviation 1, when the truth's is `sd`. */
  const observed = (sd: number): ReadonlyArray<number> => {
    const truth = normalValues(makeKey(1), n).map((z) => -0.5 * (sd * z) ** 2)
    const draws = normalValues(makeKey(2), n * m).map((z) => -0.5 * z * z)
    return coverage(truth, draws, [0.5, 0.9]).map((c) => c.observed)
  }

  it("keeps what it promises for the right density, less for an overconfident one", () => {
    const [half, most] = observed(1)
    // Four standard errors of a share of 2000.
    expect(Math.abs(half! - 0.5)).toBeLessThan(4 * 0.0112)
    expect(Math.abs(most! - 0.9)).toBeLessThan(4 * 0.0067)
    const [overHalf, overMost] = observed(2)
    expect(overHalf).toBeLessThan(0.35)
    expect(overMost).toBeLessThan(0.65)
    expect(observed(0.5)[0]).toBeGreaterThan(0.75)
  })

  it("refuses draws that do not belong to the rows", () => {
    expect(() => coverage([1, 2], [1, 2, 3])).toThrow("as many draws for each of the 2 rows")
    expect(() => coverage([], [])).toThrow("as many draws")
  })
})

describe("receiverOperatingCharacteristic", () => {
  it.each(golden.roc)("agrees with scipy's U statistic: $auc", ({ positives, negatives, auc }) => {
    expect(receiverOperatingCharacteristic(positives, negatives).auc).toBeCloseTo(auc, 12)
  })

  it("has one step for ties, perfect scores and −∞", () => {
    const ties = receiverOperatingCharacteristic([1, 1], [1, 1])
    expect(ties.auc).toBe(0.5)
    expect([...ties.falsePositiveRate, ...ties.truePositiveRate]).toEqual([0, 1, 0, 1])
    expect(receiverOperatingCharacteristic([1, 2], [-Infinity, 0]).auc).toBe(1)
    expect(receiverOperatingCharacteristic([0], [-Infinity]).auc).toBe(1)
    expect(() => receiverOperatingCharacteristic([], [1])).toThrow("got 0 and 1")
    expect(() => receiverOperatingCharacteristic([NaN], [1])).toThrow("with NaN among them")
  })
})

describe("cumulativeAccuracyProfile", () => {
  it("gives the poster's hit rates", () => {
    // A hundred cells, the first the densest; cell i has 100 − i events.
    const cells = Array.from({ length: 100 }, (_, i) => 100 - i)
    const { area, hitRates } = cumulativeAccuracyProfile(cells, cells)
    const share = (k: number): number => (k * 100 - (k * (k - 1)) / 2) / 5050
    expect(hitRates.map((rate) => rate.cells)).toEqual([0.01, 0.05, 0.1, 0.15, 0.2])
    hitRates.forEach(({ events }, i) => {
      expect(events).toBeCloseTo(share([1, 5, 10, 15, 20][i]!), 12)
    })
    const trapezoids = cells.reduce((sum, _, k) => sum + (share(k) + share(k + 1)) / 200, 0)
    expect(area).toBeCloseTo(trapezoids, 12)
  })

  it("a uniform density is the diagonal, whatever the order of the cells", () => {
    const { area, hitRates, cells } = cumulativeAccuracyProfile([1, 1, 1, 1], [0, 0, 0, 8])
    expect([area, cells.length]).toEqual([0.5, 2])
    expect(hitRates.map(({ events }) => events)).toEqual([0.01, 0.05, 0.1, 0.15, 0.2])
    expect(cumulativeAccuracyProfile([1, 2], [0, 3], [0, 1]).hitRates.map((r) => r.events)).toEqual(
      [0, 1],
    )
  })

  it("refuses what it cannot rank", () => {
    expect(() => cumulativeAccuracyProfile([1, 2], [0, 0])).toThrow("0 events")
    expect(() => cumulativeAccuracyProfile([1, NaN], [1, 1])).toThrow("a wrong cell 1")
    expect(() => cumulativeAccuracyProfile([1, 2], [1])).toThrow("2 densities, 1 counts")
  })
})

describe("log-likelihoods", () => {
  it("mean with two standard errors", () => {
    const { mean, twoStandardErrors } = meanLogLikelihood([1, 2, 3, 6])
    expect(mean).toBe(3)
    expect(twoStandardErrors).toBeCloseTo(2 * Math.sqrt(14 / 3 / 4), 12)
    expect(meanLogLikelihood([0, -Infinity]).mean).toBe(-Infinity)
    expect(meanLogLikelihood([5]).twoStandardErrors).toBeNaN()
    expect(() => meanLogLikelihood([])).toThrow("got none")
  })

  it("bits per dimension of pixels", () => {
    // MNIST's uniform density over 784 pixels scaled to [0, 1]; one nat more is 1/(784 log 2) bits fewer.
    expect(bitsPerDimension(1, { dimensions: 784, levels: 256 })).toBeCloseTo(
      8 - 1 / (784 * Math.log(2)),
      12,
    )
    expect(bitsPerDimension(-784 * Math.log(2), { dimensions: 784 })).toBeCloseTo(1, 12)
    expect(() => bitsPerDimension(1, { dimensions: 0 })).toThrow("positive dimensions")
  })
})
