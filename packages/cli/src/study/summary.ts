import { type Cell, type Grid, type Setting, showSetting } from "./cells.ts"
import type { CellResult } from "./studyFolder.ts"

/** A combination of settings over its seeds: held-out log-likelihoods in nats per row. */
export interface Row {
  readonly settings: Readonly<Record<string, Setting>>
  readonly scores: ReadonlyArray<number>
  readonly mean: number
  /** The standard deviation over the seeds; 0 for one seed. */
  readonly spread: number
  readonly seconds: number
}

/** Mean and spread of each combination, in the order of the cells. */
export const summarise = (
  done: ReadonlyArray<readonly [cell: Cell, result: CellResult]>,
): ReadonlyArray<Row> => {
  const groups = Map.groupBy(done, ([{ settings }]) => JSON.stringify(settings))
  return Array.from(groups.values(), (group) => {
    const scores = group.map(([, { heldOutLogLikelihood }]) => heldOutLogLikelihood)
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length
    const squares = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0)
    return {
      settings: group[0]![0].settings,
      scores,
      mean,
      spread: Math.sqrt(squares / Math.max(1, scores.length - 1)),
      seconds: group.reduce((sum, [, { seconds }]) => sum + seconds, 0) / group.length,
    }
  })
}

/** The rows as a table for people. */
export const formatRows = (rows: ReadonlyArray<Row>): string => {
  const names = Object.keys(rows[0]?.settings ?? {})
  const cells = [
    [...names, "seeds", "mean", "spread", "least", "most", "seconds"],
    ...rows.map(({ settings, scores, mean, spread, seconds }) => [
      ...names.map((name) => showSetting(settings[name]!)),
      String(scores.length),
      ...[mean, spread, Math.min(...scores), Math.max(...scores)].map((nats) => nats.toFixed(3)),
      seconds.toFixed(1),
    ]),
  ]
  const widths = cells[0]!.map((_, j) => Math.max(...cells.map((line) => line[j]!.length)))
  return cells.map((line) => line.map((text, j) => text.padStart(widths[j]!)).join("  ")).join("\n")
}

/**
 * The rows as series for a picture: the first varied name whose values are numbers along x, one series for each
 * combination of the others; `undefined` when nothing numeric is varied.
 */
export const seriesOf = (grid: Grid, rows: ReadonlyArray<Row>) => {
  const along = grid.find(([, values]) => values.every((value) => typeof value === "number"))?.[0]
  if (along === undefined) return undefined
  const others = grid.map(([name]) => name).filter((name) => name !== along)
  const groups = Map.groupBy(rows, ({ settings }) =>
    others.map((name) => `${name} ${showSetting(settings[name]!)}`).join(", "),
  )
  return {
    along,
    series: Array.from(groups, ([name, group]) => ({
      name: name || "mean and spread over seeds",
      x: group.map(({ settings }) => settings[along] as number),
      samples: group.map(({ scores }) => scores),
    })),
  }
}
