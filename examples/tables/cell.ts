import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { fit, type FitRowsOptions, type FlatRows, splitRows } from "pushforward"

/** Held-out log densities of one table and seed, in nats: a number for each row, the same rows for all. */
export interface Cell {
  readonly rows: number
  readonly columns: number
  readonly flow: ReadonlyArray<number>
  readonly seconds: number
  readonly epochs: number
  readonly bestEpoch: number
  /** Absent where no Python has scikit-learn. */
  readonly peers: Readonly<Record<"gaussian" | "mixture", ReadonlyArray<number>>> | undefined
}

/** A Python that has scikit-learn: Debian's comes with the package `python3-sklearn`. */
const python = ["/usr/bin/python3", "python3"].find(
  (command) => spawnSync(command, ["-c", "import sklearn"]).status === 0,
)

const peersOf = async (rows: FlatRows, seed: number, place: string): Promise<Cell["peers"]> => {
  if (python === undefined) return undefined
  const { train, heldOut } = await splitRows(rows, { seed })
  mkdirSync(place, { recursive: true })
  writeFileSync(join(place, "train.f64"), train.values)
  writeFileSync(join(place, "heldOut.f64"), heldOut.values)
  const script = fileURLToPath(new URL("peers.py", import.meta.url))
  const { status, stdout, stderr } = spawnSync(
    python,
    [script, place, String(rows.columns), String(seed)],
    {
      encoding: "utf8",
      maxBuffer: 2 ** 28,
      env: { ...process.env, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" },
    },
  )
  rmSync(place, { recursive: true })
  if (status !== 0) throw new Error(`peers.py failed: ${stderr.trim().split("\n").at(-1)}`)
  return JSON.parse(stdout) as Cell["peers"]
}

const flowOf = async (rows: FlatRows, seed: number, options: FitRowsOptions) => {
  const model = await fit(rows, { ...options, seed })
  const { heldOut } = await splitRows(rows, { seed })
  const { seconds, epochs, bestEpoch } = model.record
  return { flow: Array.from(await model.logProb(heldOut)), seconds, epochs, bestEpoch }
}

/** What a file holds, or what is made and written there. */
const kept = async <A>(path: string, make: () => Promise<A>): Promise<A> => {
  if (existsSync(path)) return JSON.parse(readFileSync(path, "utf8")) as A
  const made = await make()
  writeFileSync(`${path}.part`, JSON.stringify(made))
  renameSync(`${path}.part`, path)
  return made
}

/**
 * One table and one seed: the default recipe, a Gaussian, and a mixture of ten, fitted to the same rows and scored by the
 * same rows. What is in the folder is not done again.
 */
export const cell = async (
  name: string,
  rows: FlatRows,
  seed: number,
  folder: string,
  options: FitRowsOptions = {},
): Promise<Cell> => {
  mkdirSync(folder, { recursive: true })
  const peers = await kept(join(folder, `${name}-${seed}-peers.json`), async () => ({
    peers: await peersOf(rows, seed, join(folder, `${name}-${seed}-rows`)),
  }))
  const flow = await kept(join(folder, `${name}-${seed}-flow.json`), () =>
    flowOf(rows, seed, options),
  )
  return { rows: rows.values.length / rows.columns, columns: rows.columns, ...peers, ...flow }
}
