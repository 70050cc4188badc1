/**
 * The safetensors format: a JSON header with names, types and offsets, then the bytes.
 *
 * Source: the format's description at github.com/huggingface/safetensors. Little-endian, as every machine that runs
 * JavaScript engines today.
 */
import { mapParams, paramLeaves, type Params } from "@pushforward/core"
import { Result, Schema } from "effect"
import { ModelError } from "./ModelError.ts"

const Entry = Schema.Struct({
  dtype: Schema.Literal("F32"),
  shape: Schema.Array(Schema.Int),
  data_offsets: Schema.Tuple([Schema.Int, Schema.Int]),
})
const Header = Schema.fromJsonString(Schema.Record(Schema.String, Entry))

const nameOf = (path: ReadonlyArray<string>): string => path.join(".")

/** Every leaf, named by its path with dots. */
export const encodeWeights = (params: Params): Uint8Array<ArrayBuffer> => {
  const leaves = paramLeaves(params)
  const header: Record<string, typeof Entry.Encoded> = {}
  let at = 0
  for (const [path, { shape, values }] of leaves) {
    header[nameOf(path)] = { dtype: "F32", shape, data_offsets: [at, at + values.byteLength] }
    at += values.byteLength
  }
  const json = JSON.stringify(header)
  // The header is padded with spaces so that the numbers are aligned.
  const text = new TextEncoder().encode(json + " ".repeat((8 - (json.length % 8)) % 8))
  const bytes = new Uint8Array(8 + text.length + at)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true)
  bytes.set(text, 8)
  let offset = 8 + text.length
  for (const [, { values }] of leaves) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), offset)
    offset += values.byteLength
  }
  return bytes
}

const broken = (problem: string): ModelError =>
  new ModelError({
    file: "weights.safetensors",
    problem,
    hint: "The file is damaged or of another model: save the model again, or restore both files together.",
  })

/** The tree of `like` with the values of the file; fails when the file is truncated or does not fit. */
export const decodeWeights = (bytes: Uint8Array, like: Params): Result.Result<Params, ModelError> =>
  Result.gen(function* () {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const length = bytes.length >= 8 ? Number(view.getBigUint64(0, true)) : Infinity
    if (length > bytes.length - 8) return yield* Result.fail(broken("the header is cut off"))
    const header = yield* Schema.decodeUnknownResult(Header)(
      new TextDecoder().decode(bytes.subarray(8, 8 + length)),
    ).pipe(Result.mapError(() => broken("the header is not safetensors JSON of float32 tensors")))
    const data = bytes.subarray(8 + length)
    for (const [path, { shape }] of paramLeaves(like)) {
      const entry = header[nameOf(path)]
      if (entry === undefined) {
        return yield* Result.fail(broken(`the weight ${nameOf(path)} is missing`))
      }
      if (entry.shape.join() !== shape.join()) {
        return yield* Result.fail(
          broken(
            `the weight ${nameOf(path)} has the shape [${entry.shape.join(", ")}], not [${shape.join(", ")}]`,
          ),
        )
      }
      if (entry.data_offsets[1] > data.length) {
        return yield* Result.fail(broken(`the weight ${nameOf(path)} is cut off`))
      }
    }
    return mapParams(like, (leaf, path) => {
      const [from, to] = header[nameOf(path)]!.data_offsets
      return { ...leaf, values: new Float32Array(data.slice(from, to).buffer) }
    }) as Params
  })
