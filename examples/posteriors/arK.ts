/**
 * An autoregression of order 5 on a simulated series.
 *
 *   node --conditions=@pushforward/source examples/posteriors/arK.ts
 */
import { constraints } from "@pushforward/core"
import { normal } from "@pushforward/distributions"
import * as tf from "@tensorflow/tfjs-core"
import content from "./data/arK.json" with { type: "json" }
import { halfCauchy, normalLikelihood, predicted } from "./densities.ts"
import { elements, example } from "./Example.ts"
import { report } from "./report.ts"

const { K: order, y } = content.data
const lagged = Array.from({ length: order }, (_, k) => y.slice(order - 1 - k, y.length - 1 - k))

export const arK = example({
  name: "arK",
  posterior: {
    parameters: {
      alpha: constraints.real,
      beta: { constraint: constraints.real, shape: [5] },
      sigma: constraints.positive,
    },
    logDensity: ({ alpha, beta, sigma }) => {
      const mean = tf.add(predicted(beta, lagged), tf.expandDims(alpha, 1))
      return tf.addN([
        normal({ scale: 10 }).logProb(alpha),
        tf.sum(normal({ scale: 10 }).logProb(beta), 1),
        halfCauchy(sigma, 2.5),
        normalLikelihood(y.slice(order), mean, sigma),
      ])
    },
  },
  quantities: ({ alpha, beta, sigma }) => ({
    alpha: alpha.values,
    ...elements("beta", beta),
    sigma: sigma.values,
  }),
  reference: content.reference,
})

if (import.meta.main) await report(arK)
