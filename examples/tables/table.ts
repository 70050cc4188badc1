/**
 * The table of `docs/experiments.md`: every table, default options, five seeds, beside a Gaussian and a mixture of ten.
 *
 *   python3 examples/tables/prepare.py DATA out/tables/data
 *   node --conditions=@pushforward/source examples/tables/table.ts --tables out/tables/data --out out/tables
 *
 * What is done is not done again; `--only wine-red,calgary` and `--seeds 1` do less. Writes tables.json and, where
 * scikit-learn is there, the picture tables.png.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { parseNpy } from "@pushforward/data"
import { renderPng, spreadPlot } from "@pushforward/plot"
import { type FlatRows, meanAndError } from "pushforward"
import { Result } from "effect"
import { type Cell, cell } from "./cell.ts"

const { values: flags } = parseArgs({
  options: {
    tables: { type: "string", default: "out/tables/data" },
    out: { type: "string", default: "out/tables" },
    only: { type: "string" },
    seeds: { type: "string", default: "5" },
  },
})

const matrixOf = (path: string): FlatRows => {
  const { shape, values } = Result.getOrThrow(parseNpy(readFileSync(path), path))
  return { columns: shape[1]!, values: values as Float64Array }
}

const meanOf = (values: ReadonlyArray<number>): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/** How much better the flow scores than a peer: the mean over the held-out rows of each seed. */
const gains = (cells: ReadonlyArray<Cell>, peer: "gaussian" | "mixture"): ReadonlyArray<number> =>
  cells.map(({ flow, peers }) => meanOf(flow) - meanOf(peers?.[peer] ?? [Number.NaN]))

/** What a table's seeds come to, in nats per row. */
const summaryOf = (name: string, cells: ReadonlyArray<Cell>) => {
  const flow = cells.map((each) => meanAndError(each.flow))
  const means = flow.map(({ mean }) => mean)
  const overGaussian = gains(cells, "gaussian")
  const overMixture = gains(cells, "mixture")
  return {
    name,
    rows: cells[0]!.rows,
    columns: cells[0]!.columns,
    seeds: cells.length,
    gaussian: meanOf(means) - meanOf(overGaussian),
    mixture: meanOf(means) - meanOf(overMixture),
    flow: meanOf(means),
    spread: meanAndError(means).standardError * Math.sqrt(cells.length),
    twoErrors: 2 * meanOf(flow.map(({ standardError }) => standardError)),
    finite: cells.every((each) => each.flow.every(Number.isFinite)),
    overGaussian,
    overMixture,
  }
}
type Summary = ReturnType<typeof summaryOf>

const line = (one: Summary): string => {
  const nats = (value: number): string => value.toFixed(3)
  const gain = (values: ReadonlyArray<number>): string =>
    `${nats(meanOf(values))} | ${values.filter((value) => value > 0).length} of ${values.length}`
  const cells = [
    one.name,
    one.rows.toLocaleString("en"),
    one.columns,
    nats(one.gaussian),
    nats(one.mixture),
    nats(one.flow),
    nats(one.spread),
    nats(one.twoErrors),
    gain(one.overGaussian),
    gain(one.overMixture),
  ]
  return `| ${cells.join(" | ")} |`
}

const heads = [
  "table",
  "rows",
  "columns",
  "Gaussian",
  "mixture of 10",
  "flow",
  "spread",
  "two errors",
  "over Gaussian",
  "seeds",
  "over mixture",
  "seeds",
]

const pictureOf = (all: ReadonlyArray<Summary>): string => {
  const series = (name: string, values: (one: Summary) => ReadonlyArray<number>) => ({
    name,
    x: all.map((_, i) => i + 1),
    samples: all.map(values),
  })
  return spreadPlot({
    title: "The default recipe on every table",
    subtitle: `Held-out log-likelihood over that of peers on the same rows: mean and deviation over ${all[0]!.seeds} seeds, each a dot`,
    labels: { x: "", y: "nats per row more than the peer" },
    places: all.map(({ name }) => name),
    scale: "symlog",
    width: 1000,
    series: [
      series("over a Gaussian", ({ overGaussian }) => overGaussian),
      series("over a mixture of ten", ({ overMixture }) => overMixture),
    ],
  })
}

const seeds = Array.from({ length: Number(flags.seeds) }, (_, i) => i + 1)
const names = readdirSync(flags.tables)
  .filter((file) => file.endsWith(".npy"))
  .map((file) => file.replace(/\.npy$/, ""))
  .filter((name) => flags.only?.split(",").includes(name) ?? true)

// Seed by seed: a run that is cut off has whole seeds.
const cells = new Map<string, Array<Cell>>(names.map((name) => [name, []]))
for (const seed of seeds) {
  for (const name of names) {
    process.stderr.write(`seed ${seed}, ${name}\n`)
    const rows = matrixOf(join(flags.tables, `${name}.npy`))
    cells.get(name)!.push(await cell(name, rows, seed, join(flags.out, "cells")))
  }
}

const summaries = names.map((name) => summaryOf(name, cells.get(name)!))
console.log(`| ${heads.join(" | ")} |\n|---|${"---:|".repeat(heads.length - 1)}`)
for (const one of summaries) console.log(line(one))
writeFileSync(join(flags.out, "tables.json"), JSON.stringify(summaries, undefined, 2))
if (summaries.every(({ overMixture }) => overMixture.every(Number.isFinite))) {
  const svg = pictureOf(summaries)
  writeFileSync(join(flags.out, "tables.svg"), svg)
  writeFileSync(join(flags.out, "tables.png"), await renderPng(svg))
}
