/**
 * Ours beside the peers, in one run, in turn: `pnpm bench [--json file] [--only GAS-100,TOY]
 * [--programs train,logProb] [--rounds 5]`.
 *
 * Prints the median seconds of each engine and our ratio to it: above 1, ours is faster.
 */
import { writeFileSync } from "node:fs"
import { cpus, release, type } from "node:os"
import { parseArgs } from "node:util"
import { cpu } from "@pushforward/backend-cpu"
import { onnx } from "@pushforward/backend-onnx"
import { wasm } from "@pushforward/backend-wasm"
import { configurations } from "./configurations.ts"
import { type Engine, type Prepared, type Program, programs } from "./Engine.ts"
import { ours } from "./ours.ts"
import { pytorch } from "./pytorch.ts"

const { values: flags } = parseArgs({
  options: {
    json: { type: "string" },
    only: { type: "string" },
    programs: { type: "string", default: programs.join(",") },
    rounds: { type: "string", default: "5" },
  },
})

const eagerSkips: Engine["skips"] = ({ size, batch }, program) =>
  size > 8 || batch > 500 || program !== "train" ? "eager, far slower than the others" : undefined

const own = ours("onnx", onnx)
const engines: ReadonlyArray<Engine> = [
  own,
  ours("wasm, eager", wasm, eagerSkips),
  ours("cpu, eager", cpu, eagerSkips),
  ...[1, 2].flatMap((threads) => pytorch(threads) ?? []),
]
if (engines.length === 3) {
  console.log("PyTorch is left out: no Python with torch. On Debian: apt-get install python3-torch")
}

const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

const rounds = Number(flags.rounds)
const machine = {
  processor: cpus()[0]!.model,
  cores: cpus().length,
  system: `${type()} ${release()}`,
  node: process.version,
  rounds,
  seed: 0,
}
console.log(`${machine.processor}, ${machine.cores} cores, Node ${machine.node}, ${rounds} rounds`)

const results: Array<{
  configuration: string
  program: Program
  engine: string
  medianSeconds: number
  ratio: number
}> = []
for (const configuration of configurations) {
  if (flags.only !== undefined && !flags.only.split(",").includes(configuration.name)) continue
  for (const program of programs.filter((name) => flags.programs.split(",").includes(name))) {
    const running: Array<readonly [Engine, Prepared, Array<number>]> = []
    for (const engine of engines) {
      if (engine.skips(configuration, program) === undefined) {
        running.push([engine, await engine.prepare(configuration), []])
      }
    }
    for (let round = 0; round <= rounds; round++) {
      for (const [, prepared, times] of running) {
        const time = await prepared.time(program)
        // The first round warms up.
        if (round > 0) times.push(time)
      }
    }
    const ownMedian = median(running.find(([engine]) => engine === own)![2])
    for (const [engine, prepared, times] of running) {
      await prepared.stop()
      const medianSeconds = median(times)
      results.push({
        configuration: configuration.name,
        program,
        engine: engine.name,
        medianSeconds,
        ratio: medianSeconds / ownMedian,
      })
      console.log(
        `${configuration.name.padEnd(9)} ${program.padEnd(8)} ${engine.name.padEnd(20)} ` +
          `${(1000 * medianSeconds).toFixed(2).padStart(10)} ms   ${(medianSeconds / ownMedian).toFixed(2).padStart(7)} x`,
      )
    }
  }
}
if (flags.json !== undefined) {
  writeFileSync(flags.json, `${JSON.stringify({ machine, results }, null, 2)}\n`)
}
