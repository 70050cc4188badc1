/**
 * The safetensors format: a JSON header with names, types and offsets, then the bytes.
 *
 * Source: the format's description at github.com/huggingface/safetensors. Little-endian, as every machine that runs
 * JavaScript engines today.
 */
import { type Shape, sizeOf } from "@pushforward/core"
import { Result, Schema } from "effect"

/** A tensor of a file. */
export interface StoredTensor {
  readonly shape: Shape
  readonly values: Float32Array
}

/** What a file holds. */
export interface TensorFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>
  readonly metadata: Readonly<Record<string, string>>
}

const Entry = Schema.Struct({
  dtype: Schema.Literal("F32"),
  shape: Schema.Array(Schema.Int),
  data_offsets: Schema.Tuple([Schema.Int, Schema.Int]),
})
const decodeEntries = Schema.decodeUnknownResult(Schema.Record(Schema.String, Entry))
const decodeMetadata = Schema.decodeUnknownResult(Schema.Record(Schema.String, Schema.String))
const decodeJson = Schema.decodeUnknownResult(
  Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown)),
)

const metadataName = "__metadata__"

/** Float32 tensors as the bytes of a safetensors file, in the order of the map. */
export const encodeTensors = ({ tensors, metadata }: TensorFile): Uint8Array<ArrayBuffer> => {
  const header: Record<string, unknown> =
    Object.keys(metadata).length === 0 ? {} : { [metadataName]: metadata }
  let at = 0
  for (const [name, { shape, values }] of tensors) {
    header[name] = { dtype: "F32", shape, data_offsets: [at, at + values.byteLength] }
    at += values.byteLength
  }
  const json = new TextEncoder().encode(JSON.stringify(header))
  // Padded with spaces, so that the numbers are aligned.
  const length = 8 * Math.ceil(json.length / 8)
  const bytes = new Uint8Array(8 + length + at)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true)
  bytes.fill(0x20, 8, 8 + length).set(json, 8)
  let offset = 8 + length
  for (const { values } of tensors.values()) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), offset)
    offset += values.byteLength
  }
  return bytes
}

/** The tensors of a safetensors file; fails with what is wrong when it is cut off, damaged or of another type. */
export const decodeTensors = (bytes: Uint8Array): Result.Result<TensorFile, string> =>
  Result.gen(function* () {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const length = bytes.length >= 8 ? Number(view.getBigUint64(0, true)) : Infinity
    if (length > bytes.length - 8) return yield* Result.fail("the header is cut off")
    const noHeader = () => "the header is not safetensors JSON of float32 tensors"
    const { [metadataName]: found = {}, ...rest } = yield* Result.mapError(
      decodeJson(new TextDecoder().decode(bytes.subarray(8, 8 + length))),
      noHeader,
    )
    const metadata = yield* Result.mapError(decodeMetadata(found), noHeader)
    const header = yield* Result.mapError(decodeEntries(rest), noHeader)
    const data = bytes.subarray(8 + length)
    const tensors = new Map<string, StoredTensor>()
    for (const [
      name,
      {
        shape,
        data_offsets: [from, to],
      },
    ] of Object.entries(header)) {
      if (to > data.length) return yield* Result.fail(`the tensor ${name} is cut off`)
      if (from < 0 || to - from !== 4 * sizeOf(shape)) return yield* Result.fail(noHeader())
      tensors.set(name, { shape, values: new Float32Array(data.slice(from, to).buffer) })
    }
    return { tensors, metadata }
  })
