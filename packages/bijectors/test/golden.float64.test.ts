import type { Bijector } from "@pushforward/core"
import { inFloat64 } from "@pushforward/graph"
import type * as tf from "@tensorflow/tfjs-core"
import { describe, expect, it } from "vitest"
import { exp, logNdtr, normalCdf, sigmoid, softplus, tanh } from "../src/index.ts"
import golden from "./golden/bijectors.json" with { type: "json" }

describe("golden values from SciPy, in float64", () => {
  const run = (f: (x: tf.Tensor) => ReadonlyArray<tf.Tensor>, xs: ReadonlyArray<number>) =>
    inFloat64(([x]) => [...f(x!)], [{ shape: [xs.length], values: xs }]).map(({ values }) => values)
  const expectRelative = (got: Float64Array, expected: ReadonlyArray<number>): void =>
    expected.forEach((want, i) => {
      if (got[i] === want) return
      expect(
        Math.abs(got[i]! - want),
        `element ${i}: got ${got[i]}, expected ${want}`,
      ).toBeLessThanOrEqual(1e-13 * Math.abs(want))
    })
  const all: ReadonlyArray<readonly [string, () => Bijector, typeof golden.exp]> = [
    ["exp", exp, golden.exp],
    ["softplus", softplus, golden.softplus],
    ["sigmoid", sigmoid, golden.sigmoid],
    ["tanh", tanh, golden.tanh],
    ["normal-cdf", normalCdf, golden.normalCdf],
  ]
  for (const [name, make, { forward, inverse }] of all) {
    it(`${name}: both directions and log-dets to 13 digits`, () => {
      const [y, logDet] = run((x) => make().forwardAndLogDet(x), forward.in)
      expectRelative(y!, forward.out)
      expectRelative(logDet!, forward.logDet)
      const [x, back] = run((t) => make().inverseAndLogDet(t), inverse.in)
      expectRelative(x!, inverse.out)
      expectRelative(back!, inverse.logDet)
    })
  }

  it("logNdtr", () => {
    const [y] = run((x) => [logNdtr(x)], golden.logNdtr.in)
    expectRelative(y!, golden.logNdtr.out)
  })
})
