/**
 * Files in a ZIP archive, stored or deflated: what `numpy.savez` writes.
 */
import { through } from "./bytes.ts"

interface Entry {
  readonly name: string
  readonly deflated: boolean
  readonly data: Uint8Array
}

const endOfDirectory = 0x06054b50
const directoryEntry = 0x02014b50
const localEntry = 0x04034b50

/** The entries that the archive's directory names. Throws a `RangeError` that says what is wrong with it. */
const entries = (bytes: Uint8Array): ReadonlyArray<Entry> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // A comment of up to 2^16 bytes may follow the end record of 22 bytes.
  let end = bytes.length - 22
  while (end >= 0 && view.getUint32(end, true) !== endOfDirectory) end--
  if (end < 0) throw new RangeError("it is no ZIP archive, or it is cut off")
  const found: Array<Entry> = []
  let at = view.getUint32(end + 16, true)
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    if (view.getUint32(at, true) !== directoryEntry)
      throw new RangeError("its directory is damaged")
    const method = view.getUint16(at + 10, true)
    const size = view.getUint32(at + 20, true)
    const local = view.getUint32(at + 42, true)
    const name = new TextDecoder().decode(
      bytes.subarray(at + 46, at + 46 + view.getUint16(at + 28, true)),
    )
    if (method !== 0 && method !== 8) throw new RangeError(`"${name}" has compression ${method}`)
    if (size === 0xffffffff || local === 0xffffffff) throw new RangeError(`"${name}" is too large`)
    if (view.getUint32(local, true) !== localEntry) throw new RangeError(`"${name}" is damaged`)
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true)
    found.push({ name, deflated: method === 8, data: bytes.subarray(start, start + size) })
    at +=
      46 +
      view.getUint16(at + 28, true) +
      view.getUint16(at + 30, true) +
      view.getUint16(at + 32, true)
  }
  return found
}

/** The files of an archive by name. Rejects with an error that says what is wrong with it. */
export const unzip = async (bytes: Uint8Array): Promise<ReadonlyMap<string, Uint8Array>> =>
  new Map(
    await Promise.all(
      entries(bytes).map(
        async ({ name, deflated, data }) =>
          [
            name,
            deflated ? await through(data, new DecompressionStream("deflate-raw")) : data,
          ] as const,
      ),
    ),
  )
