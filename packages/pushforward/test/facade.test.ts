import { lstat, mkdtemp, readdir, readFile, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  bijectorKind,
  chain,
  inline,
  makeKey,
  makePlugin,
  normalValues,
  trainable,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { Result, Schema } from "effect"
import { beforeAll, describe, expect, it } from "vitest"
import { fit, load, maf, type Model, trainableAffine } from "../src/index.ts"

const rows = Array.from({ length: 400 }, (_, i) => {
  const [a, b] = normalValues(makeKey(i), 2)
  return [100 + a!, -3 + 0.01 * (a! * a! + 0.5 * b!)]
})
const quick = { flow: "maf", epochs: 3, backend: "cpu", seed: 1 } as const

const temporary = (): Promise<string> => mkdtemp(join(tmpdir(), "pushforward-"))

describe("fit", () => {
  let model: Model
  beforeAll(async () => {
    model = await fit(rows, { ...quick, columns: ["a", "b"] })
  })

  it("scores in the data's own units: rescaling the data moves scores by the log of the scale", async () => {
    const scaled = await fit(
      rows.map(([a, b]) => [a! * 1000, b!]),
      { ...quick, columns: ["a", "b"] },
    )
    expect(model.record.heldOutLogLikelihood - scaled.record.heldOutLogLikelihood).toBeCloseTo(
      Math.log(1000),
      4,
    )
    expect(model.record.gaussianLogLikelihood - scaled.record.gaussianLogLikelihood).toBeCloseTo(
      Math.log(1000),
      4,
    )
  })

  it("columns far from zero and at odd scales keep their digits", async () => {
    const far = await fit(
      rows.map(([a, b]) => [1e9 + a!, b! * 1e-12]),
      { ...quick, columns: ["a", "b"] },
    )
    expect(far.record.heldOutLogLikelihood - model.record.heldOutLogLikelihood).toBeCloseTo(
      12 * Math.log(10),
      2,
    )
  })

  it("takes arrays, flat typed arrays and columns, and scores them alike", async () => {
    const flat = Float64Array.from(rows.flat())
    const scores = await model.logProb(rows)
    expect(scores).toBeInstanceOf(Float64Array)
    expect(await model.logProb({ values: flat, columns: 2 })).toEqual(scores)
    expect(
      await model.logProb({
        b: rows.map(([, b]) => b!),
        a: rows.map(([a]) => a!),
        c: rows.map(() => NaN),
      }),
    ).toEqual(scores)
  })

  it("draws the same rows from the same seed, in the data's units", async () => {
    const draws = await model.sample(500, { seed: 4 })
    expect(await model.sample(500, { seed: 4 })).toEqual(draws)
    expect(await model.sample(500, { seed: 5 })).not.toEqual(draws)
    const mean = draws.reduce((sum, [a]) => sum + a!, 0) / draws.length
    expect(Math.abs(mean - 100)).toBeLessThan(1)
  })

  it("saves and loads: the same scores to the bit", async () => {
    const folder = join(await temporary(), "model")
    await model.save(folder)
    await model.save(folder)
    expect((await readdir(folder)).toSorted()).toEqual(["model.json", "weights.safetensors"])
    const again = await load(folder, { backend: "cpu" })
    expect(await again.logProb(rows)).toEqual(await model.logProb(rows))
    expect(again.record).toEqual(model.record)
    const fromBytes = await load(model.toFiles(), { backend: "cpu" })
    expect(await fromBytes.logProb(rows)).toEqual(await model.logProb(rows))
  })

  it("is saved through a link, which stays one", async () => {
    const folder = await temporary()
    await model.save(join(folder, "first"))
    await symlink(join(folder, "first"), join(folder, "latest"))
    await model.save(join(folder, "latest"))
    expect((await lstat(join(folder, "latest"))).isSymbolicLink()).toBe(true)
    expect((await readdir(folder)).toSorted()).toEqual(["first", "latest"])
    expect(await readdir(join(folder, "first"))).toContain("model.json")
  })

  it("is never saved over what is no model", async () => {
    const folder = await temporary()
    await writeFile(join(folder, "notes.txt"), "kept")
    for (const place of [folder, join(folder, "notes.txt")]) {
      await expect(model.save(place)).rejects.toMatchObject({
        _tag: "ModelError",
        message: expect.stringContaining("not a model folder, and a model would replace it"),
      })
    }
    expect(await readFile(join(folder, "notes.txt"), "utf8")).toBe("kept")
    expect(await readdir(folder)).toEqual(["notes.txt"])
  })

  it("a damaged folder says what is wrong", async () => {
    const folder = join(await temporary(), "model")
    await model.save(folder)
    const weights = await readFile(join(folder, "weights.safetensors"))
    await writeFile(join(folder, "weights.safetensors"), weights.subarray(0, weights.length - 10))
    await expect(load(folder)).rejects.toMatchObject({
      _tag: "ModelError",
      message: expect.stringMatching(/weights\.safetensors: the tensor .* is cut off\. .*damaged/),
    })
    await writeFile(join(folder, "weights.safetensors"), weights.subarray(0, 4))
    await expect(load(folder)).rejects.toThrow("the header is cut off")
    await writeFile(join(folder, "model.json"), "{")
    await expect(load(folder)).rejects.toThrow("not a pushforward model of version 1")
    await expect(load(join(folder, "none"))).rejects.toThrow("cannot be read")
  })

  it("leaves no tensor behind", async () => {
    const before = tf.memory().numTensors
    await (await fit(rows, quick)).logProb(rows)
    expect(tf.memory().numTensors).toBe(before)
  })

  it("rejects rows that cannot be fitted, with the tag and the mend", async () => {
    await expect(fit([[1, 2]], quick)).rejects.toMatchObject({
      _tag: "DataError",
      reason: "TooFewRows",
    })
    await expect(
      fit(
        [
          [1, 2],
          [1, 3],
          [1, 4],
        ],
        quick,
      ),
    ).rejects.toMatchObject({ reason: "ConstantColumn" })
    await expect(
      fit(
        [
          [1, 2],
          [NaN, 3],
          [1, 4],
        ],
        quick,
      ),
    ).rejects.toMatchObject({ reason: "NotFinite" })
    await expect(fit(rows, { ...quick, flow: "mfa" })).rejects.toMatchObject({
      _tag: "SpecError",
      message: expect.stringContaining('Did you mean "maf"?'),
    })
    await expect(fit(rows, { ...quick, epochs: -1 })).rejects.toMatchObject({ _tag: "FitError" })
    await expect(model.logProb([[1, 2, 3]])).rejects.toMatchObject({ _tag: "DataError" })
    await expect(model.logProb([[1, Infinity]])).rejects.toMatchObject({ reason: "NotFinite" })
  })
})

describe("a fit under way", () => {
  it("tells its events, then gives the model", async () => {
    const run = fit(rows, quick)
    const tags: Array<string> = []
    for await (const event of run) tags.push(event._tag)
    expect(tags[0]).toBe("Started")
    expect(tags.filter((tag) => tag === "EpochDone")).toHaveLength(3)
    expect((await run).record.epochs).toBe(3)
  })

  it("stops when its signal is aborted, with the signal's reason", async () => {
    const before = tf.memory().numTensors
    const controller = new AbortController()
    const run = fit(rows, {
      ...quick,
      epochs: 100_000,
      patience: 100_000,
      signal: controller.signal,
    })
    setTimeout(() => controller.abort(new Error("enough")), 300)
    await expect(run).rejects.toThrow("enough")
    expect(tf.memory().numTensors).toBe(before)
  })

  it("saves itself when it is stopped, and goes on to the same model", async () => {
    const checkpoint = join(await temporary(), "run")
    const options = { ...quick, backend: "onnx", epochs: 40, checkpoint } as const
    const controller = new AbortController()
    const run = fit(rows, { ...options, signal: controller.signal })
    for await (const event of run) {
      if (event._tag === "EpochDone" && event.epoch === 20) break
    }
    controller.abort(new Error("enough"))
    await expect(run).rejects.toThrow("enough")
    const rest = fit(rows, options)
    const starts: Array<number> = []
    for await (const event of rest) if (event._tag === "Started") starts.push(event.step)
    expect(starts[0]).toBeGreaterThan(0)
    const whole = await fit(rows, { ...quick, backend: "onnx", epochs: 40 })
    expect(await (await rest).logProb(rows)).toEqual(await whole.logProb(rows))
  })

  it("that diverges rejects with the error, and the last good model with it", async () => {
    const error = await fit(rows, {
      ...quick,
      backend: "onnx",
      epochs: 6,
      recoveries: 1,
      // Fine for three epochs of ten steps, then far too far.
      schedule: (step) => (step < 33 ? 1e-3 : 1e30),
    }).catch((cause: unknown) => cause as Error & { readonly model?: Model })
    expect(error).toMatchObject({ _tag: "FitError", reason: "Diverged" })
    const { model } = error as { readonly model: Model }
    expect(model.record.bestEpoch).toBeGreaterThan(0)
    expect((await model.logProb(rows)).every(Number.isFinite)).toBe(true)
  })

  it("iterating a fit that fails throws its error", async () => {
    const iterate = async (): Promise<void> => {
      for await (const _ of fit([[1, 2]], quick)) expect.unreachable()
    }
    await expect(iterate()).rejects.toMatchObject({ _tag: "DataError" })
  })
})

describe("flows", () => {
  const layers = [{ _tag: "maf", layers: 2, hidden: [8] }, { _tag: "affine" }]

  it("a spec and the same flow in code give the same model", async () => {
    const fromSpec = await fit(rows, { ...quick, flow: { _tag: "chain", layers } })
    const inCode = chain(maf({ size: 2, layers: 2, hidden: [8] }), trainableAffine([2]))
    const fromCode = await fit(rows, { ...quick, flow: inCode })
    expect(await fromCode.logProb(rows)).toEqual(await fromSpec.logProb(rows))

    const folder = join(await temporary(), "code")
    await fromCode.save(folder)
    await expect(load(folder)).rejects.toThrow("composed in code")
    const again = await load(folder, { flow: inCode, backend: "cpu" })
    expect(await again.logProb(rows)).toEqual(await fromCode.logProb(rows))
  })

  it("a plugin of one's own is used by its tag and saved with the model", async () => {
    const stretch = makePlugin(bijectorKind, "stretch", {
      description: "y = x exp(a), a learnt",
      fields: { start: Schema.optionalKey(Schema.Finite) },
      examples: [],
      compile: ({ start = 0 }) =>
        Result.succeed(
          inline({
            name: "stretch",
            parameters: () => ({ a: trainable([], start) }),
            forward: (x, { a }) => tf.mul(x, tf.exp(a)),
            inverse: (y, { a }) => tf.div(y, tf.exp(a)),
            forwardLogDet: (x, { a }) => tf.add(tf.zerosLike(x), a),
          }),
        ),
    })
    const flow = { _tag: "chain", layers: [...layers, { _tag: "stretch", start: 0.1 }] }
    const model = await fit(rows, { ...quick, flow, plugins: [stretch] })
    const folder = join(await temporary(), "plugin")
    await model.save(folder)
    await expect(load(folder)).rejects.toMatchObject({ _tag: "SpecError" })
    const again = await load(folder, { plugins: [stretch], backend: "cpu" })
    expect(await again.logProb(rows)).toEqual(await model.logProb(rows))
  })
})
