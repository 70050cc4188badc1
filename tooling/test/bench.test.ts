import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test } from "vitest"
import { compare, type Comparison } from "../../bench/compare.ts"
import type { Configuration } from "../../bench/configurations.ts"
import { engines } from "../../bench/engines.ts"
import { inNode } from "../../bench/inNode.ts"

// Nothing here asks how long anything takes, only that all of them do the same.

test("the peers fit the same flow to the same distribution", async () => {
  const small: Configuration = {
    name: "SMALL",
    size: 2,
    layers: 2,
    hidden: [16],
    batchNorm: true,
    batch: 256,
    steps: 20,
    programs: ["train"],
    rows: 10,
  }
  const peers = engines.filter(({ library }) => ["onnx", "tfjs-wasm", "jax-js"].includes(library))
  const { results, skipped } = await compare(peers, small, "train", 2)
  expect(skipped).toEqual({})
  expect(results).toHaveLength(3)
  const entropy = Math.log(2 * Math.PI * Math.E)
  for (const { logLikelihood } of results) {
    expect(Math.abs(logLikelihood! + entropy)).toBeLessThan(0.3)
  }
})

const reported = (...flags: ReadonlyArray<string>) => {
  const folder = mkdtempSync(join(tmpdir(), "pushforward-bench-"))
  const json = join(folder, "bench.json")
  try {
    const printed = execFileSync(
      process.execPath,
      [...inNode("run.ts"), "--json", json, "--rounds", "1", "--engines", "onnx", ...flags],
      { encoding: "utf8" },
    )
    const report = JSON.parse(readFileSync(json, "utf8")) as {
      readonly machine: { readonly node: string }
      readonly comparisons: ReadonlyArray<Comparison>
    }
    return { ...report, printed }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test("pnpm bench writes what it measured", () => {
  const { machine, comparisons } = reported("--only", "TOY", "--programs", "logProb")
  expect(machine.node).toBe(process.version)
  expect(comparisons).toMatchObject([
    { configuration: "TOY", program: "logProb", results: [{ engine: "onnx", ratio: 1 }] },
  ])
  expect(comparisons[0]!.results[0]!.medianSeconds).toBeGreaterThan(0)
})

test("pnpm bench --sampling ends with a row for each number of dimensions", () => {
  const { comparisons, printed } = reported("--sampling", "--only", "D-2,D-8")
  expect(comparisons).toMatchObject([
    { configuration: "D-2", program: "sample", rounds: 1 },
    { configuration: "D-8", program: "sample", rounds: 1 },
  ])
  expect(printed).toMatch(/\nD +layers.*\n2 +5 +64, 64 +1000 +1 .*\n8 +10 +100, 100 +1000 +1 /)
})
