import { isParametric, paramLeaves, sameShape, showShape } from "@pushforward/core"
import { violations } from "../internal/compare.ts"
import { scoped } from "../internal/scoped.ts"
import type { BijectorLaw } from "./BijectorLaw.ts"
import { buildCase, inputOf } from "./evaluate.ts"
import { paramsOf } from "./program.ts"

/** What a build in a mode of training reports are values for its own state leaves, so that training can put them back. */
export const stateReports: BijectorLaw = {
  name: "state-reports",
  grade: "required",
  statement:
    "in training mode, reported state names a state leaf and has its shape; in gather mode only gathered leaves are reported; in evaluation none",
  applies: ({ layer }) => isParametric(layer),
  call:
    `const report = (path: ReadonlyArray<string>) => console.log(path.join(".")) // expected: state leaves\n` +
    `const training = instantiate(recipe, params, { ...site, mode: "train", report })\ntraining.inverse(training.forward(x))`,
  check: (subject, sample) => {
    const params = paramsOf(subject, sample)
    const leaves = new Map(paramLeaves(params).map(([path, leaf]) => [path.join("."), leaf]))
    const found: Array<string> = []
    const run = (mode: "train" | "gather" | "eval"): void =>
      scoped(() => {
        const bijector = buildCase(subject, sample, {
          mode,
          report: (path, value) => {
            const leaf = leaves.get(path.join("."))
            if (mode === "eval") found.push(`${path.join(".")} is reported in evaluation mode`)
            else if (leaf?.role !== "state") found.push(`${path.join(".")} is no state leaf`)
            else if (mode === "gather" && leaf.gathered !== true) {
              found.push(`${path.join(".")} is reported in gather mode, but is not marked gathered`)
            } else if (!sameShape(leaf.shape, value.shape)) {
              found.push(`${path.join(".")} is reported as ${showShape(value.shape)}`)
            }
          },
        })
        bijector.inverseAndLogDet(bijector.forwardAndLogDet(inputOf(subject, sample))[0])
      })
    run("train")
    run("gather")
    run("eval")
    return violations(found)
  },
}
