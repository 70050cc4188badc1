/** Bytes sent through a stream that compresses or decompresses. */
export const through = async (
  bytes: Uint8Array,
  stream: CompressionStream | DecompressionStream,
): Promise<Uint8Array> => {
  const source = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream()
  return new Uint8Array(await new Response(source.pipeThrough(stream)).arrayBuffer())
}

/** Whether the bytes begin as gzip does (1f 8b), whatever the file is called. */
export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

export const gunzip = (bytes: Uint8Array): Promise<Uint8Array> =>
  through(bytes, new DecompressionStream("gzip"))

export const gzip = (bytes: Uint8Array): Promise<Uint8Array> =>
  through(bytes, new CompressionStream("gzip"))

/** Text of UTF-8 bytes, or UTF-16 where a byte order mark says so; throws on anything else. */
export const decodeText = (bytes: Uint8Array): string => {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? "utf-16le"
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? "utf-16be"
        : "utf-8"
  return new TextDecoder(encoding, { fatal: true }).decode(bytes)
}
