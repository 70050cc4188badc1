import type { Comparison } from "./compare.ts"
import { printTable } from "./printTable.ts"

const milliseconds = (seconds: number): string => `${(1000 * seconds).toFixed(2)} ms`
const ratioText = (ratio: number): string => `${ratio.toFixed(2)} x`

/** A comparison as a table, then our ratio to each library at its best. */
export const printComparison = ({
  configuration,
  program,
  results,
  best,
  skipped,
}: Comparison): void => {
  console.log("")
  const training = program === "train"
  printTable(
    [
      `${configuration}, ${training ? "training step" : program}`,
      "median",
      "ratio",
      "processor",
      "ratio",
      ...(training ? ["nats"] : []),
    ],
    results.map(({ engine, medianSeconds, ratio, medianCpuSeconds, cpuRatio, logLikelihood }) => [
      engine,
      milliseconds(medianSeconds),
      ratioText(ratio),
      milliseconds(medianCpuSeconds),
      ratioText(cpuRatio),
      ...(logLikelihood === undefined ? [] : [logLikelihood.toFixed(2)]),
    ]),
  )
  const [own, ...others] = Object.entries(best)
  console.log(
    `${own![0]} against ${others.map(([name, ratio]) => `${name} ${ratioText(ratio)}`).join(", ")}`,
  )
  for (const [name, reason] of Object.entries(skipped)) console.log(`${name} left out: ${reason}`)
}
