/**
 * Eight schools, non-centred: what coaching does in eight schools that share a distribution of effects.
 *
 *   node --conditions=@pushforward/source examples/posteriors/eightSchools.ts
 */
import { constraints } from "@pushforward/core"
import { normal } from "@pushforward/distributions"
import * as tf from "@tensorflow/tfjs-core"
import content from "./data/eightSchools.json" with { type: "json" }
import { halfCauchy } from "./densities.ts"
import { example } from "./Example.ts"
import { report } from "./report.ts"

const { y, sigma } = content.data

export const eightSchools = example({
  name: "eightSchools",
  posterior: {
    parameters: {
      z: { constraint: constraints.real, shape: [8] },
      mu: constraints.real,
      tau: constraints.positive,
    },
    logDensity: ({ z, mu, tau }) => {
      const theta = tf.add(tf.mul(z, tf.expandDims(tau, 1)), tf.expandDims(mu, 1))
      return tf.addN([
        tf.sum(normal().logProb(z), 1),
        tf.sum(normal({ loc: theta, scale: sigma }).logProb(tf.tensor1d(y)), 1),
        normal({ scale: 5 }).logProb(mu),
        halfCauchy(tau, 5),
      ])
    },
  },
  quantities: ({ z, mu, tau }) => ({
    mu: mu.values,
    tau: tau.values,
    ...Object.fromEntries(
      y.map((_, j) => [
        `theta[${j + 1}]`,
        mu.values.map((m, i) => m + tau.values[i]! * z.values[8 * i + j]!),
      ]),
    ),
  }),
  reference: content.reference,
})

if (import.meta.main) await report(eightSchools)
