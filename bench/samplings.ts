/**
 * Sizes at which 1,000 draws are timed, to see how the time grows with the number of dimensions.
 */
import type { Configuration } from "./configurations.ts"

const sampling = (
  size: number,
  layers: number,
  units: number,
  mostRounds: number,
): Configuration => ({
  name: `D-${size}`,
  size,
  layers,
  hidden: [units, units],
  batchNorm: true,
  batch: 100,
  steps: 1,
  programs: ["sample"],
  rows: 1000,
  mostRounds,
})

export const samplings: ReadonlyArray<Configuration> = [
  sampling(2, 5, 64, Infinity),
  sampling(8, 10, 100, Infinity),
  sampling(64, 10, 256, 7),
  // A pass for each dimension takes a library minutes.
  sampling(257, 10, 512, 1),
]
