import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test } from "vitest"
import type { Comparison } from "../../bench/compare.ts"
import { workspaceRoot } from "../workspace.ts"

const bench = (...flags: ReadonlyArray<string>): { readonly comparisons: Array<Comparison> } => {
  const folder = mkdtempSync(join(tmpdir(), "pushforward-bench-"))
  const json = join(folder, "bench.json")
  try {
    execFileSync(
      process.execPath,
      ["--conditions=@pushforward/source", "bench/run.ts", "--json", json, ...flags],
      { cwd: workspaceRoot },
    )
    return JSON.parse(readFileSync(json, "utf8")) as ReturnType<typeof bench>
  } finally {
    rmSync(folder, { recursive: true })
  }
}

// Nothing here asks how long anything takes: only that all of them did the same.
test("the peers fit the same flow to the same distribution", () => {
  const { comparisons } = bench(
    ..."--only TOY --programs train --rounds 1 --engines tfjs-wasm,jax-js".split(" "),
  )
  expect(comparisons).toHaveLength(1)
  const { results } = comparisons[0]!
  expect(results.map(({ library }) => library)).toEqual(["onnx", "tfjs-wasm", "jax-js"])
  const entropy = Math.log(2 * Math.PI * Math.E)
  expect(
    results.filter(({ logLikelihood }) => !(Math.abs(logLikelihood! + entropy) < 0.3)),
  ).toEqual([])
})
