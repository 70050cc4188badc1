import { type DataError, formatCsv, fromRows, parseCsv, toRows } from "@pushforward/data"
import { Result } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"

const get = Result.getOrThrow
const fail = <A>(result: Result.Result<A, DataError>): DataError => get(Result.flip(result))

const names = fc.uniqueArray(fc.string({ minLength: 1, unit: "binary" }), {
  minLength: 1,
  maxLength: 4,
})
const table = fc
  .oneof(
    names,
    fc.uniqueArray(fc.constantFrom("1", "-2.5", "nan", "a,b", 'a"b', " x ", "\uFEFF", "é")),
  )
  .filter((columns) => columns.length > 0 && !columns.some((name) => name.includes("\0")))
  .chain((columns) =>
    fc
      .array(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), {
          minLength: columns.length,
          maxLength: columns.length,
        }),
        { minLength: 1, maxLength: 6 },
      )
      .map((rows) => get(fromRows(rows, columns))),
  )

describe("formatCsv, parseCsv", () => {
  it("round trip: parseCsv(formatCsv(table)) = table, bit for bit, negative zero included", () => {
    fc.assert(
      fc.property(table, (before) => {
        const { skipped, ...after } = get(parseCsv(formatCsv(before)))
        expect(skipped).toEqual([])
        expect(after.columns).toEqual(before.columns)
        expect(Array.from(after.values, (x) => (Object.is(x, -0) ? "-0" : x))).toEqual(
          Array.from(before.values, (x) => (Object.is(x, -0) ? "-0" : x)),
        )
      }),
      { numRuns: 500 },
    )
  })

  it("the delimiter and the line ends do not matter", () => {
    const numbers = fc.array(
      fc.tuple(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer()),
      {
        minLength: 1,
        maxLength: 5,
      },
    )
    fc.assert(
      fc.property(
        numbers,
        fc.constantFrom(",", ";", "\t"),
        fc.constantFrom("\n", "\r\n", "\r"),
        fc.boolean(),
        fc.constantFrom("first name", '"first name"'),
        (rows, delimiter, end, bom, name) => {
          const lines = [`${name}${delimiter}second`, "", ...rows.map((r) => r.join(delimiter))]
          const text = (bom ? "\uFEFF" : "") + lines.join(end)
          const read = get(parseCsv(text))
          expect(read.columns).toEqual(["first name", "second"])
          expect(Array.from(read.values, (x) => x + 0)).toEqual(rows.flat().map((x) => x + 0))
        },
      ),
    )
  })

  it("writes what cannot be read back as words", () => {
    expect(formatCsv(get(fromRows([[NaN, Infinity, -Infinity]], ["a", "b", "c"])))).toBe(
      "a,b,c\nNaN,Infinity,-Infinity\n",
    )
  })
})

describe("parseCsv", () => {
  it("leaves out columns of text and of nothing, and says so", () => {
    const read = get(
      parseCsv("t,x,side,empty,y\n2016-12-06T10:00,1,NW,,2\n2016-12-06T14:36,3,,,4\n"),
    )
    expect(read.columns).toEqual(["x", "y"])
    expect(read.skipped).toEqual(["t", "side", "empty"])
    expect(toRows(read)).toEqual([
      [1, 2],
      [3, 4],
    ])
  })

  it("knows a first line of numbers is no header", () => {
    expect(get(parseCsv("1,2\n3,4\n"))).toMatchObject({ columns: ["column1", "column2"], rows: 2 })
    expect(get(parseCsv('"2019","2020"\n3,4\n'))).toMatchObject({
      columns: ["2019", "2020"],
      rows: 1,
    })
    expect(get(parseCsv("2019,2020\n3,4\n", { header: true }))).toMatchObject({ rows: 1 })
    expect(get(parseCsv('"1","2"\n"3","4"\n'))).toMatchObject({ rows: 2 })
  })

  it("reads the columns asked for, in that order", () => {
    const read = get(parseCsv("a,b,c\n1,x,3\n", { columns: ["c", "a"] }))
    expect(read.columns).toEqual(["c", "a"])
    expect(toRows(read)).toEqual([[3, 1]])
    expect(read.skipped).toEqual([])
  })

  it("is not misled by quotes, spaces, blank lines, signs and exponents", () => {
    const text = '\n"a,b" ; "say ""c"""\n\n +1.5 ;"-.5e-3"\n  \n2.;6E2\n\n'
    const read = get(parseCsv(text))
    expect(read.columns).toEqual(["a,b", 'say "c"'])
    expect(toRows(read)).toEqual([
      [1.5, -0.0005],
      [2, 600],
    ])
  })

  it.each([
    ["nothing", "", {}, "EmptyFile", "the file is empty"],
    ["blank lines", " \n\n", {}, "EmptyFile", "the file is empty"],
    ["a header only", "a,b\n", {}, "EmptyFile", "nothing below it"],
    ["binary", "PAR1\0\0", {}, "Unreadable", "zero bytes"],
    ["an open quote", 'a,b\n1,"2\n', {}, "Unreadable", "Mend the quotes"],
    [
      "short and long rows",
      "a,b\n1,2\n3\n4,5,6\n",
      {},
      "Ragged",
      "rows 3, 4 have another number of cells than row 1 (1 in row 3); expected 2 cells",
    ],
    ["a doubled name", "a,a\n1,2\n", {}, "DuplicateColumn", 'two columns are called "a"'],
    [
      "a missing column",
      "longitude,latitude\n1,2\n",
      { columns: ["lat"] },
      "MissingColumn",
      'there is no column "lat"; expected one of "longitude", "latitude". Did you mean "latitude"?',
    ],
    ["only text", "a,b\nx,y\n", {}, "NoNumericColumns", 'no column of numbers among "a", "b"'],
    ["decimal commas", "a;b\n1,5;2,5\n", {}, "NoNumericColumns", "1.5, not 1,5"],
    [
      "a bad cell",
      "a,b\n1,2\n3,oops\n5,6\n",
      {},
      "NotANumber",
      'column "b" has text in row 3 (first "oops"); expected a number in each of 3 rows',
    ],
    [
      "a text column asked for",
      "a,b\n1,x\n2,y\n",
      { columns: ["b"] },
      "NotANumber",
      'has text in every row (first "x")',
    ],
    [
      "empty cells",
      "a,b\n1,\n3,4\n5,\n",
      {},
      "NotFinite",
      'column "b" is empty or not finite in rows 2, 4 (first "")',
    ],
    ["NaN", "a,b\n1,nan\n3,4\n", {}, "NotFinite", '(first "nan")'],
    ["infinity", "a\n1\n-inf\n3", {}, "NotFinite", 'row 3 (first "-inf")'],
    ["overflow", "a\n1\n1e999\n", {}, "NotFinite", 'row 3 (first "1e999")'],
    ["no columns asked for", "a\n1\n", { columns: [] }, "NoNumericColumns", "no column"],
    ["hexadecimal", "a\n1\n2\n0x10\n", {}, "NotANumber", '"0x10"'],
  ] as const)("refuses %s", (_, text, options, reason, message) => {
    const error = fail(parseCsv(text, options))
    expect(error.reason).toBe(reason)
    expect(error.message).toContain(message)
    expect(error.message).not.toContain("\n")
  })

  it("numbers rows as an editor does: blank lines and line breaks in quotes count", () => {
    const text = 'a,"b\nc"\r\n\r\n1,2\r\n3,x\n4,5\n"7",y\n8,9\n'
    const error = fail(parseCsv(text, { path: "data.csv" }))
    expect(error.rows).toEqual([5, 7])
    expect(error.message).toBe(
      'data.csv: column "b\\nc" has text in rows 5, 7 (first "x"); expected a number in each of 5 rows. Mend or remove these 2 rows, or choose columns without it.',
    )
  })

  it("lists five rows and counts the others", () => {
    const text = `a\n${Array.from({ length: 100 }, (_, i) => (i % 3 === 0 ? "NA" : String(i))).join("\n")}\n`
    expect(fail(parseCsv(text)).message).toContain("rows 2, 5, 8, 11, 14 and 29 more")
  })
})
