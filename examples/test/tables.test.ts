import { mkdtempSync, readdirSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { makeKey, normalValues } from "pushforward"
import { describe, expect, it } from "vitest"
import { cell } from "../tables/cell.ts"

/** A bent pair of columns: no Gaussian, and no ten of them in few rows. */
const bent = (count: number) => {
  const noise = normalValues(makeKey(1), 2 * count)
  const values = Float64Array.from(noise, (z, i) =>
    i % 2 === 0 ? z : noise[i - 1]! ** 2 + 0.1 * z,
  )
  return { columns: 2, values }
}

describe("a cell of the table of all data sets", () => {
  it("has everyone's scores of the same held-out rows, and is not done again", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tables-"))
    const rows = bent(400)
    const first = await cell("bent", rows, 1, folder, { epochs: 30 })
    expect(first).toMatchObject({ rows: 400, columns: 2 })
    expect(first.flow).toHaveLength(40)
    expect(first.flow.every(Number.isFinite)).toBe(true)
    if (first.peers) {
      const mean = (scores: ReadonlyArray<number>) => scores.reduce((a, b) => a + b, 0) / 40
      expect(first.peers.gaussian).toHaveLength(40)
      expect(mean(first.peers.mixture)).toBeGreaterThan(mean(first.peers.gaussian))
      expect(mean(first.flow)).toBeGreaterThan(mean(first.peers.gaussian))
    }
    expect(readdirSync(folder).toSorted()).toEqual(["bent-1-flow.json", "bent-1-peers.json"])
    expect(await cell("bent", rows, 1, folder, { epochs: 1 })).toEqual(first)
  })
})
