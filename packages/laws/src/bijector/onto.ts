import { foldKey, makeKey, sizeOf } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { compare, violations } from "../internal/compare.ts"
import { outputShape } from "./BijectorCase.ts"
import type { BijectorLaw } from "./BijectorLaw.ts"
import { outside } from "./codomain.ts"
import { read } from "../judge/float32.ts"
import { buildCase } from "./evaluate.ts"
import { scoped } from "../internal/scoped.ts"

/**
 * Every point of the declared codomain has a preimage in the domain. A chain may break this lawfully: the codomain of
 * its last layer can be wider than its range, as in `chain(exp(), affine())`; hence recommended.
 *
 * The tolerance of 1e-2 is loose on purpose: how well a far point comes back is the round trip's matter, not this law's.
 */
export const onto: BijectorLaw = {
  name: "onto",
  grade: "recommended",
  statement: "every point of the codomain has a preimage in the domain",
  applies: () => true,
  call:
    `const shape = bijector.forward(x).shape\n` +
    `const y = tf.tensor(bijector.codomain.draw(makeKey(0), shape), shape)\n` +
    `bijector.forward(bijector.inverse(y)).print() // expected:\ny.print()`,
  check: (subject, sample) => {
    const { layer } = subject
    const shape = [...sample.batch, ...outputShape(subject)]
    const y = Float32Array.from(
      layer.codomain.draw(foldKey(makeKey(sample.seed), "y"), shape).slice(0, sizeOf(shape)),
    )
    return scoped(() => {
      const bijector = buildCase(subject, sample)
      const x = bijector.inverse(tf.tensor(y, shape, "float32"))
      const astray = outside(layer.domain, read(x), layer.eventRankIn)
      return astray > 0
        ? violations([
            `${astray} points of ${layer.codomain.name} have no preimage in ${layer.domain.name}`,
          ])
        : compare(
            read(bijector.forward(x)).values,
            y,
            (i) => 1e-2 * Math.max(1, Math.abs(y[i]!)),
            "forward(inverse(drawn y))",
          )
    })
  },
}
