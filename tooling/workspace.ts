import { spawn } from "node:child_process"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

/** The checkout these scripts live in. */
export const workspaceRoot = dirname(dirname(fileURLToPath(import.meta.url)))

type Dependencies = Readonly<Record<string, string>>

export type ExportTarget = string | null | { readonly [condition: string]: ExportTarget }

export interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly version?: string
  readonly exports?: ExportTarget
  readonly dependencies?: Dependencies
  readonly peerDependencies?: Dependencies
  readonly optionalDependencies?: Dependencies
  readonly devDependencies?: Dependencies
}

export interface Package {
  /** Name of the folder under `packages/`, which is also how the table of arrows calls it. */
  readonly folder: string
  readonly dir: string
  readonly manifest: Manifest
  /** Text of package.json, to point at the line of an entry. */
  readonly manifestText: string
}

/** Every package of the workspace, sorted by folder. */
export const readPackages = (root: string): ReadonlyArray<Package> =>
  readdirSync(join(root, "packages"))
    .toSorted()
    .filter((folder) => existsSync(join(root, "packages", folder, "package.json")))
    .map((folder) => {
      const dir = join(root, "packages", folder)
      const manifestText = readFileSync(join(dir, "package.json"), "utf8")
      return { folder, dir, manifest: JSON.parse(manifestText) as Manifest, manifestText }
    })

const skipped = new Set(["node_modules", "dist", "out"])

/** Files below `dir` whose name passes, sorted; none when `dir` is missing. */
export const filesBelow = (
  dir: string,
  passes: (path: string) => boolean,
): ReadonlyArray<string> => {
  if (!existsSync(dir)) return []
  return readdirSync(dir, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(dir, entry.name)
      if (entry.isDirectory()) return skipped.has(entry.name) ? [] : filesBelow(path, passes)
      return passes(path) ? [path] : []
    })
}

export const isTypeScript = (path: string): boolean => /\.m?ts$/.test(path)

/** 1-based line of an offset. */
export const lineAt = (text: string, offset: number): number =>
  text.slice(0, offset).split("\n").length

export interface Ran {
  readonly code: number
  readonly output: string
}

/** Runs a program to its end and keeps what it said; never throws for a bad exit. */
export const run = (
  command: string,
  args: ReadonlyArray<string>,
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Ran> =>
  new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? workspaceRoot,
      env: { ...process.env, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    })
    let output = ""
    const keep = (chunk: Buffer): void => {
      output += chunk.toString("utf8")
    }
    child.stdout.on("data", keep)
    child.stderr.on("data", keep)
    child.on("error", (error) => resolve({ code: 127, output: `${output}${error.message}\n` }))
    child.on("close", (code) => resolve({ code: code ?? 1, output }))
  })

/** Maps with at most `width` at a time, keeping the order; the machines of CI have two cores. */
export const mapConcurrently = async <A, B>(
  items: ReadonlyArray<A>,
  width: number,
  f: (item: A) => Promise<B>,
): Promise<ReadonlyArray<B>> => {
  const results: Array<B> = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++
      // One item after the other is what bounds the width.
      results[index] = await f(items[index] as A)
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker))
  return results
}
