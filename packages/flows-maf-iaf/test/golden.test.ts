import { readFileSync } from "node:fs"
import "@tensorflow/tfjs-backend-cpu"
import { instantiate, invert, makeKey, type Params, trainable } from "@pushforward/core"
import { standardNormal, transformed } from "@pushforward/distributions"
import * as tf from "@tensorflow/tfjs-core"
import { describe, expect, it } from "vitest"
import { iaf, maf } from "../src/index.ts"

interface Golden {
  readonly hidden: ReadonlyArray<number>
  readonly layers: ReadonlyArray<
    ReadonlyArray<{ readonly weight: number[]; readonly bias: number[] }>
  >
  readonly data: number[][]
  readonly base: number[][]
  readonly inverseLogDet: number[]
  readonly logProb: number[]
}

const golden = JSON.parse(
  readFileSync(new URL("golden/maf.json", import.meta.url), "utf8"),
) as Golden

const flow = maf({ size: 3, layers: golden.layers.length, hidden: golden.hidden })

// Autoregressive layers stand at the even positions of the chain, reversals between them.
const params: Params = Object.fromEntries(
  golden.layers.map((layer, l) => [
    String(2 * l),
    Object.fromEntries(
      layer.map(({ weight, bias }, k) => [
        String(k),
        {
          weight: trainable([weight.length / bias.length, bias.length], weight),
          bias: trainable([bias.length], bias),
        },
      ]),
    ),
  ]),
)

const close = (measured: unknown, expected: unknown): void => {
  const [a, b] = [[measured].flat(3) as number[], [expected].flat(3) as number[]]
  expect(a).toHaveLength(b.length)
  // Float32 through two networks and an exponential: values up to 1e3 are right to five digits.
  a.forEach((value, i) =>
    expect(Math.abs(value - b[i]!)).toBeLessThan(2e-5 * Math.max(1, Math.abs(b[i]!))),
  )
}

describe("maf against an independent implementation in NumPy (golden/regenerate.py)", () => {
  it("the recipe has the parameters of the golden file", () => {
    const shapes = (tree: Params): unknown =>
      JSON.stringify(tree, (key, value: unknown) => (key === "values" ? undefined : value))
    expect(shapes(flow.init(makeKey(0)))).toBe(shapes(params))
  })

  it("data to base, and its log-determinant", () => {
    tf.tidy(() => {
      const [x, logDet] = instantiate(flow, params).inverseAndLogDet(tf.tensor2d(golden.data))
      close(x.arraySync(), golden.base)
      close(logDet.arraySync(), golden.inverseLogDet)
    })
  })

  it("log density", () => {
    tf.tidy(() => {
      const density = transformed(standardNormal([3]), flow)
      close(
        instantiate(density, { bijector: params }).logProb(tf.tensor2d(golden.data)).arraySync(),
        golden.logProb,
      )
    })
  })

  it("base to data gives the data back; iaf is the same map with directions swapped", () => {
    tf.tidy(() => {
      const built = instantiate(flow, params)
      const swapped = instantiate(
        invert(iaf({ size: 3, layers: 2, hidden: golden.hidden })),
        params,
      )
      const base = tf.tensor2d(golden.base)
      const back = built.forward(base).arraySync() as number[][]
      // The steepest layer magnifies rounding in the base about a hundredfold.
      back
        .flat()
        .forEach((value, i) => expect(Math.abs(value - golden.data.flat()[i]!)).toBeLessThan(1e-3))
      close(swapped.forward(base).arraySync(), back)
    })
  })
})
