/**
 * A Bayesian linear regression on simulated, correlated predictors: coefficients with standard deviations of 0.001.
 *
 *   node --conditions=@pushforward/source examples/posteriors/sblrc.ts
 */
import { constraints } from "@pushforward/core"
import { normal } from "@pushforward/distributions"
import * as tf from "@tensorflow/tfjs-core"
import content from "./data/sblrc.json" with { type: "json" }
import { halfNormal, normalLikelihood, predicted } from "./densities.ts"
import { elements, example } from "./Example.ts"
import { report } from "./report.ts"

const { X: rows, y } = content.data
const columns = rows[0]!.map((_, j) => rows.map((row) => row[j]!))

export const sblrc = example({
  name: "sblrc",
  posterior: {
    parameters: {
      beta: { constraint: constraints.real, shape: [5] },
      sigma: constraints.positive,
    },
    logDensity: ({ beta, sigma }) =>
      tf.addN([
        tf.sum(normal({ scale: 10 }).logProb(beta), 1),
        halfNormal(sigma, 10),
        normalLikelihood(y, predicted(beta, columns), sigma),
      ]),
  },
  quantities: ({ beta, sigma }) => ({ ...elements("beta", beta), sigma: sigma.values }),
  reference: content.reference,
})

if (import.meta.main) await report(sblrc)
