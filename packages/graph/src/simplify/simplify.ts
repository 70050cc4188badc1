import type { Graph } from "../Graph.ts"
import { algebra } from "./algebra.ts"
import { broadcasts } from "./broadcasts.ts"
import { canonicalOrder } from "./canonicalOrder.ts"
import { commonSubexpressions } from "./commonSubexpressions.ts"
import { concatOfOperations } from "./concatOfOperations.ts"
import { constantFolding } from "./constantFolding.ts"
import { identities } from "./identities.ts"
import { masks } from "./masks.ts"
import { matMuls } from "./matMuls.ts"
import type { Fired, Pass } from "./Pass.ts"
import { products } from "./products.ts"
import { reductions } from "./reductions.ts"
import { scansWith } from "./scans.ts"
import { sharedSlices } from "./sharedSlices.ts"
import { slicesAndConcats } from "./slicesAndConcats.ts"
import { sums } from "./sums.ts"

/**
 * The passes of {@link simplify}, in their order.
 *
 * @category passes
 */
export const passes: Readonly<Record<string, Pass>> = {
  commonSubexpressions,
  constantFolding,
  identities,
  broadcasts,
  canonicalOrder,
  algebra,
  masks,
  slicesAndConcats,
  matMuls,
  reductions,
  sums,
  products,
  sharedSlices,
  concatOfOperations,
  scans: scansWith((body, fired) => simplify(body, fired)),
}

/** How often all passes run, at most. Graphs of training steps settle after four or five rounds. */
const maxRounds = 20

/**
 * The same function, with fewer and cheaper operations.
 *
 * **Details**
 *
 * - Runs {@link passes} one after the other until none finds anything
 * - Inputs, the outputs' shapes and types, and the values of outputs stay; see each pass for what "the same value" means
 *   to it
 * - The number of operations never grows, in none of the passes
 * - Bodies of loops are simplified as graphs of their own
 * - What outputs do not need is not part of a graph, so there is no pass against dead code
 *
 * @param fired told the name of each rule as it rewrites a node
 *
 * @category constructors
 */
export const simplify = (graph: Graph, fired?: Fired): Graph => {
  const all = Object.values(passes)
  let current = graph
  // Done when as many passes in a row as there are find nothing.
  for (let turn = 0, idle = 0; turn < maxRounds * all.length && idle < all.length; turn++) {
    const next = all[turn % all.length]!(current, fired)
    idle = next === current ? idle + 1 : 0
    current = next
  }
  return current
}
