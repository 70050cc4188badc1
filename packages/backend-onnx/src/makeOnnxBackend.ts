/**
 * The backend around either package of ONNX Runtime.
 */
import {
  type BackendShape,
  type Compiled,
  BackendError,
  type Loop,
  type LoopProgram,
} from "@pushforward/core"
import {
  GraphError,
  loopNames,
  type LoopNames,
  splitCarries,
  type SplitStep,
  toOnnx,
  toOnnxLoop,
} from "@pushforward/graph"
import { Effect, type Scope } from "effect"
import type { InferenceSession, Tensor } from "onnxruntime-common"
import { type Engine, sessionOptions, type SessionChoices } from "./engine.ts"
import { graphOf, stepGraphOf, workOf } from "./graphs.ts"
import { assembled, joined, piecesOf, rowsOf, toHost, toTensor } from "./hostTensors.ts"

/** How long one call may keep the event loop to itself, in milliseconds. */
const slice = 40

/** What a session needs to be opened. */
export interface OnnxHost {
  readonly name: string
  readonly engine: Engine
  readonly cores: number
  readonly choices: SessionChoices
  /** What computes, in ONNX Runtime's own names. Default: the processor. */
  readonly providers?: ReadonlyArray<string>
}

/**
 * The backend of an engine that is loaded.
 *
 * **Details**
 *
 * - A function is traced, simplified and written as an ONNX model once; a loop becomes an ONNX `Loop`, of as many steps a
 *   call as fit into 40 ms
 * - The carry is passed from call to call as the runtime's own tensors
 */
export const makeOnnxBackend = (host: OnnxHost): BackendShape => {
  const { name, engine, cores, choices, providers } = host
  const fail =
    (hint: string) =>
    (cause: unknown): BackendError =>
      new BackendError({
        backend: name,
        problem: (cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, ""),
        hint:
          cause instanceof GraphError
            ? "The function is compiled: run it on the cpu backend to see it eagerly."
            : hint,
        cause,
      })
  const attempt = <A>(f: () => A): Effect.Effect<A, BackendError> =>
    Effect.try({
      try: f,
      catch: fail("Run the function on the cpu backend to find the operation that fails."),
    })

  const open = (
    model: Uint8Array,
    work: number,
  ): Effect.Effect<InferenceSession, BackendError, Scope.Scope> =>
    Effect.acquireRelease(
      Effect.tryPromise({
        try: () =>
          engine.InferenceSession.create(model, {
            ...sessionOptions(choices, work, cores),
            ...(providers && { executionProviders: [...providers] }),
          }),
        catch: fail("ONNX Runtime does not take the model: please report it with the function."),
      }),
      (session) => Effect.promise(() => session.release()),
    )

  // A call is never left half done: what comes back of it is kept before anything else happens.
  const call = (
    session: InferenceSession,
    feeds: Readonly<Record<string, Tensor>>,
  ): Effect.Effect<Readonly<Record<string, Tensor>>, BackendError> =>
    Effect.tryPromise({
      try: () => session.run(feeds) as Promise<Readonly<Record<string, Tensor>>>,
      catch: fail("Call it with inputs of the shapes and types that it was compiled for."),
    }).pipe(Effect.uninterruptible)

  const compile: BackendShape["compile"] = (f, inputs) =>
    Effect.gen(function* () {
      const graph = yield* attempt(() => graphOf(f, inputs))
      const names = {
        inputNames: inputs.map((_, i) => `input${i}`),
        outputNames: graph.outputs.map((_, i) => `output${i}`),
      }
      const session = yield* open(yield* attempt(() => toOnnx(graph, names)), workOf(graph))
      return {
        run: (values) =>
          Effect.map(
            call(
              session,
              Object.fromEntries(values.map((value, i) => [`input${i}`, toTensor(engine, value)])),
            ),
            (results) => names.outputNames.map((output) => toHost(results[output]!)),
          ),
      } satisfies Compiled
    })

  const loop: BackendShape["loop"] = (step, program) =>
    Effect.gen(function* () {
      const graph = yield* attempt(() => stepGraphOf(step, program))
      const split = splitCarries(graph, {
        carry: program.carry.length,
        resident: program.resident.length,
        inputs: program.inputs.length,
      })
      const model = yield* attempt(() => toOnnxLoop(split.step, split.layout))
      const session = yield* open(model, workOf(graph))
      const names = loopNames(split.step, split.layout)
      return runLoop(engine, (feeds) => call(session, feeds), names, split.pieces, program)
    })

  return { name, compile, loop }
}

const runLoop = (
  engine: Engine,
  call: (
    feeds: Readonly<Record<string, Tensor>>,
  ) => Effect.Effect<Readonly<Record<string, Tensor>>, BackendError>,
  names: LoopNames,
  pieces: SplitStep["pieces"],
  program: LoopProgram,
): Loop => {
  const resident = Object.fromEntries(
    program.resident.map((value, i) => [names.resident[i]!, toTensor(engine, value)]),
  )
  let carry = program.carry.flatMap((value, i) =>
    piecesOf(value, pieces[i]).map((piece) => toTensor(engine, piece)),
  )
  /** Milliseconds a step, once known. */
  let pace: number | undefined

  /** Does some steps and keeps their carry; gives what they report. */
  const stride = (inputs: ReadonlyArray<Parameters<typeof rowsOf>[0]>, from: number, to: number) =>
    Effect.suspend(() => {
      const started = performance.now()
      return Effect.map(
        call({
          ...resident,
          [names.steps]: new engine.Tensor("int64", BigInt64Array.of(BigInt(to - from)), []),
          ...Object.fromEntries(carry.map((value, i) => [names.carry[i]!, value])),
          ...Object.fromEntries(
            inputs.map((input, i) => [names.inputs[i]!, toTensor(engine, rowsOf(input, from, to))]),
          ),
        }),
        (results) => {
          carry = names.nextCarry.map((name) => results[name]!)
          const now = (performance.now() - started) / (to - from)
          // The first call prepares memory, and single ones are held up: the pace follows slowly when it drops.
          pace = pace === undefined ? now : Math.min(now, (pace + now) / 2)
          return names.outputs.map((name) => toHost(results[name]!))
        },
      )
    }).pipe(Effect.uninterruptible)

  return {
    run: (inputs) =>
      Effect.gen(function* () {
        const count = inputs[0]?.shape[0] ?? 0
        const parts: Array<ReadonlyArray<ReturnType<typeof toHost>>> = []
        let done = 0
        do {
          const most = pace === undefined ? 1 : Math.max(1, Math.floor(slice / pace))
          const to = Math.min(count, done + most)
          const outputs = yield* stride(inputs, done, to)
          parts.push(outputs)
          // Fewer than asked for: the first output was not finite, and the loop stopped there.
          const made = outputs[0]?.shape[0] ?? to - done
          if (made < to - done) break
          done = to
          // WebAssembly answers without ever letting the event loop turn.
          yield* Effect.yieldNow
        } while (done < count)
        return (parts[0] ?? []).map((_, i) => joined(parts.map((part) => part[i]!)))
      }),
    carry: Effect.sync(() => {
      const parts = carry.map(toHost)
      return pieces.map((list) => assembled(parts.splice(0, list?.length ?? 1), list))
    }),
  }
}
