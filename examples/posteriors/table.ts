/**
 * The table of `docs/guides/variational.md`: every posterior, default options, five seeds.
 *
 *   node --conditions=@pushforward/source examples/posteriors/table.ts
 */
import type { ParameterDeclarations } from "@pushforward/distributions"
import { parameterSpace } from "pushforward"
import { arK } from "./arK.ts"
import { eightSchools } from "./eightSchools.ts"
import type { Example } from "./Example.ts"
import { kidiq } from "./kidiq.ts"
import { mixture } from "./mixture.ts"
import { nes2000 } from "./nes2000.ts"
import { compare } from "./report.ts"
import { sblrc } from "./sblrc.ts"

const row = async <P extends ParameterDeclarations>(example: Example<P>): Promise<void> => {
  const fits = []
  for (const seed of [1, 2, 3, 4, 5]) fits.push(await compare(example, { seed }))
  const all = fits.flatMap(({ comparisons }) => comparisons)
  const range = (values: ReadonlyArray<number>, digits: number): string =>
    `${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)}`
  const cells = [
    example.name,
    parameterSpace(example.posterior.parameters).freeSize,
    Math.max(...all.map(({ z }) => z)).toFixed(3),
    range(
      all.map(({ ratio }) => ratio),
      3,
    ),
    range(
      fits.map(({ record }) => record.kHat),
      2,
    ),
    `${(100 * Math.min(...fits.map(({ record }) => record.efficiency))).toFixed(1)} %`,
  ]
  console.log(`| ${cells.join(" | ")} |`)
}

console.log("| posterior | free numbers | means apart | sd ratio | k̂ | efficiency |")
console.log("|---|---|---|---|---|---|")
await row(eightSchools)
await row(kidiq)
await row(sblrc)
await row(arK)
await row(nes2000)
await row(mixture)
