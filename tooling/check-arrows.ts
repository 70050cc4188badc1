/**
 * Keeps the arrows between packages pointing one way.
 *
 * dependency-cruiser would be the usual tool, but version 18 reads TypeScript only through the interface of
 * TypeScript 6 and older. The parser that vite brings reads imports just as well, and the rules on
 * package.json, exports and references are our own in either case.
 *
 *   node --conditions=@pushforward/source tooling/check-arrows.ts [root]
 */
import { existsSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve, sep } from "node:path"
import { parseSync } from "vite"
import {
  filesBelow,
  isTypeScript,
  lineAt,
  readPackages,
  workspaceRoot,
  type ExportTarget,
  type Package,
} from "./workspace.ts"

export type Arrows = Readonly<Record<string, ReadonlyArray<string>>>

/** Folder of a package -> folders of ours that it may import. A new package needs a row. */
export const arrows: Arrows = {
  core: [],
  bijectors: ["core"],
  distributions: ["core", "bijectors"],
  made: ["core", "distributions"],
  "flows-maf-iaf": ["core", "bijectors", "distributions", "made"],
  training: ["core", "distributions"],
  "backend-cpu": ["core"],
  "backend-wasm": ["core"],
  graph: ["core"],
  "backend-onnx": ["core", "graph"],
  laws: ["core", "distributions", "graph"],
  data: ["core"],
  plot: ["core", "data"],
  // The facade: everything but the law kit and the command line.
  pushforward: [
    "core",
    "bijectors",
    "distributions",
    "made",
    "flows-maf-iaf",
    "training",
    "backend-cpu",
    "backend-wasm",
    "backend-onnx",
    "graph",
    "data",
    "plot",
  ],
  cli: ["core", "data", "plot", "pushforward", "laws", "backend-cpu", "backend-wasm"],
}

export interface Violation {
  readonly file: string
  readonly line: number
  readonly problem: string
  readonly mend: string
}

export const show = (v: Violation): string => `${v.file}:${v.line}: ${v.problem}. ${v.mend}`

interface Import {
  readonly specifier: string
  readonly line: number
  /** True when type stripping leaves nothing of it, so it cannot close a cycle at run time. */
  readonly typeOnly: boolean
}

/** What a module imports: import, export from, `import()`, and `import("…")` in a type. */
export const importsOf = (file: string, text: string): ReadonlyArray<Import> => {
  const { module, program, errors } = parseSync(file, text)
  const broken = errors[0]
  if (broken !== undefined) throw new Error(`${file}: ${broken.message}`)
  const found: Array<Import> = []
  const add = (specifier: string, offset: number, typeOnly: boolean): void => {
    found.push({ specifier, line: lineAt(text, offset), typeOnly })
  }
  for (const { start, moduleRequest, entries } of module.staticImports) {
    const typeOnly = entries.length > 0 && entries.every((entry) => entry.isType)
    add(moduleRequest.value, start, typeOnly)
  }
  for (const { entries } of module.staticExports) {
    for (const { start, moduleRequest, isType } of entries) {
      if (moduleRequest !== null && moduleRequest !== undefined) {
        add(moduleRequest.value, start, isType)
      }
    }
  }
  for (const { start, moduleRequest } of module.dynamicImports) {
    const literal = /^(["'`])(.*)\1$/s.exec(text.slice(moduleRequest.start, moduleRequest.end))
    if (literal?.[2] !== undefined) add(literal[2], start, false)
  }
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(visit)
    if (typeof node !== "object" || node === null) return
    const { type, source, start } = node as {
      readonly type?: unknown
      readonly source?: { readonly value?: unknown }
      readonly start?: unknown
    }
    if (type === "TSImportType" && typeof source?.value === "string") {
      add(source.value, Number(start), true)
    }
    Object.values(node).forEach(visit)
  }
  visit(program)
  return found
}

const packageNameOf = (specifier: string): string =>
  specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/")

const isExported = (exports: ExportTarget | undefined, subpath: string): boolean => {
  if (typeof exports !== "object" || exports === null) return subpath === "."
  const exact = exports[subpath]
  if (exact !== undefined) return exact !== null
  // As Node does: the longest matching pattern decides, and null closes a path again.
  const pattern = Object.keys(exports)
    .filter((key) => key.includes("*"))
    .filter((key) => {
      const [before = "", after = ""] = key.split("*", 2)
      return (
        subpath.startsWith(before) &&
        subpath.endsWith(after) &&
        subpath.length > before.length + after.length
      )
    })
    .toSorted((a, b) => b.indexOf("*") - a.indexOf("*"))[0]
  return pattern !== undefined && exports[pattern] !== null
}

/** Line of package.json that names a dependency; a key of `bin` or `exports` may have the same name. */
const dependencyLine = (p: Package, target: Package): number =>
  lineAt(
    p.manifestText,
    p.manifestText.search(new RegExp(`"${target.manifest.name}":\\s*"(?!\\.)`)),
  )

const listed = (folders: ReadonlyArray<string>): string =>
  folders.length === 0 ? "no package of ours" : folders.join(", ")

/** Shortest way from `start` back to itself along `next`, or nothing. */
const cycleThrough = (
  start: string,
  next: (node: string) => ReadonlyArray<string>,
): ReadonlyArray<string> | undefined => {
  const queue: Array<ReadonlyArray<string>> = [[start]]
  const seen = new Set<string>()
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    for (const node of next(path.at(-1) as string)) {
      if (node === start) return [...path, node]
      if (!seen.has(node)) {
        seen.add(node)
        queue.push([...path, node])
      }
    }
  }
  return undefined
}

/** One report per cycle, at its first member. */
const cycles = (
  nodes: Iterable<string>,
  next: (node: string) => ReadonlyArray<string>,
): ReadonlyArray<ReadonlyArray<string>> => {
  const reported = new Set<string>()
  const found: Array<ReadonlyArray<string>> = []
  for (const node of nodes) {
    if (reported.has(node)) continue
    const cycle = cycleThrough(node, next)
    if (cycle === undefined) continue
    cycle.forEach((member) => reported.add(member))
    found.push(cycle)
  }
  return found
}

export const checkArrows = (root: string, table: Arrows): ReadonlyArray<Violation> => {
  const packages = readPackages(root)
  const byName = new Map(packages.map((p) => [p.manifest.name, p]))
  const violations: Array<Violation> = []
  const add = (path: string, line: number, problem: string, mend: string): void => {
    violations.push({ file: relative(root, path).split(sep).join("/"), line, problem, mend })
  }
  const nameOf = (folder: string): string =>
    packages.find((p) => p.folder === folder)?.manifest.name ?? folder
  const oursIn = (dependencies: Readonly<Record<string, string>> | undefined): Array<Package> =>
    Object.keys(dependencies ?? {}).flatMap((name) => byName.get(name) ?? [])
  const runtimeDependencies = ({ manifest }: Package): Array<Package> => [
    ...oursIn(manifest.dependencies),
    ...oursIn(manifest.peerDependencies),
    ...oursIn(manifest.optionalDependencies),
  ]

  for (const cycle of cycles(Object.keys(table), (folder) => table[folder] ?? [])) {
    add(
      join(root, "tooling/check-arrows.ts"),
      1,
      `the table of arrows has a cycle: ${cycle.join(" -> ")}`,
      "Take one of these arrows out of the table",
    )
  }

  /** File -> files it needs at run time, for the search for cycles between modules. */
  const needs = new Map<string, Map<string, number>>()

  for (const p of packages) {
    const { name } = p.manifest
    const manifestPath = join(p.dir, "package.json")
    const allowed = table[p.folder]
    if (allowed === undefined) {
      add(
        manifestPath,
        1,
        `${name} has no row in the table of arrows`,
        `Add "${p.folder}" to tooling/check-arrows.ts, with what it may import`,
      )
      continue
    }
    const mayImport = (target: Package): boolean => allowed.includes(target.folder)
    const allowedText = `It may import ${listed(allowed)}`
    const runtime = new Set(runtimeDependencies(p))
    const used = new Set<Package>()

    for (const target of runtime) {
      if (mayImport(target)) continue
      add(
        manifestPath,
        dependencyLine(p, target),
        `${name} may not depend on ${target.manifest.name}`,
        `${allowedText}; move what both need down into one of these, or pass it in as a value`,
      )
    }

    checkReferences(p, runtime, add)

    const inTests = new Set([...runtime, ...oursIn(p.manifest.devDependencies)])
    for (const [folder, isTest] of [
      ["src", false],
      ["test", true],
      ["typetest", true],
    ] as const) {
      for (const file of filesBelow(join(p.dir, folder), isTypeScript)) {
        const text = readFileSync(file, "utf8")
        for (const { specifier, line, typeOnly } of importsOf(file, text)) {
          if (specifier.startsWith(".")) {
            const path = resolve(dirname(file), specifier)
            if (path !== p.dir && !path.startsWith(p.dir + sep)) {
              add(
                file,
                line,
                `"${specifier}" leaves the package`,
                "Import the other package by its name, through its exports",
              )
            } else if (!typeOnly && !isTest && existsSync(path)) {
              const targets = needs.get(file) ?? new Map<string, number>()
              needs.set(file, targets.set(path, line))
            }
            continue
          }
          const target = byName.get(packageNameOf(specifier))
          if (target === undefined) continue
          if (!isTest) used.add(target)
          if (target === p) {
            if (isTest) continue
            add(
              file,
              line,
              `"${specifier}" is this package's own name`,
              "Import the module by its relative path, so that no index closes a cycle",
            )
            continue
          }
          const subpath = `.${specifier.slice(target.manifest.name.length)}`
          if (!isTest && !mayImport(target)) {
            add(
              file,
              line,
              `${name} may not import "${specifier}"`,
              `${allowedText}; move what both need down into one of these, or pass it in as a value`,
            )
          } else if (!(isTest ? inTests : runtime).has(target)) {
            add(
              file,
              line,
              `"${specifier}" is not in package.json`,
              `Add "${target.manifest.name}": "workspace:^" to ${isTest ? "devDependencies" : "dependencies"} of ${name}`,
            )
          } else if (!isExported(target.manifest.exports, subpath)) {
            add(
              file,
              line,
              `"${specifier}" reaches into the internals of ${target.manifest.name}`,
              `Import from "${target.manifest.name}", or add "${subpath}" to its exports`,
            )
          }
        }
      }
    }
    // knip cannot tell: the root depends on every package for the examples, and so excuses them all.
    for (const target of runtime) {
      if (used.has(target) || !mayImport(target)) continue
      add(
        manifestPath,
        dependencyLine(p, target),
        `${name} depends on ${target.manifest.name}, but nothing in src imports it`,
        "Remove it from package.json and from the references of tsconfig.json",
      )
    }
  }

  checkRootReferences(root, packages, add)

  for (const folder of ["examples", "bench"]) {
    for (const file of filesBelow(join(root, folder), isTypeScript)) {
      for (const { specifier, line } of importsOf(file, readFileSync(file, "utf8"))) {
        const path = specifier.startsWith(".") ? resolve(dirname(file), specifier) : undefined
        const target = byName.get(packageNameOf(specifier))
        const reachesIn =
          path === undefined
            ? target !== undefined &&
              !isExported(
                target.manifest.exports,
                `.${specifier.slice(target.manifest.name.length)}`,
              )
            : path.startsWith(join(root, "packages") + sep)
        if (reachesIn) {
          add(
            file,
            line,
            `"${specifier}" reaches into the internals of a package`,
            "Show what a reader can do: import a package by its name, through its exports",
          )
        }
      }
    }
  }

  for (const cycle of cycles(needs.keys(), (file) => [...(needs.get(file)?.keys() ?? [])])) {
    const [first = "", second = ""] = cycle
    add(
      first,
      needs.get(first)?.get(second) ?? 1,
      `modules import each other in a circle: ${cycle.map((file) => relative(root, file)).join(" -> ")}`,
      "Move what both need into a third module, or import types only (import type)",
    )
  }

  for (const cycle of cycles(
    packages.map((p) => p.folder),
    (folder) =>
      packages
        .filter((p) => p.folder === folder)
        .flatMap((p) => runtimeDependencies(p))
        .map((p) => p.folder),
  )) {
    const [first = ""] = cycle
    add(
      join(root, "packages", first, "package.json"),
      1,
      `packages depend on each other in a circle: ${cycle.map(nameOf).join(" -> ")}`,
      "Drop the dependency that points upwards",
    )
  }
  return violations
}

type Add = (path: string, line: number, problem: string, mend: string) => void

interface Reference {
  readonly path: string
}

/** `tsc -b` builds in the order of the references, so they must say what package.json says. */
const checkReferences = (p: Package, runtime: ReadonlySet<Package>, add: Add): void => {
  const path = join(p.dir, "tsconfig.json")
  if (!existsSync(path)) {
    add(path, 1, `${p.manifest.name} has no tsconfig.json`, "Copy the one of packages/bijectors")
    return
  }
  const text = readFileSync(path, "utf8")
  const { references = [] } = JSON.parse(text) as { readonly references?: Array<Reference> }
  const referenced = new Set(references.map((r) => resolve(p.dir, r.path)))
  for (const target of runtime) {
    if (referenced.delete(target.dir)) continue
    add(
      path,
      1,
      `no reference to ${target.manifest.name}, which package.json depends on`,
      `Add { "path": "../${target.folder}" } to references`,
    )
  }
  for (const extra of referenced) {
    add(
      path,
      lineAt(text, text.indexOf(`"${relative(p.dir, extra).split(sep).join("/")}"`)),
      `a reference to ${relative(p.dir, extra)}, which package.json does not depend on`,
      "Remove it, or add the dependency",
    )
  }
}

const checkRootReferences = (root: string, packages: ReadonlyArray<Package>, add: Add): void => {
  const path = join(root, "tsconfig.json")
  if (!existsSync(path)) return
  const { references = [] } = JSON.parse(readFileSync(path, "utf8")) as {
    readonly references?: Array<Reference>
  }
  const referenced = new Set(references.map((r) => resolve(root, r.path)))
  for (const p of packages) {
    if (referenced.has(p.dir)) continue
    add(
      path,
      1,
      `${p.manifest.name} is not built: the workspace's tsconfig.json does not reference it`,
      `Add { "path": "packages/${p.folder}" } to references`,
    )
  }
}

if (import.meta.main) {
  const root = resolve(process.argv[2] ?? workspaceRoot)
  const violations = checkArrows(root, arrows)
  violations.forEach((violation) => console.error(show(violation)))
  if (violations.length > 0) {
    console.error(`arrows: ${violations.length} to mend`)
    process.exitCode = 1
  } else {
    console.log(`arrows: ${readPackages(root).length} packages, none points the wrong way`)
  }
}
