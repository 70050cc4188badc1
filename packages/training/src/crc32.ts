const table = /* @__PURE__ */ (() =>
  Uint32Array.from({ length: 256 }, (_, byte) => {
    let remainder = byte
    for (let bit = 0; bit < 8; bit++) {
      remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1
    }
    return remainder
  }))()

/**
 * The cyclic redundancy check of bytes, as gzip and PNG have it; give the check of what came before to go on.
 *
 * - Source: ISO 3309, polynomial 0xedb88320 reflected
 */
const crc32 = (bytes: Uint8Array, before = 0): number => {
  let check = ~before
  for (let i = 0; i < bytes.length; i++) {
    check = (check >>> 8) ^ table[(check ^ bytes[i]!) & 0xff]!
  }
  return ~check >>> 0
}

/** {@link crc32} of an array's bytes. */
export const crc32Of = (values: ArrayBufferView, before = 0): number =>
  crc32(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), before)

/** {@link crc32} of a text in UTF-8. */
export const crc32OfText = (text: string, before = 0): number =>
  crc32(new TextEncoder().encode(text), before)
