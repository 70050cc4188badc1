/**
 * What the example of gas sensors does to its file, on a small one of the same format.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { column, fromColumns, type Table } from "@pushforward/data"
import { Result } from "effect"
import { afterAll, describe, expect, it } from "vitest"
import { gasTable } from "../gas/gasTable.ts"
import { uncorrelated } from "../gas/uncorrelated.ts"

const folder = mkdtempSync(join(tmpdir(), "pushforward-gas-"))
afterAll(() => rmSync(folder, { recursive: true }))

const head =
  "Time (seconds), CO conc (ppm), Ethylene conc (ppm), sensor readings (16 channels)                                                  "

/** Sensor `j` at row `i`; the last eight follow the first eight but for their scale. */
const reading = (i: number, j: number): number =>
  Math.round(1e4 * Math.sin(1 + (1 + (j % 8)) * i * i)) / 100 + 1000 * Math.floor(j / 8)

const written = (name: string, rows: ReadonlyArray<ReadonlyArray<number>>): string => {
  const path = join(folder, name)
  const lines = rows.map((row) => row.map((x) => x.toFixed(2).padStart(9)).join(" "))
  writeFileSync(path, `${[head, ...lines].join("\r\n")}\r\n`)
  return path
}

const row = (i: number): ReadonlyArray<number> => [
  i / 100,
  0,
  6.67,
  ...Array.from({ length: 16 }, (_, j) => reading(i, j)),
]

describe("the gas sensors' file", () => {
  it("is read as sixteen columns, without time and concentrations", async () => {
    const { columns, rows, values } = await gasTable(
      written(
        "small.txt",
        Array.from({ length: 60 }, (_, i) => row(i)),
      ),
    )
    expect(columns).toEqual(Array.from({ length: 16 }, (_, j) => `X${j + 4}`))
    expect(rows).toBe(60)
    expect(values).toHaveLength(60 * 16)
    expect(values[0]).toBe(84.15)
    expect(values[59 * 16 + 10]).toBe(reading(59, 10))
  })

  it("of more rows than one piece holds is read whole", async () => {
    const { rows, values } = await gasTable(
      written(
        "long.txt",
        Array.from({ length: 65_540 }, (_, i) => row(i)),
      ),
    )
    expect(rows).toBe(65_540)
    expect(values[65_539 * 16 + 15]).toBe(reading(65_539, 15))
  })

  it("is refused where a row is cut off", async () => {
    const path = written("cut.txt", [row(0), row(1).slice(0, 7)])
    await expect(gasTable(path)).rejects.toThrow(/cut\.txt, line 3: expected 19 numbers, got/)
  })

  it("keeps one of each two columns that follow one another", async () => {
    const table = await gasTable(
      written(
        "correlated.txt",
        Array.from({ length: 60 }, (_, i) => row(i)),
      ),
    )
    expect(uncorrelated(table).columns).toEqual(Array.from({ length: 8 }, (_, j) => `X${j + 12}`))
  })
})

describe("uncorrelated", () => {
  const made = (columns: Record<string, ReadonlyArray<number>>): Table =>
    Result.getOrThrow(fromColumns(columns))

  it("drops by the correlation that is left, not by the one there was", () => {
    // Both a and c are like b, but not like each other: without a, b still goes; c stays with none like it.
    const a = [0, 1, 2, 3, 4, 5, 6, 7.8]
    const c = [0, 1.8, 2, 3, 4, 5, 6, 7]
    const b = a.map((x, i) => (x + c[i]!) / 2)
    const table = made({ a, b, c })
    expect(uncorrelated(table, 0.995).columns).toEqual(["c"])
    expect(uncorrelated(made({ b, a, c }), 0.995).columns).toEqual(["a", "c"])
  })

  it("keeps columns that fall where others rise, and the values as they are", () => {
    const table = made({ up: [1, 2, 3], down: [6, 4, 2] })
    expect(uncorrelated(table).columns).toEqual(["up", "down"])
    expect(Result.getOrThrow(column(uncorrelated(table), "down"))).toEqual(Float64Array.of(6, 4, 2))
  })
})
