import type { ParameterDeclarations } from "@pushforward/distributions"
import { fitVariational, type FitVariationalOptions, meanAndError } from "pushforward"
import type { Example } from "./Example.ts"

/** One quantity beside its reference. */
export interface Comparison {
  readonly quantity: string
  readonly mean: number
  readonly sd: number
  readonly reference: readonly [mean: number, sd: number]
  /** `|mean − reference mean| / reference sd`. */
  readonly z: number
  /** `sd / reference sd`. */
  readonly ratio: number
}

const draws = 20_000

/** Fits a guide, and compares 20,000 of its draws with the reference. */
export const compare = async <P extends ParameterDeclarations>(
  { posterior, quantities, reference }: Example<P>,
  options: FitVariationalOptions = {},
) => {
  const fitted = await fitVariational(posterior, { seed: 1, ...options })
  const { values } = await fitted.sample(draws)
  const comparisons = Object.entries(quantities(values)).map(([quantity, numbers]): Comparison => {
    const [referenceMean, referenceSd] = reference[quantity] as [number, number]
    const { mean, standardError } = meanAndError(numbers)
    const sd = standardError * Math.sqrt(draws)
    return {
      quantity,
      mean,
      sd,
      reference: [referenceMean, referenceSd],
      z: Math.abs(mean - referenceMean) / referenceSd,
      ratio: sd / referenceSd,
    }
  })
  return { record: fitted.record, comparisons }
}

/** Prints a comparison; targets: z below 0.1, sd ratio between 0.9 and 1.1. */
export const report = async <P extends ParameterDeclarations>(
  example: Example<P>,
  options: FitVariationalOptions = {},
): Promise<void> => {
  const { record, comparisons } = await compare(example, options)
  const { elbo, standardError, kHat, efficiency, seconds } = record
  console.log(
    `${example.name}: ELBO ${elbo.toFixed(3)} ± ${standardError.toFixed(3)} nats, k-hat ${kHat.toFixed(2)}, ` +
      `efficiency ${(100 * efficiency).toFixed(0)} %, ${seconds.toFixed(1)} s`,
  )
  const digits = (x: number): string => x.toPrecision(4).padStart(11)
  console.log("quantity        mean         sd   ref mean     ref sd      z  ratio")
  for (const { quantity, mean, sd, reference, z, ratio } of comparisons) {
    const [referenceMean, referenceSd] = reference
    console.log(
      quantity.padEnd(9) +
        [mean, sd, referenceMean, referenceSd].map(digits).join("") +
        z.toFixed(3).padStart(7) +
        ratio.toFixed(3).padStart(7),
    )
  }
}
