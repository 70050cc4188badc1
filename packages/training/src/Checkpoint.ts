/**
 * Checkpoints as bytes: a safetensors file whose metadata holds the numbers, with a check over everything.
 */
import { Result, Schema } from "effect"
import { crc32Of, crc32OfText } from "./crc32.ts"
import { decodeTensors, encodeTensors, type StoredTensor } from "./safetensors.ts"
import type { Snapshot } from "./Snapshot.ts"

/**
 * What makes one fit another: each name with a value as text. A checkpoint goes on only where all of them agree.
 *
 * @category models
 */
export type FitIdentity = Readonly<Record<string, string>>

const Document = Schema.fromJsonString(
  Schema.Struct({
    version: Schema.Literal(1),
    identity: Schema.Record(Schema.String, Schema.String),
    step: Schema.Int,
    lossSum: Schema.Finite,
    // −∞, of a validation row outside the support, is no JSON.
    validations: Schema.Array(Schema.NullOr(Schema.Finite)),
    best: Schema.NullOr(Schema.Struct({ epoch: Schema.Int, score: Schema.Finite })),
    level: Schema.NullOr(Schema.Finite),
    recoveries: Schema.Int,
    seconds: Schema.Finite,
  }),
)

const checkOf = (document: string, tensors: Iterable<StoredTensor>): string => {
  let check = crc32OfText(document)
  for (const { values } of tensors) check = crc32Of(values, check)
  return check.toString(16)
}

const stored = (values: Float32Array): StoredTensor => ({ shape: [values.length], values })

/** A snapshot as the bytes of a checkpoint. */
export const encodeCheckpoint = (
  { carry, best, ...snapshot }: Snapshot,
  identity: FitIdentity,
): Uint8Array<ArrayBuffer> => {
  const document = Schema.encodeSync(Document)({
    version: 1,
    identity,
    ...snapshot,
    validations: snapshot.validations.map((score) => (Number.isFinite(score) ? score : null)),
    level: snapshot.level ?? null,
    best: best === undefined ? null : { epoch: best.epoch, score: best.score },
  })
  const tensors = new Map([
    ...carry.map((values, i) => [`carry.${i}`, stored(values)] as const),
    ...(best === undefined
      ? []
      : ([
          ["best.trainable", stored(best.trainable)],
          ["best.state", stored(best.state)],
        ] as const)),
  ])
  return encodeTensors({
    tensors,
    metadata: { checkpoint: document, crc32: checkOf(document, tensors.values()) },
  })
}

/** The snapshot of a checkpoint, and which fit it is of; fails with what is wrong with the bytes. */
export const decodeCheckpoint = (
  bytes: Uint8Array,
): Result.Result<{ readonly snapshot: Snapshot; readonly identity: FitIdentity }, string> =>
  Result.gen(function* () {
    const { tensors, metadata } = yield* decodeTensors(bytes)
    const { checkpoint = "", crc32 } = metadata
    if (checkOf(checkpoint, tensors.values()) !== crc32) {
      return yield* Result.fail("its contents do not agree with their check")
    }
    const {
      best,
      identity,
      version: _,
      ...document
    } = yield* Result.mapError(
      Schema.decodeUnknownResult(Document)(checkpoint),
      () => "it is not a checkpoint of version 1",
    )
    const named = (name: string): Float32Array => tensors.get(name)!.values
    return {
      identity,
      snapshot: {
        ...document,
        validations: document.validations.map((score) => score ?? -Infinity),
        level: document.level ?? undefined,
        carry: Array.from(tensors.keys())
          .filter((name) => name.startsWith("carry."))
          .map(named),
        best: best
          ? { ...best, trainable: named("best.trainable"), state: named("best.state") }
          : undefined,
      },
    }
  })
