import {
  checkFittable,
  column,
  type DataError,
  fromColumns,
  fromRows,
  select,
  takeRows,
  toRows,
} from "@pushforward/data"
import { Result } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"

const get = Result.getOrThrow
const fail = <A>(result: Result.Result<A, DataError>): DataError => get(Result.flip(result))
const xy = get(
  fromRows(
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
    ["x", "y"],
  ),
)

describe("Table", () => {
  it("is made from rows, from a flat array, from columns", () => {
    expect(xy).toEqual({
      columns: ["x", "y"],
      rows: 3,
      values: Float64Array.of(1, 2, 3, 4, 5, 6),
    })
    const flat = { values: Float32Array.of(1, 2, 3, 4, 5, 6), columns: 2 }
    expect(get(fromRows(flat, ["x", "y"]))).toEqual(xy)
    expect(get(fromColumns({ x: [1, 3, 5], y: Float32Array.of(2, 4, 6) }))).toEqual(xy)
    expect(get(fromRows([[1, 2]])).columns).toEqual(["column1", "column2"])
  })

  it("gives rows and columns back as copies", () => {
    expect(toRows(xy)).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ])
    get(column(xy, "y"))[0] = 99
    expect(get(column(xy, "y"))).toEqual(Float64Array.of(2, 4, 6))
  })

  it("selects columns and takes rows, in the order asked for", () => {
    expect(toRows(get(select(xy, ["y"])))).toEqual([[2], [4], [6]])
    expect(toRows(takeRows(get(select(xy, ["y", "x"])), [2, 0, 0]))).toEqual([
      [6, 5],
      [2, 1],
      [2, 1],
    ])
    expect(() => takeRows(xy, [3])).toThrow("expected row indices from 0 to 2, got 3 at position 0")
  })

  it("fromRows ∘ toRows is the identity", () => {
    fc.assert(
      fc.property(
        fc
          .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 8 }))
          .chain(([width, rows]) =>
            fc.array(fc.array(fc.double(), { minLength: width, maxLength: width }), {
              minLength: rows,
              maxLength: rows,
            }),
          ),
        (rows) => {
          expect(toRows(get(fromRows(rows)))).toEqual(rows)
        },
      ),
    )
  })

  it.each([
    ["no rows", () => fromRows([]), "TooFewRows", "there are no rows"],
    ["ragged rows", () => fromRows([[1], [1, 2]]), "Ragged", "row 1 (counting from 0) has another"],
    [
      "flat",
      () => fromRows({ values: Float64Array.of(1, 2, 3), columns: 2 }),
      "Ragged",
      "3 values",
    ],
    ["names", () => fromRows([[1, 2]], ["x"]), "Ragged", "1 name for 2 columns"],
    ["same name", () => fromRows([[1, 2]], ["x", "x"]), "DuplicateColumn", 'called "x"'],
    ["no name", () => fromRows([[1]], [""]), "DuplicateColumn", "a column has no name"],
    ["empty rows", () => fromRows([[], []]), "NoNumericColumns", "no columns"],
    ["text", () => fromRows([["a" as never]]), "NotANumber", 'column "column1" has "a" in row 0'],
    ["hole", () => fromRows([[undefined as never]]), "NotANumber", '"undefined"'],
    ["columns", () => fromColumns({ a: [1], b: [1, 2] }), "Ragged", 'column "b" has 2 values'],
    ["no columns", () => fromColumns({}), "NoNumericColumns", "no columns"],
    ["text column", () => fromColumns({ a: ["z" as never] }), "NotANumber", 'has "z" in row 0'],
    [
      "select",
      () => select(xy, ["X"]),
      "MissingColumn",
      'expected one of "x", "y". Did you mean "x"?',
    ],
    ["select twice", () => select(xy, ["x", "x"]), "DuplicateColumn", "two columns"],
    ["select none", () => select(xy, []), "NoNumericColumns", "no columns"],
    [
      "column",
      () => column(xy, "weight"),
      "MissingColumn",
      'there is no column "weight"; expected',
    ],
  ] as const)("refuses %s", (_, make, reason, text) => {
    const error = fail<unknown>(make())
    expect(error.reason).toBe(reason)
    expect(error.message).toContain(text)
    expect(error.message).not.toContain("\n")
  })
})

describe("checkFittable", () => {
  it("returns a good table itself", () => expect(get(checkFittable(xy))).toBe(xy))

  it.each([
    ["values beyond float32", [[1e39], [2e39]]],
    ["a spread that float32 does not resolve", [[1e9], [1e9 + 1]]],
  ])("accepts %s: units are changed in float64", (_, rows) => {
    const table = get(fromRows(rows))
    expect(get(checkFittable(table))).toBe(table)
  })

  it.each([
    ["one row", [[1, 2]], "TooFewRows", "the table has 1 row; expected 2 rows or more"],
    [
      "a NaN",
      [
        [1, 2],
        [NaN, 3],
      ],
      "NotFinite",
      'column "column1" is not finite in row 1 (counting from 0; first NaN)',
    ],
    [
      "infinity",
      [
        [1, Infinity],
        [2, -Infinity],
      ],
      "NotFinite",
      'column "column2" is not finite in rows 0, 1',
    ],
    [
      "a constant",
      [
        [1, 7],
        [2, 7],
      ],
      "ConstantColumn",
      'column "column2" is 7 in every row',
    ],
  ] as const)("refuses %s", (_, rows, reason, text) => {
    const error = fail(checkFittable(get(fromRows(rows))))
    expect(error.reason).toBe(reason)
    expect(error.message).toContain(text)
  })

  it("lists the first rows and how many more", () => {
    const rows = Array.from({ length: 50 }, (_, i) => [i % 2 === 0 ? NaN : i])
    const error = fail(checkFittable(get(fromRows(rows))))
    expect(error.message).toContain("rows 0, 2, 4, 6, 8 and 20 more")
    expect(error.rows).toEqual([0, 2, 4, 6, 8])
  })
})
