/**
 * How much memory a fit takes that reads its table in chunks: peak resident memory against rows, each in a process of its
 * own.
 *
 *   pnpm bench:chunks [rows ...]
 */
import { spawnSync } from "node:child_process"
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { onnx } from "@pushforward/backend-onnx"
import { foldKey, makeKey, normalValues, registryLayer } from "@pushforward/core"
import { openNpy } from "@pushforward/data"
import { Effect, Stream } from "effect"
import { fitTable, standardPlugins } from "pushforward"

const width = 8
const megabyte = 2 ** 20

/** Writes so many rows of correlated normal columns, in pieces. */
const writeRows = (path: string, rows: number): void => {
  const file = openSync(path, "w")
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${width}), }`.padEnd(
    117,
  )
  writeSync(file, Buffer.from("\u0093NUMPY\u0001\u0000\u0076\u0000", "latin1"))
  writeSync(file, `${header}\n`)
  const piece = 50_000
  for (let from = 0; from < rows; from += piece) {
    const count = Math.min(piece, rows - from)
    const values = normalValues(foldKey(makeKey(0), from), count * width)
    for (let i = 1; i < values.length; i++) if (i % width > 0) values[i]! += 0.5 * values[i - 1]!
    writeSync(file, new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  }
  closeSync(file)
}

const fitFile = async (path: string): Promise<void> => {
  const started = performance.now()
  const program = Effect.gen(function* () {
    const source = yield* openNpy(path)
    yield* Stream.runForEach(fitTable(source, { epochs: 1 }), (event) =>
      Effect.sync(() => {
        if (event._tag !== "Fitted") return
        const { rows, heldOutLogLikelihood } = event.model.record
        const peak = process.resourceUsage().maxRSS / 1024
        const seconds = (performance.now() - started) / 1000
        const file = (4 * width * rows) / megabyte
        console.log(
          `| ${rows.toLocaleString("en-US")} | ${file.toFixed(0)} MiB | ${peak.toFixed(0)} MiB ` +
            `| ${seconds.toFixed(0)} s | ${heldOutLogLikelihood.toFixed(3)} |`,
        )
      }),
    )
  })
  await Effect.runPromise(
    Effect.provide(program, [onnx, NodeServices.layer, registryLayer(standardPlugins)]),
  )
}

const [first, ...rest] = process.argv.slice(2)
if (first === "--file") {
  await fitFile(rest[0]!)
} else {
  const sizes = first === undefined ? [20_000, 200_000, 2_000_000] : [first, ...rest].map(Number)
  const folder = mkdtempSync(join(tmpdir(), "pushforward-memory-"))
  console.log("| rows | file | peak memory | one epoch | held-out nats |\n|---|---|---|---|---|")
  for (const rows of sizes) {
    const path = join(folder, "rows.npy")
    writeRows(path, rows)
    spawnSync(
      process.execPath,
      ["--conditions=@pushforward/source", import.meta.filename, "--file", path],
      { stdio: "inherit" },
    )
  }
  rmSync(folder, { recursive: true })
}
