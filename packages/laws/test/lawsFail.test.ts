import "@tensorflow/tfjs-backend-cpu"
import { spawnSync } from "node:child_process"
import { rmSync, writeFileSync } from "node:fs"
import {
  type Bijector,
  bijectorKind,
  block,
  chain,
  constraints,
  inline,
  type Layer,
  makeBijector,
  makePlugin,
  makeRegistry,
  type NestedSpec,
  signature,
  sumEvent,
  trainable,
} from "@pushforward/core"
import { type Distribution, makeDistribution, normal, uniform } from "@pushforward/distributions"
import {
  type BackendLaw,
  backendLaws,
  bijectorLaws,
  bijectorSubject,
  distributionLaws,
  distributionSubject,
  formatFailure,
  type LawReport,
  runBackendLaws,
  runLaws,
  subjectsOf,
} from "@pushforward/laws"
import * as tf from "@tensorflow/tfjs-core"
import { Effect, Layer as EffectLayer, Result, Schema } from "effect"
import { Backend, type BackendShape } from "@pushforward/core"
import { cpu } from "@pushforward/backend-cpu"
import { describe, expect, it } from "vitest"

const double = {
  name: "double",
  forward: (x: tf.Tensor) => tf.mul(x, 2),
  inverse: (y: tf.Tensor) => tf.div(y, 2),
  forwardLogDet: (x: tf.Tensor) => tf.fill(x.shape, Math.LN2),
}

const doubling: Bijector = inline(double)

const rotate = (x: tf.Tensor, angle: number): tf.Tensor => {
  const [a, b] = tf.split(x, 2, -1) as [tf.Tensor, tf.Tensor]
  const [c, s] = [Math.cos(angle), Math.sin(angle)]
  return tf.concat([tf.sub(tf.mul(a, c), tf.mul(b, s)), tf.add(tf.mul(a, s), tf.mul(b, c))], -1)
}

const zeroLogDet = (x: tf.Tensor): tf.Tensor => sumEvent(tf.zerosLike(x), 1)

const logOf = (x: tf.Tensor): tf.Tensor => tf.fill(x.shape, Math.LN2)

/** A recipe that doubles, with one parameter that does nothing. */
const recipe = (
  build: (context?: tf.Tensor) => Bijector,
  contextShape?: ReadonlyArray<number>,
): Layer => ({
  ...doubling,
  ...(contextShape && { contextShape }),
  init: () => ({ scale: trainable([], 0) }),
  build: (_, site) => build(site?.context),
})

/** By a law's name without its precision. */
const broken: Readonly<Record<string, Layer>> = {
  "round-trip-inverse": inline({ ...double, inverse: (y) => tf.add(tf.div(y, 2), 0.01) }),
  "round-trip-forward": inline({ ...double, inverse: (y) => tf.add(tf.div(y, 2), 0.01) }),
  "log-det": inline({ ...double, forwardLogDet: (x) => tf.fill(x.shape, 0.7) }),
  "inverse-log-det": inline({ ...double, inverseLogDet: (y) => tf.fill(y.shape, Math.LN2) }),
  "methods-agree": { ...doubling, forward: (x) => tf.add(tf.mul(x, 2), 0.001) },
  shapes: makeBijector(signature({ name: "double", eventShapeIn: [2] }), {
    forwardAndLogDet: (x) => [tf.mul(x, 2), logOf(x)],
    inverseAndLogDet: (y) => [tf.div(y, 2), tf.neg(logOf(y))],
  }),
  "rows-independent": inline({
    ...double,
    forward: (x) => tf.sub(tf.mul(x, 2), tf.mul(1e-3, tf.mean(x))),
  }),
  codomain: inline({ ...double, codomain: constraints.positive }),
  onto: inline({
    name: "exp",
    codomain: constraints.real,
    forward: tf.exp,
    inverse: tf.log,
    forwardLogDet: (x) => tf.clone(x),
  }),
  increasing: inline({
    name: "negate",
    increasing: true,
    forward: tf.neg,
    inverse: tf.neg,
    forwardLogDet: (x) => tf.zerosLike(x),
  }),
  "jacobian-structure": inline({
    name: "rotate",
    eventShapeIn: [2],
    jacobian: { kind: "diagonal" },
    forward: (x) => rotate(x, 0.3),
    inverse: (y) => rotate(y, -0.3),
    forwardLogDet: zeroLogDet,
  }),
  rearranges: { ...doubling, rearranges: true },
  gradients: inline({
    name: "scale",
    parameters: () => ({ raw: trainable([], 0) }),
    // Read back and written again: right numbers, no gradient.
    forward: (x, { raw }) => tf.mul(x, Math.exp(raw.dataSync()[0]!)),
    inverse: (y, { raw }) => tf.div(y, Math.exp(raw.dataSync()[0]!)),
    forwardLogDet: (x, { raw }) => tf.fill(x.shape, raw.dataSync()[0]!),
  }),
  "same-key": {
    ...recipe(() => doubling),
    init: () => ({ scale: trainable([], performance.now()) }),
  },
  edges: inline({
    name: "sigmoid",
    codomain: constraints.unitInterval,
    forward: (x) => tf.div(tf.exp(x), tf.add(1, tf.exp(x))),
    inverse: (y) => tf.sub(tf.log(y), tf.log(tf.sub(1, y))),
    forwardLogDet: (x) => tf.neg(tf.add(tf.softplus(x), tf.softplus(tf.neg(x)))),
  }),
  "context-matters": recipe(() => doubling, [2]),
  "context-reaches": recipe((context) =>
    context
      ? inline({
          ...double,
          forward: (x) => tf.add(tf.mul(x, 2), 1),
          inverse: (y) => tf.div(tf.sub(y, 1), 2),
        })
      : doubling,
  ),
  "state-reports": {
    ...recipe(() => doubling),
    build: (
      _: unknown,
      site?: { report?: (path: ReadonlyArray<string>, value: tf.Tensor) => void },
    ) => {
      site?.report?.(["mean"], tf.scalar(0))
      return doubling
    },
  },
  "no-tensor-left": inline({
    ...double,
    forward: (x) => tf.keep(tf.mul(x, 2)),
  }),
}

/** Right numbers, with a slope that is a little off. */
const steeper = tf.customGrad((x) => ({
  value: tf.mul(x as tf.Tensor, 2),
  gradFunc: (dy: tf.Tensor) => tf.mul(dy, 2.0001),
}))

/** Mistakes too small for float32. */
const slightlyBroken: Readonly<Record<string, Layer>> = {
  traceable: inline({ ...double, forward: (x) => tf.mul(x, x.dataSync().length > 0 ? 2 : 1) }),
  "round-trip-inverse": inline({ ...double, inverse: (y) => tf.add(tf.div(y, 2), 1e-8) }),
  "round-trip-forward": inline({ ...double, inverse: (y) => tf.add(tf.div(y, 2), 1e-8) }),
  "log-det": inline({ ...double, forwardLogDet: (x) => tf.fill(x.shape, Math.LN2 + 1e-8) }),
  "inverse-log-det": inline({
    ...double,
    inverseLogDet: (y) => tf.fill(y.shape, -Math.LN2 - 1e-8),
  }),
  "methods-agree": { ...doubling, forward: (x) => tf.mul(x, 2 + 1e-8) },
  "rows-independent": inline({
    ...double,
    forward: (x) => tf.sub(tf.mul(x, 2), tf.mul(1e-8, tf.mean(x))),
  }),
  gradients: inline({ ...double, forward: (x) => steeper(x) }),
  "context-reaches": recipe((context) =>
    context
      ? inline({
          ...double,
          forward: (x) => tf.add(tf.mul(x, 2), 1e-8),
          inverse: (y) => tf.div(tf.sub(y, 1e-8), 2),
        })
      : doubling,
  ),
}

/** A law's name without its precision. */
const plain = ({ name }: { readonly name: string }): string => name.replace(/ \(float\d+\)$/, "")

const eventOf = (law: string): ReadonlyArray<number> =>
  law === "shapes" || law === "jacobian-structure" ? [2] : []

const specLaws = new Set(["spec-round-trip", "json-schema"])

describe("each bijector law fails on a bijector made for it", () => {
  for (const law of bijectorLaws) {
    if (specLaws.has(law.name) || law.precision === "float64") continue
    it(law.name, () => {
      const name = plain(law)
      const subject = bijectorSubject({ layer: broken[name]!, eventShape: eventOf(name) })
      const [report] = runLaws(subject, [law], { runs: 10 })
      expect(report?.ok).toBe(false)
      expect(report?.counterexample).toContain("const x = tf.tensor(")
      expect(report!.measured <= report!.tolerance).toBe(false)
    })
  }

  for (const law of bijectorLaws.filter(({ precision }) => precision === "float64")) {
    const name = plain(law)
    const subject = bijectorSubject({ layer: slightlyBroken[name]!, eventShape: [] })

    it(`${law.name}: a mistake that float32 hides`, () => {
      const [report] = runLaws(subject, [law])
      expect(report?.ok).toBe(false)
      expect(report?.precision).toBe("float64")
      expect(report?.counterexample).toContain("const make = () =>")
      const inFloat32 = runLaws(
        subject,
        bijectorLaws.filter((each) => plain(each) === name),
        { precisions: ["float32"] },
      )
      expect(inFloat32.filter((each) => !each.ok).map((each) => each.law)).toEqual([])
    })
  }

  it("what cannot be traced is named, and judged in float32 alone", () => {
    const subject = bijectorSubject({ layer: slightlyBroken["traceable"]!, eventShape: [] })
    const reports = runLaws(subject, bijectorLaws)
    const [failed, ...others] = reports.filter((each) => !each.ok)
    expect(others).toEqual([])
    expect(failed?.law).toBe("traceable")
    expect(failed?.detail).toMatch(/made by Input, were read \(dataSync, .*lawsFail\.test\.ts/)
    expect(reports.filter((each) => each.precision === "float64").length).toBe(1)
  })

  it("a declared tolerance is allowed for, in float64 too, also within compositions", () => {
    // Two of Newton's steps towards the square root.
    const newton = (y: tf.Tensor): tf.Tensor => {
      const step = (x: tf.Tensor): tf.Tensor => tf.mul(0.5, tf.add(x, tf.div(y, x)))
      return step(step(tf.mul(tf.sqrt(y), 1.01)))
    }
    const square = {
      name: "square",
      domain: constraints.positive,
      forward: tf.square,
      inverse: newton,
      forwardLogDet: (x: tf.Tensor) => tf.log(tf.mul(2, x)),
    }
    const failing = (layer: Layer): ReadonlyArray<string> =>
      runLaws(bijectorSubject({ layer, eventShape: [2] }), bijectorLaws)
        .filter((each) => !each.ok)
        .map((each) => each.law)
    expect(failing(inline(square))).toContain("round-trip-inverse (float64)")
    expect(failing(inline({ ...square, tolerance: 1e-8 }))).toEqual([])
    expect(failing(chain(block(inline({ ...square, tolerance: 1e-8 }), 1)))).toEqual([])
  })

  const lossy = makePlugin(bijectorKind, "lossy", {
    description: "A spec that forgets its comment",
    fields: { comment: Schema.optionalKey(Schema.String) },
    examples: [{ spec: { _tag: "lossy", comment: "kept?" }, eventShape: [] }],
    compile: () => Result.succeed(doubling),
  })

  it("spec-round-trip: a field that does not survive", () => {
    const registry = Result.getOrThrow(makeRegistry([lossy]))
    const [subject] = subjectsOf(lossy, registry)
    const forgetful = Schema.Struct({ _tag: Schema.tag("lossy") })
    const source = { ...subject!.source!, plugin: { ...lossy, spec: forgetful as never } }
    const law = bijectorLaws.filter(({ name }) => name === "spec-round-trip")
    expect(runLaws({ ...subject!, source }, law)[0]?.detail).toContain("comment")
    expect(runLaws(subject!, law)[0]?.ok).toBe(true)
  })

  it("json-schema: a spec that the schema refuses", () => {
    const registry = Result.getOrThrow(makeRegistry([lossy]))
    const [subject] = subjectsOf(lossy, registry)
    const spec = { _tag: "lossy", comment: 3 } as NestedSpec
    const law = bijectorLaws.filter(({ name }) => name === "json-schema")
    const source = { ...subject!.source!, spec }
    expect(runLaws({ ...subject!, source }, law)[0]?.detail).toContain("expected string")
    expect(runLaws(subject!, law)[0]?.ok).toBe(true)
  })
})

const standard = normal()

const change = (methods: Partial<Distribution>, from: Distribution = standard): Distribution => ({
  ...from,
  ...methods,
})

const brokenDistributions: Readonly<Record<string, Distribution>> = {
  "integrates-to-one": change({ logProb: (x) => tf.add(standard.logProb(x), 0.01) }),
  "samples-follow-density": change({
    sample: (key, shape) => tf.mul(1.15, standard.sample(key, shape)),
  }),
  "samples-weigh-one": change({ logProb: (x) => tf.add(standard.logProb(x), 0.03) }),
  moments: change({ entropy: () => tf.scalar(1.5) }),
  "cdf-quantile": change({ quantile: (p) => tf.mul(1.01, standard.quantile!(p)) }),
  "cdf-slope": change({ cdf: (x) => tf.square(standard.cdf!(x)) }),
  "outside-support": change(
    { logProb: (x) => tf.fill(x.shape, -Math.LN2) },
    uniform({ low: 0, high: 2 }),
  ),
  "sample-scores": change({
    sampleAndLogProbFrom: (noise) => {
      const x = standard.sampleFrom(noise)
      return [x, tf.sub(standard.logProb(x), 0.1)]
    },
  }),
  "same-draw": change({
    sampleAndLogProb: (key, shape) => {
      const x = standard.sample(key, shape)
      return [x, tf.sub(standard.logProb(x), 0.1)]
    },
  }),
  shapes: change({ logProb: (x) => tf.expandDims(standard.logProb(x), -1) }),
  "score-gradient": makeDistribution(standard, {
    logProb: (x) => tf.add(standard.logProb(x), tf.mul(0, tf.sqrt(tf.mul(0, x)))),
    sampleFrom: standard.sampleFrom,
  }),
  "context-matters": {
    ...standard,
    contextShape: [1],
    init: () => ({}),
    build: () => standard,
  } as unknown as Distribution,
  "no-tensor-left": change({ logProb: (x) => tf.keep(standard.logProb(x)) }),
}

/** The score, with a slope that is a little off. */
const steeperScore = tf.customGrad((x) => ({
  value: standard.logProb(x as tf.Tensor),
  gradFunc: (dy: tf.Tensor) => tf.mul(dy, tf.mul(-1.0001, x as tf.Tensor)),
}))

const slightlyBrokenDistributions: Readonly<Record<string, Distribution>> = {
  traceable: change({
    logProb: (x) => tf.add(standard.logProb(x), x.dataSync().length > 0 ? 0 : 1),
  }),
  "cdf-quantile": change({ quantile: (p) => tf.mul(1 + 1e-8, standard.quantile!(p)) }),
  "cdf-slope": change({ cdf: (x) => tf.mul(1 + 1e-8, standard.cdf!(x)) }),
  "sample-scores": change({
    sampleAndLogProbFrom: (noise) => {
      const x = standard.sampleFrom(noise)
      return [x, tf.sub(standard.logProb(x), 1e-8)]
    },
  }),
  "score-gradient": change({ logProb: (x) => steeperScore(x) }),
}

describe("each distribution law fails on a distribution made for it", () => {
  for (const law of distributionLaws.filter(({ precision }) => precision === "float64")) {
    it(`${law.name}: a mistake that float32 hides`, () => {
      const subject = distributionSubject({ layer: slightlyBrokenDistributions[plain(law)]! })
      const [report] = runLaws(subject, [law], { runs: 3 })
      expect(report?.ok).toBe(false)
      expect(report?.counterexample).toContain("const make = () =>")
      const inFloat32 = distributionLaws.filter((each) => plain(each) === plain(law))
      const [coarse] = runLaws(subject, inFloat32, { runs: 3, precisions: ["float32"] })
      expect(coarse?.ok ?? true).toBe(true)
    })
  }

  for (const law of distributionLaws) {
    if (specLaws.has(law.name) || law.precision === "float64") continue
    it(law.name, () => {
      const subject = distributionSubject({ layer: brokenDistributions[plain(law)]! })
      const [report] = runLaws(subject, [law], { runs: 3 })
      expect(report?.ok).toBe(false)
      expect(report?.counterexample).toContain("distribution")
    })
  }
})

describe("each backend law fails on a backend made for it", () => {
  const run = async (
    name: string,
    wrap: (backend: BackendShape) => BackendShape,
  ): Promise<ReadonlyArray<string>> => {
    const layer = EffectLayer.effect(Backend)(Effect.map(Backend, wrap)).pipe(
      EffectLayer.provide(cpu),
    )
    const reports: ReadonlyArray<LawReport> = await Effect.runPromise(
      runBackendLaws({ name, layer, reference: cpu, tensorCount: () => tf.memory().numTensors }),
    )
    return reports.filter((r) => !r.ok).map((r) => r.law)
  }
  const names = (laws: ReadonlyArray<BackendLaw>): ReadonlyArray<string> =>
    laws.map((law) => law.name)

  it("compile-agrees", async () => {
    const caught = await run("scaled", (backend) => ({
      ...backend,
      compile: (f, inputs) => backend.compile((xs) => f(xs).map((t) => tf.mul(t, 1.01)), inputs),
    }))
    expect(caught).toContain("compile-agrees")
  })

  it("dynamic-batch", async () => {
    const caught = await run("first size only", (backend) => ({
      ...backend,
      compile: (f, inputs) => {
        let rows: number | undefined
        return backend.compile((xs) => {
          rows ??= xs[0]!.shape[0]
          if (xs[0]!.shape[0] !== rows) throw new Error(`traced for ${rows} rows`)
          return f(xs)
        }, inputs)
      },
    }))
    expect(caught).toContain("dynamic-batch")
  })

  it("loop-carries", async () => {
    const caught = await run("starts again at every call", (backend) => ({
      ...backend,
      loop: (step, program) =>
        Effect.map(backend.loop(step, program), (loop) => ({
          ...loop,
          run: (inputs) =>
            Effect.scoped(
              Effect.flatMap(backend.loop(step, program), (fresh) => fresh.run(inputs)),
            ),
        })),
    }))
    expect(caught).toContain("loop-carries")
  })

  it("interruption", async () => {
    const caught = await run("deaf", (backend) => ({
      ...backend,
      loop: (step, program) =>
        Effect.map(backend.loop(step, program), (loop) => ({
          ...loop,
          run: (inputs) =>
            inputs[0]!.shape[0]! > 1000
              ? Effect.uninterruptible(Effect.andThen(Effect.sleep(2500), Effect.succeed([])))
              : loop.run(inputs),
        })),
    }))
    expect(caught).toContain("interruption")
  })

  it("errors-tagged", async () => {
    const caught = await run("dies", (backend) => ({
      ...backend,
      compile: (f, inputs) =>
        Effect.map(backend.compile(f, inputs), (compiled) => ({
          run: (values) => Effect.orDie(compiled.run(values)),
        })),
    }))
    expect(caught).toContain("errors-tagged")
  })

  it("nothing-left", async () => {
    const caught = await run("keeps", (backend) => ({
      ...backend,
      compile: (f, inputs) =>
        backend.compile((xs) => f(xs.map((t) => tf.keep(tf.clone(t)))), inputs),
    }))
    expect(caught).toContain("nothing-left")
  })

  it("has a test for each of them", () => {
    expect(names(backendLaws({ name: "cpu", layer: cpu, reference: cpu }))).toEqual([
      "compile-agrees",
      "dynamic-batch",
      "loop-carries",
      "interruption",
      "errors-tagged",
      "nothing-left",
    ])
  })
})

describe("counterexamples", () => {
  /** A plugin whose inverse forgets the shift for negative numbers. */
  const source = `
import { bijectorKind, inline, makePlugin, trainable } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { Result, Schema } from "effect"

export const brokenShift = makePlugin(bijectorKind, "broken-shift", {
  description: "y = x + by + raw",
  fields: { by: Schema.Finite },
  examples: [{ spec: { _tag: "broken-shift", by: 2 }, eventShape: [2] }],
  compile: ({ by }) =>
    Result.succeed(
      inline({
        name: "broken-shift",
        eventShapeIn: [2],
        parameters: () => ({ raw: trainable([], 0) }),
        forward: (x, { raw }) => tf.add(tf.add(x, by), raw),
        inverse: (y, { raw }) => tf.sub(tf.sub(y, by), tf.where(tf.greater(y, by), raw, tf.zerosLike(y))),
        forwardLogDet: (x) => tf.sum(tf.zerosLike(x), -1),
      }),
    ),
})
`

  it("shrinks, pastes and runs", async () => {
    const { verifyModule } = await import("@pushforward/laws")
    const folder = new URL(".", import.meta.url).pathname
    const [plugin, paste] = [
      `${folder}broken-${process.pid}.tmp.ts`,
      `${folder}paste-${process.pid}.tmp.ts`,
    ]
    try {
      writeFileSync(plugin, source)
      const module = (await import(/* @vite-ignore */ plugin)) as Record<string, unknown>
      const report = verifyModule(module, { from: `./broken-${process.pid}.tmp.ts` })
      expect(report.ok).toBe(false)
      const failure = report.laws.find((r) => r.law === "round-trip-inverse (float32)")!
      expect(failure.ok).toBe(false)
      // Shrunk: one row of round numbers.
      expect(failure.counterexample).toMatch(
        /const x = tf\.tensor\(\[-?\d(\.\d)?, -?\d(\.\d)?\], \[2\]\)/,
      )
      writeFileSync(paste, failure.counterexample!)
      const run = spawnSync(process.execPath, ["--conditions=@pushforward/source", paste], {
        encoding: "utf8",
        cwd: folder,
      })
      expect(run.stderr).not.toContain("Error")
      expect(run.status).toBe(0)
      const [got, expected] = run.stdout.matchAll(/\[(-?[\d.]+), (-?[\d.]+)\]/g)
      expect(got!.slice(1)).not.toEqual(expected!.slice(1))
      expect(formatFailure(failure)).toContain("Paste this to see it")
    } finally {
      rmSync(plugin, { force: true })
      rmSync(paste, { force: true })
    }
  })
})
