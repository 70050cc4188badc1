/**
 * MADE on binary data: the table of `docs/experiments.md`, against that of the paper, arXiv:1502.03509.
 *
 *   node --conditions=@pushforward/source examples/made/table.ts --data DIR
 *
 * Options:
 *
 * - `--data DIR`: the folder with the packed data, which `examples/made/pack.py` makes of those of the paper's authors
 *   (https://github.com/mgermain/MADE)
 * - `--only NAME`: one data set, `dna` say
 * - `--seed N`: of the initial weights, the masks and the order of the rows; else 1
 * - `--epochs N`: at most so many, for a quick look
 * - `--out DIR`: where table, pictures and checkpoints go; else `out/made`. A run that was stopped goes on from there
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { availableParallelism, cpus } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { onnxWith } from "@pushforward/backend-onnx"
import { readNpz } from "@pushforward/data"
import { curvePlot, renderPng } from "@pushforward/plot"
import { checkpointFolder, type FitEvent } from "@pushforward/training"
import { Effect } from "effect"
import { binaryRows } from "./binaryRows.ts"
import { fitRecipe } from "./fitRecipe.ts"
import { type Recipe, recipes } from "./recipes.ts"

const { values: flags } = parseArgs({
  options: {
    data: { type: "string" },
    only: { type: "string" },
    seed: { type: "string", default: "1" },
    epochs: { type: "string" },
    out: { type: "string", default: join("out", "made") },
  },
})
const seed = Number(flags.seed)
const { data, out } = flags
if (data === undefined) {
  throw new Error(
    "--data: expected the folder with the packed data. examples/made/pack.py makes it.",
  )
}
const chosen = recipes.filter(({ name }) => flags.only === undefined || name === flags.only)
if (chosen.length === 0) {
  const names = recipes.map(({ name }) => name).join(", ")
  throw new Error(`--only ${flags.only}: expected one of ${names}.`)
}

const nats = (value: number, digits = 2): string => value.toFixed(digits).replace("-", "−")

/** Trains one recipe, draws its learning curve and gives its row of the table. */
const rowOf = (recipe: Recipe) =>
  Effect.gen(function* () {
    const { name, network, paper } = recipe
    const sets = binaryRows(yield* readNpz(join(data, recipe.file)), recipe.set)
    const folder = join(out, `${name}-${seed}`)
    mkdirSync(folder, { recursive: true })
    const curves = ["train", "validation"].map((of) => ({
      name: of,
      x: [] as Array<number>,
      y: [] as Array<number>,
    }))
    const follow = (event: FitEvent): void => {
      if (event._tag !== "EpochDone") return
      const { epoch, trainLogLikelihood, validationLogLikelihood } = event
      for (const [k, score] of [trainLogLikelihood, validationLogLikelihood].entries()) {
        curves[k]!.x.push(epoch)
        curves[k]!.y.push(score)
      }
      console.log(
        `${name}, epoch ${epoch}: train ${nats(trainLogLikelihood)}, validation ${nats(validationLogLikelihood)}`,
      )
    }
    const result = yield* fitRecipe(
      flags.epochs === undefined
        ? recipe
        : { ...recipe, fit: { ...recipe.fit, epochs: Number(flags.epochs) } },
      sets,
      { seed, follow, checkpoints: yield* checkpointFolder(folder, { everySeconds: 60 }) },
    )
    const { validation, test, bestEpoch, minutes } = result
    if (curves[0]!.x.length > 0) {
      const picture = curvePlot({
        title: `MADE on ${name}`,
        labels: { x: "epoch", y: "log-likelihood (nats per row)" },
        series: curves,
      })
      writeFileSync(join(out, `${name}.png`), yield* Effect.promise(() => renderPng(picture)))
    }
    const [width] = sets.train.shape.slice(1)
    const cells = [
      name,
      width,
      `${network.hidden!.join(" × ")}, ${network.masks ?? 1}`,
      `${nats(test.mean)} ± ${nats(test.standardError)}`,
      nats(paper),
      nats(validation),
      bestEpoch,
      minutes.toFixed(1),
    ]
    return `| ${cells.join(" | ")} |`
  })

const lines = [
  "| data | bits | hidden units, masks | test | paper | validation | epoch | minutes |",
  "|---|---|---|---|---|---|---|---|",
]
for (const recipe of chosen) {
  const row = await Effect.runPromise(
    Effect.provide(rowOf(recipe), [onnxWith({ threads: 1 }), NodeServices.layer]),
  )
  console.log(row)
  lines.push(row)
}
lines.push("", `Seed ${seed}; ${cpus()[0]!.model}, one thread of ${availableParallelism()} cores.`)
writeFileSync(join(out, "table.md"), `${lines.join("\n")}\n`)
console.log(lines.join("\n"))
