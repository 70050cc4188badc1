import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { column, formatCsv, fromColumns, parseCsv } from "@pushforward/data"
import type { Curve } from "@pushforward/plot"
import { Result } from "effect"

/** Points of a learning curve, which a file keeps for a run that goes on. */
export interface LearningCurve extends Curve {
  readonly x: ReadonlyArray<number>
  readonly y: ReadonlyArray<number>
  readonly add: (step: number, logLikelihood: number) => void
}

/** The curve in a CSV file as far as `step`, the step that a run goes on from; empty where there is no file. */
export const learningCurve = (name: string, path: string, step: number): LearningCurve => {
  const x: Array<number> = []
  const y: Array<number> = []
  if (existsSync(path)) {
    const table = Result.getOrThrow(parseCsv(readFileSync(path, "utf8")))
    const [steps, values] = ["step", name].map((each) => Result.getOrThrow(column(table, each)))
    steps!.forEach((at, i) => {
      if (at > step) return
      x.push(at)
      y.push(values![i]!)
    })
  }
  return {
    name,
    x,
    y,
    add: (at, logLikelihood) => {
      x.push(at)
      y.push(logLikelihood)
      writeFileSync(path, formatCsv(Result.getOrThrow(fromColumns({ step: x, [name]: y }))))
    },
  }
}
