/**
 * Checkpoints as bytes: a safetensors file whose metadata holds the numbers, with a check over everything.
 */
import { Result, Schema } from "effect"
import { crc32Of, crc32OfText } from "./crc32.ts"
import { decodeTensors, encodeTensors, type StoredTensor } from "./safetensors.ts"

/**
 * What makes one fit another: each name with a value as text. A checkpoint goes on only where all of them agree.
 *
 * @category models
 */
export type FitIdentity = Readonly<Record<string, string>>

/** Flat vectors by name. */
export type Vectors = Readonly<Record<string, Float32Array>>

/**
 * How snapshots of a kind of fit become checkpoints, and come back.
 *
 * **Details**
 *
 * - `encode(snapshot, identity)`: the bytes of a checkpoint
 * - `decode(bytes)`: the snapshot, and which fit it is of; fails with what is wrong with the bytes
 */
export interface CheckpointFormat<Snapshot> {
  readonly encode: (snapshot: Snapshot, identity: FitIdentity) => Uint8Array<ArrayBuffer>
  readonly decode: (
    bytes: Uint8Array,
  ) => Result.Result<{ readonly snapshot: Snapshot; readonly identity: FitIdentity }, string>
}

const checkOf = (document: string, tensors: Iterable<StoredTensor>): string => {
  let check = crc32OfText(document)
  for (const { values } of tensors) check = crc32Of(values, check)
  return check.toString(16)
}

/** Makes a format from what a snapshot has beside its vectors, and how the two are taken apart and put together. */
export const checkpointFormat = <Numbers, Encoded, Snapshot>(
  numbers: Schema.Codec<Numbers, Encoded>,
  apart: (snapshot: Snapshot) => { readonly numbers: Numbers; readonly vectors: Vectors },
  together: (numbers: Numbers, vectors: Vectors) => Snapshot,
): CheckpointFormat<Snapshot> => {
  const Document = Schema.fromJsonString(
    Schema.Struct({
      version: Schema.Literal(1),
      identity: Schema.Record(Schema.String, Schema.String),
      snapshot: numbers,
    }),
  )
  return {
    encode: (snapshot, identity) => {
      const parts = apart(snapshot)
      const document = Schema.encodeSync(Document)({
        version: 1,
        identity,
        snapshot: parts.numbers,
      })
      const tensors = new Map(
        Object.entries(parts.vectors).map(
          ([name, values]) => [name, { shape: [values.length], values }] as const,
        ),
      )
      return encodeTensors({
        tensors,
        metadata: { checkpoint: document, crc32: checkOf(document, tensors.values()) },
      })
    },
    decode: (bytes) =>
      Result.gen(function* () {
        const { tensors, metadata } = yield* decodeTensors(bytes)
        const { checkpoint = "", crc32 } = metadata
        if (checkOf(checkpoint, tensors.values()) !== crc32) {
          return yield* Result.fail("its contents do not agree with their check")
        }
        const { identity, snapshot } = yield* Result.mapError(
          Schema.decodeUnknownResult(Document)(checkpoint),
          () => "it is not a checkpoint of version 1 of such a fit",
        )
        const vectors = Object.fromEntries(
          Array.from(tensors, ([name, { values }]) => [name, values] as const),
        )
        return { identity, snapshot: together(snapshot, vectors) }
      }),
  }
}

/** The carry of a loop as vectors, and back. */
export const carryVectors = (carry: ReadonlyArray<Float32Array>): Vectors =>
  Object.fromEntries(carry.map((values, i) => [`carry.${i}`, values]))

export const carryOf = (vectors: Vectors): ReadonlyArray<Float32Array> =>
  Object.entries(vectors)
    .filter(([name]) => name.startsWith("carry."))
    .map(([, values]) => values)
