import { printTable } from "../printTable.ts"
import type { Seconds } from "../Seconds.ts"
import type { Explanation } from "./explain.ts"
import type { Simplifying } from "./simplifying.ts"

const milliseconds = (value: number): string => `${value.toFixed(2)} ms`

const both = ({ seconds, cpuSeconds }: Seconds): string =>
  `${milliseconds(1000 * seconds)} (${milliseconds(1000 * cpuSeconds)} of processor)`

const printSimplifying = (graph: Simplifying): void => {
  console.log(
    `\n${graph.name}: ${graph.traced} nodes traced in ${milliseconds(1000 * graph.traceSeconds)}, ` +
      `${graph.simplified} after ${milliseconds(1000 * graph.simplifySeconds)}`,
  )
  printTable(
    ["pass", "rewrites", "time"],
    Object.entries(graph.passes).map(([name, pass]) => [
      name,
      String(pass.rewrites),
      milliseconds(pass.milliseconds),
    ]),
  )
}

/** The explanation as tables. */
export const printExplanation = (explanation: Explanation): void => {
  const { configuration, graphs, firstStep, step, byOperation, products } = explanation
  const compiling = graphs.reduce(
    (sum, graph) => sum + graph.traceSeconds + graph.simplifySeconds,
    0,
  )
  console.log(
    `\n## ${configuration}\n\nFrom spec to the first finished training step: ${both(firstStep.step)}, ` +
      `after ${both(firstStep.load)} to load modules.\n` +
      `Of it, tracing and simplifying: ${milliseconds(1000 * compiling)}. All in fresh processes.`,
  )
  for (const graph of graphs) printSimplifying(graph)

  const inKernels = Object.values(byOperation).reduce((sum, kind) => sum + kind.microseconds, 0)
  console.log(
    `\nOne training step: ${both(step)}. Under the profiler, which slows small kernels, ` +
      `${milliseconds(inKernels / 1000)} in kernels`,
  )
  printTable(
    ["operation", "a step", "time", "share of kernels"],
    Object.entries(byOperation).map(([op, kind]) => [
      op,
      kind.count.toFixed(1),
      milliseconds(kind.microseconds / 1000),
      `${((100 * kind.microseconds) / inKernels).toFixed(1)} %`,
    ]),
  )

  const flops = products.reduce((sum, product) => sum + product.flops, 0)
  const floor = products.reduce((sum, product) => sum + product.plainMicroseconds, 0)
  console.log(
    `\nThe floor: ${(flops / 1e6).toFixed(1)} MFLOP of matrix products, ${milliseconds(floor / 1000)} ` +
      `as plain products at ${(flops / floor / 1000).toFixed(1)} GFLOP/s`,
  )
  printTable(
    ["[m, k] x [k, n]", "a step", "time", "as plain products", "plain GFLOP/s"],
    products.map(
      ({ size: [batch, m, k, n], count, microseconds, plainMicroseconds, flops: work }) => [
        `${batch > 1 ? `${batch} of ` : ""}[${m}, ${k}] x [${k}, ${n}]`,
        count.toFixed(1),
        milliseconds(microseconds / 1000),
        milliseconds(plainMicroseconds / 1000),
        (work / plainMicroseconds / 1000).toFixed(1),
      ],
    ),
  )
}
