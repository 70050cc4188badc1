/**
 * MAF (5) and MAF (10) on BSDS300, patches of natural images, as in arXiv:1705.07057, §4.2 and table 1.
 *
 *   node --conditions=@pushforward/source examples/bsds300/train.ts --data out/bsds300 --out out/maf5
 *
 * Options:
 *
 * - `--data <folder>`: has `train.npy`, `val.npy` and `test.npy`, matrices of float32 with 63 columns
 * - `--out <folder>`: gets checkpoints, the learning curves (`train.csv`, `validation.csv`, `curve.png`),
 *   `weights.safetensors` and `result.json`
 * - `--layers 5` or `10`: MAF (5), the default, or MAF (10)
 * - `--epochs <n>`: passes over the training rows, 12 by default; the learning rate falls to nothing over them
 * - `--rate <η>`: where the learning rate begins, 1e-3 by default
 * - `--minutes <n>`: stop after so long. The same command goes on from there, to the same bits
 * - `--threads <n>`: 1 by default
 *
 * The data, as the paper and RNADE (arXiv:1306.0186) draw them: the Berkeley Segmentation Dataset BSDS300 in grey (ITU-R
 * 601), 200 images to train on, of which 20 for validation, and 100 to test. A patch is 8 x 8 pixels at a random place of a
 * random image; uniform noise is added to each of its 256 levels, it is divided by 256, its mean is taken away, and its last
 * pixel, which is minus the sum of the others, is dropped. 1,000,000 patches for training, 50,000 for validation, 250,000
 * for testing; `draw.py` draws them. The draws differ from those of the paper's file, the images and the recipe do not.
 *
 * The paper's recipe otherwise: two hidden layers of 512 rectifiers, batch normalisation evaluated by the statistics of all
 * training rows, batches of 100, Adam, an L2 penalty of 1e-6, at most 30 epochs without a better validation score. Its
 * learning rate stays at 1e-4.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { onnxWith } from "@pushforward/backend-onnx"
import { curvePlot, renderPng } from "@pushforward/plot"
import {
  checkpointFolder,
  cosine,
  type Done,
  encodeTensors,
  type FitEvent,
  fitEvents,
  gaussianBaseline,
  meanAndError,
  scoreRows,
} from "@pushforward/training"
import { Effect, Option, Stream } from "effect"
import { maf10, maf5, paramLeaves } from "pushforward"
import { type LearningCurve, learningCurve } from "./learningCurve.ts"
import { rowsOf } from "./rowsOf.ts"

const { values: flags } = parseArgs({
  options: {
    data: { type: "string" },
    out: { type: "string" },
    layers: { type: "string", default: "5" },
    epochs: { type: "string", default: "12" },
    rate: { type: "string", default: "1e-3" },
    minutes: { type: "string", default: "600" },
    threads: { type: "string", default: "1" },
  },
})
const preset = { 5: maf5, 10: maf10 }[flags.layers]
if (flags.data === undefined || flags.out === undefined || preset === undefined) {
  throw new RangeError("expected --data <folder> --out <folder>, and --layers 5 or 10 if any")
}
const { data, out } = { data: flags.data, out: flags.out }
mkdirSync(out, { recursive: true })

const nats = (value: number): string => value.toFixed(2)

/** Notes and prints what training tells. */
const follower = () => {
  let curves: { readonly train: LearningCurve; readonly validation: LearningCurve } | undefined
  let stepsPerEpoch = 0
  let [step, sum, count] = [0, 0, 0]
  return async (event: FitEvent): Promise<void> => {
    if (event._tag === "Started") {
      step = event.step
      stepsPerEpoch = event.stepsPerEpoch
      curves = {
        train: learningCurve("train", join(out, "train.csv"), step),
        validation: learningCurve("validation", join(out, "validation.csv"), step),
      }
      console.log(`${event.parameters} parameters, ${event.epochs} epochs, from step ${event.step}`)
    } else if (event._tag === "Progress") {
      sum += event.trainLogLikelihood * (event.step - step)
      count += event.step - step
      step = event.step
      // A point is the mean over a tenth of an epoch.
      if (count < stepsPerEpoch / 10) return
      curves!.train.add(step, sum / count)
      console.log(
        `step ${step} of ${event.steps}: train ${nats(sum / count)}, ` +
          `${(event.secondsLeft / 60).toFixed(0)} min left`,
      )
      ;[sum, count] = [0, 0]
    } else if (event._tag === "EpochDone") {
      const { train, validation } = curves!
      validation.add(event.epoch * stepsPerEpoch, event.validationLogLikelihood)
      console.log(`epoch ${event.epoch}: validation ${nats(event.validationLogLikelihood)}`)
      const svg = curvePlot({
        title: `MAF (${flags.layers}) on BSDS300`,
        labels: { x: "step", y: "log-likelihood (nats per patch)" },
        // The way up from the untrained flow would leave no room for the rest.
        series: [train, validation].map(({ name, x, y }) => {
          const from = x.findIndex((at) => at >= stepsPerEpoch / 2)
          return { name, x: x.slice(from), y: y.slice(from) }
        }),
      })
      writeFileSync(join(out, "curve.png"), await renderPng(svg, { width: 1500 }))
    } else if (event._tag === "Recovered" || event._tag === "Notice") {
      console.log(event.problem)
    }
  }
}

const program = Effect.gen(function* () {
  const train = yield* rowsOf(join(data, "train.npy"))
  const validation = yield* rowsOf(join(data, "val.npy"))
  const density = preset({ size: train.shape[1]!, hidden: [512, 512] })
  const follow = follower()
  const done = yield* fitEvents(
    density,
    { train, validation },
    {
      seed: 1,
      batchSize: 100,
      epochs: Number(flags.epochs),
      schedule: cosine(Number(flags.rate)),
      l2: 1e-6,
      patience: 30,
      checkpoints: yield* checkpointFolder(join(out, "checkpoints"), { everySeconds: 120 }),
    },
  ).pipe(
    Stream.tap((event) => Effect.promise(() => follow(event))),
    Stream.filter((event): event is Done => event._tag === "Done"),
    Stream.runHead,
    Effect.timeoutOption(`${Number(flags.minutes)} minutes`),
    Effect.map(Option.flatten),
  )
  if (Option.isNone(done)) {
    console.log("stopped; the same command goes on")
    return
  }
  const { params, bestEpoch, epochs, validationLogLikelihood, seconds } = done.value
  const test = yield* rowsOf(join(data, "test.npy"))
  const { mean, standardError } = meanAndError(yield* scoreRows(density, params, test))
  const gaussian = meanAndError(gaussianBaseline(train, test))
  const result = {
    test: mean,
    twoStandardErrors: 2 * standardError,
    validation: validationLogLikelihood,
    gaussian: gaussian.mean,
    bestEpoch,
    epochs,
    hours: seconds / 3600,
  }
  const tensors = paramLeaves(params).map(
    ([path, { shape, values }]) => [path.join("/"), { shape, values }] as const,
  )
  writeFileSync(
    join(out, "weights.safetensors"),
    encodeTensors({ tensors: new Map(tensors), metadata: {} }),
  )
  writeFileSync(join(out, "result.json"), `${JSON.stringify(result, null, 2)}\n`)
  console.log(
    `test ${nats(mean)} ± ${nats(2 * standardError)} nats per patch, a Gaussian ${nats(gaussian.mean)}`,
  )
})
await Effect.runPromise(
  program.pipe(Effect.provide([NodeServices.layer, onnxWith({ threads: Number(flags.threads) })])),
)
