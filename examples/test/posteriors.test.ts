import type { Named, ParameterDeclarations } from "@pushforward/distributions"
import { inFloat64 } from "@pushforward/graph"
import type { Posterior } from "@pushforward/training"
import type * as tf from "@tensorflow/tfjs-core"
import { describe, expect, it } from "vitest"
import arKContent from "../posteriors/data/arK.json" with { type: "json" }
import eightSchoolsContent from "../posteriors/data/eightSchools.json" with { type: "json" }
import kidiqContent from "../posteriors/data/kidiq.json" with { type: "json" }
import mixtureContent from "../posteriors/data/mixture.json" with { type: "json" }
import nes2000Content from "../posteriors/data/nes2000.json" with { type: "json" }
import sblrcContent from "../posteriors/data/sblrc.json" with { type: "json" }
import { arK } from "../posteriors/arK.ts"
import { eightSchools } from "../posteriors/eightSchools.ts"
import type { Example } from "../posteriors/Example.ts"
import { kidiq } from "../posteriors/kidiq.ts"
import { mixture, unordered } from "../posteriors/mixture.ts"
import { nes2000 } from "../posteriors/nes2000.ts"
import { compare } from "../posteriors/report.ts"
import { sblrc } from "../posteriors/sblrc.ts"
import { fitVariational } from "pushforward"

type Point = Readonly<Record<string, number | ReadonlyArray<number>>>

/** A posterior's log density at one point, in float64. */
const logDensityAt = <P extends ParameterDeclarations>(
  { parameters, logDensity }: Posterior<P>,
  point: Point,
): number => {
  const names = Object.keys(parameters)
  const [result] = inFloat64(
    (tensors) => [
      logDensity(
        Object.fromEntries(names.map((name, i) => [name, tensors[i]!])) as Named<P, tf.Tensor>,
      ),
    ],
    names.map((name) => {
      const values = [point[name]!].flat()
      return { shape: typeof point[name] === "number" ? [1] : [1, values.length], values }
    }),
  )
  return result!.values[0]!
}

describe("log densities of the examples", () => {
  const isScipys = <P extends ParameterDeclarations>(
    { name, posterior }: Example<P>,
    golden: ReadonlyArray<{ readonly at: Point; readonly logDensity: number }>,
  ): void =>
    it(`${name}: scipy's, constants and all`, () => {
      expect(golden).toHaveLength(3)
      for (const { at, logDensity } of golden) {
        // The logarithms of data are float32 constants.
        expect(Math.abs(logDensityAt(posterior, at) / logDensity - 1)).toBeLessThan(1e-7)
      }
    })
  isScipys(eightSchools, eightSchoolsContent.golden)
  isScipys(kidiq, kidiqContent.golden)
  isScipys(sblrc, sblrcContent.golden)
  isScipys(arK, arKContent.golden)
  isScipys(nes2000, nes2000Content.golden)
  isScipys(mixture, mixtureContent.golden)

  it("without an order the mixture's density is the same, either way round", () => {
    for (const { at, logDensity } of mixtureContent.golden) {
      const [low, high] = [at.low, at.low + at.gap]
      const { sigma, theta } = at
      const same = logDensityAt(unordered.posterior, { mu: [low, high], sigma, theta })
      const mirrored = logDensityAt(unordered.posterior, {
        mu: [high, low],
        sigma: sigma.toReversed(),
        theta: 1 - theta,
      })
      expect(Math.abs(same / logDensity - 1)).toBeLessThan(1e-9)
      expect(Math.abs(mirrored / logDensity - 1)).toBeLessThan(1e-9)
    }
  })
})

describe("fitted posteriors", () => {
  const meetsTargets = async <P extends ParameterDeclarations>(
    example: Example<P>,
    steps: number,
    estimates = 64,
  ): Promise<void> => {
    const { record, comparisons } = await compare(example, { seed: 1, steps, estimates })
    expect(record.kHat).toBeLessThan(0.7)
    expect(comparisons).toHaveLength(Object.keys(example.reference).length)
    for (const { quantity, z, ratio } of comparisons) {
      expect(z, `${quantity}: means apart, in reference standard deviations`).toBeLessThan(0.1)
      expect(ratio, `${quantity}: standard deviation over the reference's`).toBeGreaterThan(0.9)
      expect(ratio, `${quantity}: standard deviation over the reference's`).toBeLessThan(1.1)
    }
  }

  it("eight schools: the reference's means and standard deviations", () =>
    meetsTargets(eightSchools, 2000))
  it("kidiq: the same", () => meetsTargets(kidiq, 300))
  it("sblrc, with coefficients a thousandth wide: the same", () => meetsTargets(sblrc, 300))
  it("the ordered mixture: the same", () => meetsTargets(mixture, 100, 16))

  it("without an order the guide finds one of the mixture's two modes, and k-hat does not see the other", async () => {
    const quick = { seed: 1, steps: 50, estimates: 16 }
    const fitted = await fitVariational(unordered.posterior, quick)
    const { values } = await fitted.sample(4000)
    const ascending = Array.from(
      { length: 4000 },
      (_, i) => values.mu.values[2 * i]! < values.mu.values[2 * i + 1]!,
    ).filter(Boolean).length
    expect([0, 4000]).toContain(ascending)
    expect(fitted.record.kHat).toBeLessThan(0.7)
    // The bound is that of the ordered posterior, whose density is twice as high: all of one mode, nothing of the other.
    const ordered = await fitVariational(mixture.posterior, quick)
    expect(Math.abs(fitted.record.elbo - ordered.record.elbo)).toBeLessThan(0.05)
  })
})

describe("fitVariational", () => {
  it("tells events, draws the same for the same seed, and stops when told to", async () => {
    const run = fitVariational(eightSchools.posterior, { steps: 20, backend: "wasm" })
    const tags: Array<string> = []
    for await (const event of run) tags.push(event._tag)
    expect(tags.slice(0, 2)).toEqual(["Started", "Located"])
    expect(new Set(tags.slice(2))).toEqual(new Set(["Progress"]))
    const posterior = await run
    const [a, b] = [
      await posterior.sample(10, { seed: 3 }),
      await posterior.sample(10, { seed: 3 }),
    ]
    expect(a).toEqual(b)
    expect(a.values.z.shape).toEqual([10, 8])
    expect((await posterior.moments({ count: 100, weighted: true })).tau.mean).toHaveLength(1)
    const stopped = fitVariational(eightSchools.posterior, {
      steps: 1e6,
      signal: AbortSignal.timeout(300),
    })
    await expect(stopped).rejects.toThrow("timeout")
  })

  it("takes a guide as a spec, and says what is wrong with one", async () => {
    const guide = { _tag: "scale-tril" }
    const { record } = await fitVariational(eightSchools.posterior, { guide, steps: 50 })
    expect(record.elbo).toBeGreaterThan(-34)
    await expect(fitVariational(eightSchools.posterior, { guide: "iaff" })).rejects.toMatchObject({
      _tag: "SpecError",
    })
  })
})
