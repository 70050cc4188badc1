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

test("pnpm bench writes what it measured", () => {
  const folder = mkdtempSync(join(tmpdir(), "pushforward-bench-"))
  const json = join(folder, "bench.json")
  try {
    const flags = ["--only", "TOY", "--programs", "logProb", "--rounds", "1", "--engines", "onnx"]
    execFileSync(process.execPath, [...inNode("run.ts"), "--json", json, ...flags])
    const report = JSON.parse(readFileSync(json, "utf8")) as {
      readonly machine: { readonly node: string }
      readonly comparisons: ReadonlyArray<Comparison>
    }
    expect(report.machine.node).toBe(process.version)
    expect(report.comparisons).toMatchObject([
      { configuration: "TOY", program: "logProb", results: [{ engine: "onnx", ratio: 1 }] },
    ])
    expect(report.comparisons[0]!.results[0]!.medianSeconds).toBeGreaterThan(0)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
