/**
 * What the tracer finds and what each pass of the simplifier makes of it, in a process that has done neither before.
 */
import { type Graph, nodesOf, passes, trace } from "@pushforward/graph"
import { served } from "../serve.ts"
import { type Recorded, recordedOf } from "./recorded.ts"

/** One function on its way to a simple graph. */
export interface Simplifying {
  readonly name: string
  readonly traceSeconds: number
  readonly traced: number
  readonly simplifySeconds: number
  readonly simplified: number
  readonly passes: Readonly<
    Record<string, { readonly rewrites: number; readonly milliseconds: number }>
  >
}

/** As `simplify` does it: all passes in turn, until as many in a row as there are find nothing. */
const simplifying = ({ name, f, inputs }: Recorded): Simplifying => {
  const started = performance.now()
  let graph: Graph = trace(f, inputs)
  const traceSeconds = (performance.now() - started) / 1000
  const traced = nodesOf(graph).length
  const spent = Object.fromEntries(
    Object.keys(passes).map((pass) => [pass, { rewrites: 0, milliseconds: 0 }]),
  )
  const all = Object.entries(passes)
  for (let turn = 0, idle = 0; idle < all.length; turn++) {
    const [pass, rewrite] = all[turn % all.length]!
    const before = performance.now()
    const next = rewrite(graph, () => void spent[pass]!.rewrites++)
    spent[pass]!.milliseconds += performance.now() - before
    idle = next === graph ? idle + 1 : 0
    graph = next
  }
  const milliseconds = Object.values(spent).reduce((sum, each) => sum + each.milliseconds, 0)
  return {
    name,
    traceSeconds,
    traced,
    simplifySeconds: milliseconds / 1000,
    simplified: nodesOf(graph).length,
    passes: spent,
  }
}

console.log(JSON.stringify((await recordedOf(served())).map(simplifying)))
