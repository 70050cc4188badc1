/**
 * The backend around either package of ONNX Runtime.
 */
import { type BackendShape, type Compiled, BackendError } from "@pushforward/core"
import {
  fuseUpdate,
  GraphError,
  type LoopLayout,
  loopNames,
  toOnnx,
  toOnnxLoop,
} from "@pushforward/graph"
import { Effect, type Scope } from "effect"
import type { InferenceSession } from "onnxruntime-common"
import {
  type Call,
  type Engine,
  type NamedTensors,
  sessionOptions,
  type SessionChoices,
} from "./engine.ts"
import { graphLoop } from "./graphLoop.ts"
import { graphOf, stepGraphOf, workOf } from "./graphs.ts"
import { toHost, toTensor } from "./hostTensors.ts"
import { vectorLoop, vectorLoopNames } from "./vectorLoop.ts"

/** What a session needs to be opened. */
export interface OnnxHost {
  readonly name: string
  readonly engine: Engine
  readonly cores: number
  readonly choices: SessionChoices
  /** What computes, in ONNX Runtime's own names. Default: the processor. */
  readonly providers?: ReadonlyArray<string>
  /** Whether results can be written into memory that is given. Default false. */
  readonly writesInPlace?: boolean
}

/**
 * The backend of an engine that is loaded.
 *
 * **Details**
 *
 * - A function is traced, simplified and written as an ONNX model once; a loop becomes an ONNX `Loop`, of as many steps a
 *   call as fit into 40 ms
 * - A loop over long vectors is an ONNX model of one step and a pass of WebAssembly over the vectors, see {@link fuseUpdate}
 */
export const makeOnnxBackend = (host: OnnxHost): BackendShape => {
  const { name, engine, cores, choices, providers, writesInPlace = false } = host
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
  const caller =
    (session: InferenceSession): Call =>
    (feeds, places = session.outputNames) =>
      Effect.tryPromise({
        try: () => session.run(feeds, places) as Promise<NamedTensors>,
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
      const call = caller(session)
      return {
        run: (values) =>
          Effect.map(
            call(
              Object.fromEntries(values.map((value, i) => [`input${i}`, toTensor(engine, value)])),
            ),
            (results) => names.outputNames.map((output) => toHost(results[output]!)),
          ),
      } satisfies Compiled
    })

  const loop: BackendShape["loop"] = (step, program) =>
    Effect.gen(function* () {
      const graph = yield* attempt(() => stepGraphOf(step, program))
      const layout: LoopLayout = {
        carry: program.carry.length,
        resident: program.resident.length,
        inputs: program.inputs.length,
      }
      // Other providers would have to send the vectors to and fro.
      const fused = providers === undefined ? fuseUpdate(graph, layout) : undefined
      const bytes = yield* attempt(() =>
        fused ? toOnnx(fused.graph, vectorLoopNames(fused)) : toOnnxLoop(graph, layout),
      )
      const call = caller(yield* open(bytes, workOf(graph)))
      return fused
        ? yield* attempt(() => vectorLoop({ engine, writesInPlace }, call, fused, program))
        : graphLoop(engine, call, loopNames(graph, layout), program)
    })

  return { name, compile, loop }
}
