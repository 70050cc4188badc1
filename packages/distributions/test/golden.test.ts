import { exp, sigmoid } from "@pushforward/bijectors"
import { expect, it } from "vitest"
import {
  type Distribution,
  gaussianMixture,
  independent,
  multivariateNormal,
  normal,
  transformed,
  uniform,
} from "../src/index.ts"
import { inEachArithmetic } from "./arithmetics.ts"
import golden from "./golden/distributions.json" with { type: "json" }

inEachArithmetic("golden values from SciPy", ({ compute, expectNear }) => {
  /** What a method of a distribution makes of numbers. */
  const at = (
    make: () => Distribution,
    method: "logProb" | "cdf" | "logCdf" | "quantile",
    x: ReadonlyArray<number> | ReadonlyArray<ReadonlyArray<number>>,
  ) => compute((t) => [make()[method]!(t)], x)[0]
  /** A number that a distribution has. */
  const of = (make: () => Distribution, method: "mean" | "variance" | "entropy") =>
    compute(() => [make()[method]!()])[0]

  it("normal", () => {
    const make = () => normal({ loc: 1.5, scale: 0.5 })
    const g = golden.normal
    expectNear(at(make, "logProb", g.in), g.logProb)
    expectNear(at(make, "cdf", g.in), g.cdf, {
      relative: true,
      weight: (i) => 1 + (2 * (g.in[i]! - 1.5)) ** 2 / 4,
    })
    expectNear(at(make, "logCdf", g.in), g.logCdf)
    expectNear(at(make, "quantile", g.probabilities), g.quantile)
    expectNear(of(make, "entropy"), [g.entropy])
    expect([...Array.from(of(make, "mean")!), ...Array.from(of(make, "variance")!)]).toEqual([
      1.5, 0.25,
    ])
  })

  it("uniform", () => {
    const make = () => uniform({ low: -1, high: 3 })
    const g = golden.uniform
    expectNear(at(make, "logProb", g.in), g.logProb)
    expectNear(at(make, "cdf", g.in), g.cdf)
    expectNear(at(make, "quantile", g.cdf), g.in)
    expectNear(of(make, "mean"), [g.mean])
    expectNear(of(make, "variance"), [g.variance])
    expectNear(of(make, "entropy"), [g.entropy])
  })

  it("log-normal and logit-normal, as pushforwards", () => {
    const logNormal = () => transformed(normal({ loc: 0.25, scale: 0.75 }), exp())
    const g = golden.logNormal
    expectNear(at(logNormal, "logProb", g.in), g.logProb, { tolerance: 2e-6 })
    expectNear(at(logNormal, "cdf", g.in), g.cdf)
    expectNear(at(logNormal, "quantile", g.probabilities), g.quantile, { tolerance: 3e-6 })
    const logitNormal = () => transformed(normal({ loc: 0.25, scale: 1.5 }), sigmoid())
    const unit = golden.logitNormal
    // 0.9999 is 1e-8 off in float32's 1 − y.
    expectNear(at(logitNormal, "logProb", unit.in), unit.logProb, { tolerance: 1e-5 })
    expectNear(at(logitNormal, "cdf", unit.in), unit.cdf)
  })

  it("multivariate normal, three scales", () => {
    const { loc, scaleTril, scaleDiag, in: rows, ...g } = golden.multivariateNormal
    const full = () => multivariateNormal({ loc, scaleTril })
    expectNear(at(full, "logProb", rows), g.logProbTril, { tolerance: 2e-6 })
    expectNear(of(full, "entropy"), [g.entropyTril])
    expectNear(of(full, "variance"), g.varianceTril)
    const diagonal = () => multivariateNormal({ loc, scaleDiag })
    expectNear(at(diagonal, "logProb", rows), g.logProbDiag)
    expectNear(of(diagonal, "entropy"), [g.entropyDiag])
    const two = () => multivariateNormal({ loc, scaleIdentity: 2 })
    const alike = () => multivariateNormal({ loc, scaleDiag: [2, 2, 2] })
    expectNear(at(two, "logProb", rows), Array.from(at(alike, "logProb", rows)!))
    const apart = () => independent(normal({ loc, scale: scaleDiag }), [3])
    expectNear(at(apart, "logProb", rows), g.logProbDiag)
  })

  it("mixture of multivariate normals", () => {
    const { in: rows, weights, loc, scaleTril, ...g } = golden.gaussianMixture
    const make = () => gaussianMixture({ weights, loc, scaleTril })
    expectNear(at(make, "logProb", rows), g.logProb, { tolerance: 2e-6 })
    expectNear(of(make, "mean"), g.mean)
    expectNear(of(make, "variance"), g.variance)
  })
})
