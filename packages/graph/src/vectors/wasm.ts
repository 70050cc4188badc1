/**
 * WebAssembly modules of one function, as bytes: what of the binary format is needed for loops over vectors.
 *
 * Source: WebAssembly Core Specification 2.0, §5 (binary format).
 */

/** Bytes of instructions. */
export type Code = ReadonlyArray<number>

/** An unsigned number in as few bytes as it takes. */
const unsigned = (value: number): Code =>
  value < 128 ? [value] : [(value % 128) + 128, ...unsigned(Math.floor(value / 128))]

/** A signed number of 32 bits. */
const signed = (value: number): Code => {
  const last = value >= -64 && value < 64
  return last ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)]
}

const float32Bytes = (value: number): Code => [...new Uint8Array(Float32Array.of(value).buffer)]

/** Types of values. */
export const types = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const

/** An instruction on vectors, by its number behind the prefix. */
const simd = (code: number): Code => [0xfd, ...unsigned(code)]

/** `offset` is added to the address on the stack. Vectors may lie anywhere, so nothing is said about alignment. */
const access = (instruction: Code, offset: number): Code => [...instruction, 0, ...unsigned(offset)]

/** The instructions that are used. */
export const code = {
  get: (local: number): Code => [0x20, ...unsigned(local)],
  set: (local: number): Code => [0x21, ...unsigned(local)],
  int: (value: number): Code => [0x41, ...signed(value)],
  float: (value: number): Code => [0x43, ...float32Bytes(value)],
  plus: [0x6a],
  /** `local` becomes the value on the stack, which stays there. */
  tee: (local: number): Code => [0x22, ...unsigned(local)],
  /** Repeats `body` while the integer in `local` is below `end`, and adds `stride` to it each time. */
  loop: (local: number, end: number, stride: number, body: Code): Code => [
    0x03,
    0x40,
    ...body,
    ...code.get(local),
    ...code.int(stride),
    ...code.plus,
    ...code.tee(local),
    ...code.int(end),
    // Below, unsigned; then back to the start of the loop.
    0x49,
    0x0d,
    0,
    0x0b,
  ],
  load: (offset: number): Code => access([0x2a], offset),
  store: (offset: number): Code => access([0x38], offset),
  loadVector: (offset: number): Code => access(simd(0), offset),
  storeVector: (offset: number): Code => access(simd(11), offset),
  splat: simd(19),
  /** The first two numbers of four in float64. */
  low: simd(95),
  /** The last two numbers of four to the front. */
  high: [...simd(13), ...Array.from({ length: 16 }, (_, i) => (i + 8) % 16)],
  addDoubles: simd(240),
  double: [0xbb],
  single: [0xb6],
  addDouble: [0xa0],
  /** The `lane`-th of two float64. */
  lane: (lane: number): Code => [...simd(33), lane],
} as const satisfies Record<string, Code | ((...args: Array<never>) => Code)>

/** The number of an operation on one float32, and on four. */
export const arithmetic = {
  Abs: [0x8b, 224],
  Neg: [0x8c, 225],
  Ceil: [0x8d, 103],
  Floor: [0x8e, 104],
  Sqrt: [0x91, 227],
  Add: [0x92, 228],
  Sub: [0x93, 229],
  Mul: [0x94, 230],
  Div: [0x95, 231],
  Min: [0x96, 232],
  Max: [0x97, 233],
} as const satisfies Record<string, readonly [one: number, four: number]>

/** The instruction of an operation, on one number or on four. */
export const instruction = (op: keyof typeof arithmetic, four: boolean): Code =>
  four ? simd(arithmetic[op][1]) : [arithmetic[op][0]]

/** The name of the format, and its version. */
const header: Code = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]

const text = (value: string): Code => [value.length, ...new TextEncoder().encode(value)]

const section = (id: number, contents: Code): Code => [
  id,
  ...unsigned(contents.length),
  ...contents,
]

/** A module with a function `run` of no arguments, with these locals, on memory that is given as `host.memory`. */
export const moduleOf = (locals: ReadonlyArray<number>, body: Code): Uint8Array<ArrayBuffer> => {
  const declared = [...unsigned(locals.length), ...locals.flatMap((type) => [1, type])]
  const whole = [...declared, ...body, 0x0b]
  return Uint8Array.from([
    ...header,
    ...section(1, [1, 0x60, 0, 0]),
    ...section(2, [1, ...text("host"), ...text("memory"), 2, 0, 1]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text("run"), 0, 0]),
    ...section(10, [1, ...unsigned(whole.length), ...whole]),
  ])
}
