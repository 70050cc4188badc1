/**
 * Children's test scores, by their mothers' schooling and intelligence: a regression.
 *
 *   node --conditions=@pushforward/source examples/posteriors/kidiq.ts
 */
import { constraints } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import content from "./data/kidiq.json" with { type: "json" }
import { halfCauchy, normalLikelihood, predicted } from "./densities.ts"
import { elements, example } from "./Example.ts"
import { report } from "./report.ts"

const { kid_score: score, mom_hs: school, mom_iq: intelligence } = content.data

export const kidiq = example({
  name: "kidiq",
  posterior: {
    parameters: {
      beta: { constraint: constraints.real, shape: [3] },
      sigma: constraints.positive,
    },
    logDensity: ({ beta, sigma }) => {
      const mean = predicted(beta, [score.map(() => 1), school, intelligence])
      return tf.add(halfCauchy(sigma, 2.5), normalLikelihood(score, mean, sigma))
    },
  },
  quantities: ({ beta, sigma }) => ({ ...elements("beta", beta), sigma: sigma.values }),
  reference: content.reference,
})

if (import.meta.main) await report(kidiq)
