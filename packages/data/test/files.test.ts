import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"
import { chmod, lstat, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { checkWritable, DataError, fromRows, readTable, toRows, writeCsv } from "@pushforward/data"
import { Effect, FileSystem, PlatformError, Result } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

let folder = ""
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pushforward-data-"))
})
afterAll(() => rm(folder, { recursive: true }))

const run = <A, E>(effect: Effect.Effect<A, E, FileSystem.FileSystem>): Promise<A> =>
  Effect.runPromise(Effect.provide(effect, NodeServices.layer))
const table = Result.getOrThrow(
  fromRows(
    [
      [0.1, -0],
      [1e-300, 3],
    ],
    ["x", "y"],
  ),
)

const refuses = async (name: string, bytes: string | Uint8Array): Promise<DataError> => {
  await writeFile(join(folder, name), bytes)
  return run(Effect.flip(readTable(join(folder, name))))
}

describe("readTable", () => {
  it("reads plain, gzipped and UTF-16 files", async () => {
    const utf16 = new Uint8Array([0xff, 0xfe, ...Buffer.from("a\tb\r\n1\t2\r\n", "utf16le")])
    const files = { "a.csv": "a,b\n1,2\n", "b.csv.gz": gzipSync("a,b\n1,2\n"), "c.tsv": utf16 }
    for (const [name, bytes] of Object.entries(files)) {
      await writeFile(join(folder, name), bytes)
      expect(toRows(await run(readTable(join(folder, name))))).toEqual([[1, 2]])
    }
  })

  it("passes options on", async () => {
    await writeFile(join(folder, "o.csv"), "a,b,c\n1,2,x\n")
    const read = await run(readTable(join(folder, "o.csv"), { columns: ["b"] }))
    expect(read).toMatchObject({ columns: ["b"], rows: 1, skipped: [] })
  })

  it("names the file in every error", async () => {
    const error = await refuses("bad.csv", "a\n1\nx\n2\n")
    expect(error.message).toMatch(/bad\.csv: column "a" has text in row 3 \(first "x"\)/)
    expect(error.path).toBe(join(folder, "bad.csv"))
  })

  it("refuses a missing file, a folder, damaged gzip, other encodings", async () => {
    const missing = await run(Effect.flip(readTable(join(folder, "none.csv"))))
    expect(missing.reason).toBe("MissingFile")
    expect(missing.message).toMatch(/none\.csv: there is no such file; expected a CSV file\./)
    expect((await run(Effect.flip(readTable(folder)))).reason).toBe("Unreadable")
    const cut = gzipSync("a,b\n1,2\n".repeat(1000)).subarray(0, 40)
    expect((await refuses("cut.csv.gz", cut)).message).toContain("damaged or cut off")
    expect((await refuses("latin.csv", Uint8Array.of(0x61, 0xe9, 0x0a, 0x31))).message).toContain(
      "not UTF-8",
    )
    expect((await refuses("empty.csv", "")).reason).toBe("EmptyFile")
  })

  it.skipIf(process.getuid?.() === 0)("says when permission is missing", async () => {
    await writeFile(join(folder, "secret.csv"), "a\n1\n")
    await chmod(join(folder, "secret.csv"), 0)
    const error = await run(Effect.flip(readTable(join(folder, "secret.csv"))))
    expect(error.message).toContain("Check its permissions.")
  })
})

describe("writeCsv", () => {
  it("round trip: readTable(writeCsv(table)) = table", async () => {
    for (const name of ["out.csv", "out.csv.gz"]) {
      const path = join(folder, name)
      await run(writeCsv(path, table))
      const { skipped: _, ...read } = await run(readTable(path))
      expect(read).toEqual(table)
    }
    expect(await readFile(join(folder, "out.csv"), "utf8")).toBe("x,y\n0.1,-0\n1e-300,3\n")
    expect((await readFile(join(folder, "out.csv.gz")))[0]).toBe(0x1f)
  })

  it("leaves the old file and nothing else when it fails", async () => {
    const path = join(folder, "kept.csv")
    await writeFile(path, "old")
    const failing = Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const rename: typeof files.rename = () =>
        Effect.fail(
          PlatformError.systemError({ _tag: "PermissionDenied", module: "test", method: "rename" }),
        )
      return yield* writeCsv(path, table).pipe(
        Effect.provideService(FileSystem.FileSystem, { ...files, rename }),
        Effect.flip,
      )
    })
    const error = await run(failing)
    expect(error).toBeInstanceOf(DataError)
    expect(error.reason).toBe("Unwritable")
    expect(await readFile(path, "utf8")).toBe("old")
    expect((await readdir(folder)).filter((name) => name.includes(".tmp"))).toEqual([])
  })

  it("writes through a link, which stays one", async () => {
    const [path, link] = [join(folder, "target.csv"), join(folder, "link.csv")]
    await writeFile(path, "old and longer than what comes instead of it")
    await symlink(path, link)
    await run(writeCsv(link, table))
    expect((await lstat(link)).isSymbolicLink()).toBe(true)
    expect(await readFile(path, "utf8")).toBe("x,y\n0.1,-0\n1e-300,3\n")
  })

  it.skipIf(process.platform === "win32")("writes into a pipe, which stays one", async () => {
    const path = join(folder, "pipe.csv")
    execFileSync("mkfifo", [path])
    const [read] = await Promise.all([readFile(path, "utf8"), run(writeCsv(path, table))])
    expect(read).toBe("x,y\n0.1,-0\n1e-300,3\n")
    expect((await lstat(path)).isFIFO()).toBe(true)
  })

  it("says what the system says: a folder, a disk without room", async () => {
    const place = await run(Effect.flip(writeCsv(folder, table)))
    expect(place.message).toMatch(/cannot be written \(EISDIR: .*Choose another path/)
    const cause = new Error("ENOSPC: no space left on device, write")
    const full = Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const failing: typeof files.writeFile = () =>
        Effect.fail(
          PlatformError.systemError({ _tag: "Unknown", module: "test", method: "write", cause }),
        )
      return yield* writeCsv(join(folder, "full.csv"), table).pipe(
        Effect.provideService(FileSystem.FileSystem, { ...files, writeFile: failing }),
        Effect.flip,
      )
    })
    expect((await run(full)).message).toMatch(/\(ENOSPC: no space left.*Free some space/)
  })

  it("says when the folder does not exist", async () => {
    const error = await run(Effect.flip(writeCsv(join(folder, "no", "out.csv"), table)))
    expect(error.message).toContain("Make the folder first.")
    expect(existsSync(join(folder, "no"))).toBe(false)
  })
})

describe("checkWritable", () => {
  it("fails as writing would, and leaves nothing", async () => {
    const before = await readdir(folder)
    await run(checkWritable(join(folder, "later.csv")))
    expect(await readdir(folder)).toEqual(before)
    for (const path of [folder, join(folder, "no", "out.csv")]) {
      const error = await run(Effect.flip(checkWritable(path)))
      expect(error.message).toBe((await run(Effect.flip(writeCsv(path, table)))).message)
    }
  })

  it("leaves what is there: files, and pipes without a writer", async () => {
    const path = join(folder, "there.csv")
    await writeFile(path, "old")
    await run(checkWritable(path))
    expect(await readFile(path, "utf8")).toBe("old")
    if (process.platform !== "win32") {
      execFileSync("mkfifo", [join(folder, "waiting.csv")])
      await run(checkWritable(join(folder, "waiting.csv")))
    }
  })
})

describe("examples/data/calgary-incidents.csv", () => {
  it("reads as two columns of numbers, two of text", async () => {
    const path = new URL("../../../examples/data/calgary-incidents.csv", import.meta.url).pathname
    const read = await run(readTable(path))
    expect(read).toMatchObject({ columns: ["lon", "lat"], rows: 62347 })
    expect(read.skipped).toEqual(["start_local", "quadrant"])
  })
})
