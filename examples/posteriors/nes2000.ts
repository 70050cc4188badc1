/**
 * Party identification in the American National Election Study of 2000: a regression with nine coefficients.
 *
 *   node --conditions=@pushforward/source examples/posteriors/nes2000.ts
 */
import { constraints } from "@pushforward/core"
import content from "./data/nes2000.json" with { type: "json" }
import { normalLikelihood, predicted } from "./densities.ts"
import { elements, example } from "./Example.ts"
import { report } from "./report.ts"

const { partyid7: party, age_discrete: age, ...rest } = content.data
const columns = [
  party.map(() => 1),
  rest.real_ideo,
  rest.race_adj,
  ...[2, 3, 4].map((group) => age.map((value) => (value === group ? 1 : 0))),
  rest.educ1,
  rest.gender,
  rest.income,
]

export const nes2000 = example({
  name: "nes2000",
  posterior: {
    parameters: {
      beta: { constraint: constraints.real, shape: [9] },
      sigma: constraints.positive,
    },
    logDensity: ({ beta, sigma }) => normalLikelihood(party, predicted(beta, columns), sigma),
  },
  quantities: ({ beta, sigma }) => ({ ...elements("beta", beta), sigma: sigma.values }),
  reference: content.reference,
})

if (import.meta.main) await report(nes2000)
