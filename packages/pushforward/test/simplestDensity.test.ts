import { cpu } from "@pushforward/backend-cpu"
import { makeKey, normalValues, registryLayer } from "@pushforward/core"
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { fit, type FitRowsOptions, type FitRunEvent, load, standardPlugins } from "../src/index.ts"
import { isWorthIt, simplestDensity } from "../src/simplestDensity.ts"

const normal = (seed: number, count: number): Float32Array => normalValues(makeKey(seed), count)
const rowsOf = (columns: number, values: Float32Array) =>
  ({ shape: [values.length / columns, columns], dtype: "float32", values }) as const

/** Pairs of which every other one is ten times nearer to the middle. */
const concentric = (seed: number, count: number): Float32Array =>
  normal(seed, 2 * count).map((z, i) => (i % 4 < 2 ? z : z / 10))

const run = async (values: Float32Array, columns: number, options: FitRowsOptions = {}) => {
  const fitting = fit({ values, columns }, { epochs: 3, seed: 1, ...options })
  const events: Array<FitRunEvent> = []
  for await (const event of fitting) events.push(event)
  const model = await fitting
  return {
    model,
    document: JSON.parse(new TextDecoder().decode(model.toFiles()["model.json"])),
    told: events.flatMap((event) => (event._tag === "Notice" ? [event.about] : [])),
  }
}

describe("a fit without a named flow", () => {
  it("of a Gaussian within a Gaussian is their mixture", async () => {
    const { model, document, told } = await run(concentric(1, 3000), 2)
    expect(told).toEqual(["Simple"])
    expect(document.flow).toEqual({ _tag: "chain", layers: [] })
    expect(document.base.weights).toHaveLength(2)
    const { heldOutLogLikelihood, gaussianLogLikelihood, standardError } = model.record
    expect(heldOutLogLikelihood).toBeGreaterThan(gaussianLogLikelihood + 0.5)
    // E log(½ N(x; 0, 1) + ½ N(x; 0, 0.01)) of pairs, by quadrature.
    expect(Math.abs(heldOutLogLikelihood + 1.1404)).toBeLessThan(3 * standardError)
    const draws = await model.sample(4000)
    const near = draws.filter(([x, y]) => Math.hypot(x!, y!) < 0.25).length / draws.length
    // ½ (1 − exp(−0.25²/2)) + ½ (1 − exp(−2.5²/2))
    expect(near).toBeCloseTo(0.4934, 1)
    const again = await load(model.toFiles())
    const some = draws.slice(0, 20)
    expect(await again.logProb(some)).toEqual(await model.logProb(some))
  })

  it("of a Gaussian is a Gaussian", async () => {
    const z = normal(2, 3000)
    const { model, document, told } = await run(
      z.map((value, i) => (i % 3 === 2 ? value + z[i - 1]! : 5 + value)),
      3,
    )
    expect(told).toEqual(["Simple"])
    expect(document).toMatchObject({ flow: { _tag: "chain", layers: [] } })
    expect(document).not.toHaveProperty("base")
    expect(model.record.heldOutLogLikelihood).toBeCloseTo(model.record.gaussianLogLikelihood, 1)
  })

  it("keeps a flow that is named, or conditional", async () => {
    const values = concentric(1, 300)
    const flow = { _tag: "maf", layers: 1, hidden: [4] }
    const named = await run(values, 2, { flow })
    expect(named.told).not.toContain("Simple")
    expect(named.document.flow).toEqual(flow)
    const context = { c: normal(3, 300) }
    const conditional = await run(values, 2, { context })
    expect(conditional.told).not.toContain("Simple")
    expect(conditional.document.flow).toEqual({ _tag: "maf" })
  })
})

describe("simplestDensity", () => {
  const simplest = (columns: number, train: Float32Array, validation: Float32Array) =>
    Effect.runPromise(
      simplestDensity(rowsOf(columns, train), rowsOf(columns, validation), 1).pipe(
        Effect.provide(cpu),
        Effect.provide(registryLayer(standardPlugins)),
      ),
    )

  it("has the components that validation rows call for", async () => {
    expect((await simplest(2, concentric(4, 2000), concentric(5, 500))).components).toBe(2)
    expect((await simplest(2, normal(6, 4000), normal(7, 1000))).components).toBe(1)
    const humps = (seed: number, count: number) =>
      normal(seed, count).map((z, i) => z + 10 * (i % 3))
    expect((await simplest(1, humps(8, 3000), humps(9, 600))).components).toBe(3)
  })

  it("tries no mixture where rows are few", async () => {
    // Two components in nine columns have 110 numbers.
    const wide = (seed: number, count: number) =>
      normal(seed, 9 * count).map((z, i) => (Math.floor(i / 9) % 2 === 0 ? z : z / 10))
    expect((await simplest(9, wide(1, 500), wide(2, 100))).components).toBe(1)
    expect((await simplest(9, wide(1, 600), wide(2, 100))).components).toBe(2)
  })

  it("a flow is worth it where it beats a Gaussian, or a mixture but for an error", () => {
    const worth = (components: number, ...gains: ReadonlyArray<number>): boolean =>
      isWorthIt(Float32Array.from(gains), { scores: new Float32Array(gains.length), components })
    expect(worth(1, 0.5, -0.25)).toBe(true)
    expect(worth(1, 0, 0)).toBe(false)
    expect(worth(1, -0.5, 0.25)).toBe(false)
    // Means of −2 and −1, each with a standard error of 1.5.
    expect(worth(2, -0.5, -3.5)).toBe(false)
    expect(worth(2, 0.5, -2.5)).toBe(true)
    for (const components of [1, 2]) expect(worth(components, Number.NaN, 2)).toBe(false)
  })
})
