/**
 * The cells of a study: every combination of what is varied, each with every seed.
 */
import { Result } from "effect"
import { StudyError } from "./StudyError.ts"

/** A value of something that is varied: a number, a list of numbers (`64x64`), or a word. */
export type Setting = number | ReadonlyArray<number> | string

/** What is varied, and its values: fields of the flow's spec, or `learning-rate`, `batch-size`, `epochs`, `patience` of the fit. */
export type Grid = ReadonlyArray<readonly [name: string, values: ReadonlyArray<Setting>]>

/** One fit of a study. */
export interface Cell {
  /** Names its files. */
  readonly id: string
  readonly settings: Readonly<Record<string, Setting>>
  readonly seed: number
}

/** The names that are options of the fit, not fields of the flow. */
export const fitNames = ["learning-rate", "batch-size", "epochs", "patience"] as const

/** A setting as people write it. */
export const showSetting = (setting: Setting): string =>
  typeof setting === "object" ? setting.join("x") : String(setting)

const readSetting = (name: string, text: string): Setting => {
  if (/^\d+(x\d+)+$/.test(text)) return text.split("x").map(Number)
  const number = Number(text)
  if (text === "" || Number.isNaN(number)) return text
  // A flow takes a list of hidden layers, one of them too.
  return name === "hidden" ? [number] : number
}

/** `layers=1,2,5` and `hidden=32,64x64` as a grid. */
export const parseGrid = (
  given: Readonly<Record<string, string>>,
): Result.Result<Grid, StudyError> => {
  const grid = Object.entries(given).map(([name, values]) => {
    const settings = values.split(",").map((text) => readSetting(name, text.trim()))
    return [name, settings] as const
  })
  const empty = grid.find(([, values]) => values.includes(""))
  return empty === undefined
    ? Result.succeed(grid)
    : Result.fail(
        new StudyError({
          problem: `${empty[0]} has no value between two commas, or none at all`,
          hint: "Write it as --vary layers=1,2,5.",
        }),
      )
}

/** All cells, the first of the grid varying slowest, the seed fastest. */
export const cellsOf = (grid: Grid, seeds: number): ReadonlyArray<Cell> => {
  const combinations = grid.reduce<ReadonlyArray<Readonly<Record<string, Setting>>>>(
    (all, [name, values]) =>
      all.flatMap((settings) => values.map((value) => ({ ...settings, [name]: value }))),
    [{}],
  )
  return combinations.flatMap((settings) =>
    Array.from({ length: seeds }, (_, seed) => ({ id: idOf(settings, seed), settings, seed })),
  )
}

const idOf = (settings: Readonly<Record<string, Setting>>, seed: number): string =>
  [
    ...Object.entries(settings).map(([name, value]) => `${name}-${showSetting(value)}`),
    `seed-${seed}`,
  ]
    .join("_")
    .replaceAll(/[^\w.-]/g, "+")
