/**
 * `pnpm bench`: ours beside the peers, in one run, in turn. README.md tells the options.
 */
import { writeFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { compare } from "./compare.ts"
import { configurations } from "./configurations.ts"
import { programs } from "./Engine.ts"
import { engines, own } from "./engines.ts"
import { explain } from "./explain/explain.ts"
import { printExplanation } from "./explain/printExplanation.ts"
import { machine } from "./machine.ts"
import { measured, peakMemory, printMemory } from "./memory.ts"
import { printComparison } from "./printComparison.ts"
import { printSampling } from "./printSampling.ts"
import { samplings } from "./samplings.ts"
import { seed } from "./seed.ts"

const { values: flags } = parseArgs({
  options: {
    json: { type: "string" },
    only: { type: "string" },
    programs: { type: "string" },
    engines: { type: "string" },
    rounds: { type: "string", default: "5" },
    explain: { type: "boolean", default: false },
    memory: { type: "boolean", default: false },
    sampling: { type: "boolean", default: false },
  },
})

/** What a flag names, or all. */
const chosen = <A>(
  flag: string | undefined,
  all: ReadonlyArray<A>,
  nameOf: (a: A) => string,
): ReadonlyArray<A> => {
  const known = all.map(nameOf)
  const names = new Set(flag?.split(",") ?? known)
  for (const name of names) {
    if (!known.includes(name)) {
      throw new RangeError(`expected some of ${[...new Set(known)].join(", ")}, got ${name}`)
    }
  }
  return all.filter((a) => names.has(nameOf(a)))
}

/** Works on one after the other, and shows each result at once. */
const inTurn = async <A, B>(
  all: ReadonlyArray<A>,
  work: (a: A) => Promise<B>,
  show: (b: B) => void,
): Promise<ReadonlyArray<B>> => {
  const results: Array<B> = []
  for (const a of all) {
    const result = await work(a)
    show(result)
    results.push(result)
  }
  return results
}

const on = chosen(flags.only, flags.sampling ? samplings : configurations, ({ name }) => name)
const asked = chosen(flags.programs, programs, (name) => name)
const named = chosen(flags.engines, engines, ({ library }) => library)
const compared = [own, ...named.filter((engine) => engine !== own)]
const rounds = Number(flags.rounds)
const conditions = machine()
const { processor, cores, load, node } = conditions
console.log(`${processor}, ${cores} cores, load ${load.toFixed(1)}, Node ${node}, seed ${seed}`)

const report = flags.explain
  ? { explanations: await inTurn(on, explain, printExplanation) }
  : flags.memory
    ? { memory: await inTurn(measured, peakMemory, printMemory) }
    : {
        comparisons: await inTurn(
          on.flatMap((configuration) =>
            asked
              .filter((program) => configuration.programs.includes(program))
              .map((program) => ({ configuration, program })),
          ),
          ({ configuration, program }) => compare(compared, configuration, program, rounds),
          printComparison,
        ),
      }
if (flags.sampling && "comparisons" in report) printSampling(on, report.comparisons)
if (flags.json !== undefined) {
  writeFileSync(
    flags.json,
    `${JSON.stringify({ machine: conditions, seed, ...report }, null, 2)}\n`,
  )
}
