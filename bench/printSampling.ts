import type { Comparison } from "./compare.ts"
import type { Configuration } from "./configurations.ts"
import { printTable } from "./printTable.ts"

/** How the time for draws grows with the dimensions: ours, and each library at its best number of threads. */
export const printSampling = (
  configurations: ReadonlyArray<Configuration>,
  comparisons: ReadonlyArray<Comparison>,
): void => {
  const libraries = [...new Set(comparisons.flatMap(({ best }) => Object.keys(best)))].slice(1)
  console.log("")
  printTable(
    [
      "D",
      "layers",
      "hidden",
      "draws",
      "rounds",
      "onnx",
      ...libraries.flatMap((name) => [name, "ratio"]),
    ],
    comparisons.map(({ rounds, results, best }, i) => {
      const { size, layers, hidden, rows } = configurations[i]!
      const seconds = results[0]!.medianSeconds
      const cells = (name: string): ReadonlyArray<string> => {
        const ratio = best[name]
        return ratio === undefined
          ? ["-", "-"]
          : [`${(1000 * ratio * seconds).toFixed(1)} ms`, `${ratio.toFixed(1)} x`]
      }
      return [
        ...[size, layers, hidden.join(", "), rows, rounds].map(String),
        `${(1000 * seconds).toFixed(1)} ms`,
        ...libraries.flatMap(cells),
      ]
    }),
  )
}
