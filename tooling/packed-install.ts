/**
 * Installs packed tarballs into empty npm projects and uses them there, as a reader would:
 *
 * 1. `core`, `bijectors` and `backend-cpu` alone, on tensors, type-checked and run;
 * 2. `pushforward verify` on the plugin of docs/guides/add-a-bijector.md, which must hold every law, and on
 *    the same plugin with the sign of its log-det flipped, which must not.
 *
 *   node tooling/packed-install.ts [--keep]
 */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { stripTypeScriptTypes } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { codeLines } from "./docs-examples.ts"
import { buildAndPack } from "./pack.ts"
import { readPackages, run, workspaceRoot, type Package } from "./workspace.ts"

const guide = "docs/guides/add-a-bijector.md"

/** What the guide promises; blank lines and comments are not counted. */
const maxPluginLines = 30

/** Peers that the reader brings; everything else comes with our packages. */
const peers = ["@tensorflow/tfjs-core", "effect"]

/** What tooling/packed/on-tensors.ts must print. */
const onTensors = "cpu: y 3.0000 6.4366, log-det 0.6931 1.6931, back 0.0000 1.0000"

/** The code of the guide's plugin: its first ts block that begins with the file's name. */
export const pluginOf = (markdown: string): string => {
  const block = /^```ts[^\n]*\n(\/\/ leaky-relu\.ts\n[^]*?)^```$/m.exec(markdown)
  if (block?.[1] === undefined) {
    throw new Error(`${guide} has no ts block that begins with "// leaky-relu.ts"`)
  }
  return block[1]
}

/** Flips the sign of every logarithm, and with it of every log-det that is one. */
export const flipLogDet = (source: string): string => {
  let flipped = ""
  let rest = source
  for (
    let call = /\b(?:tf\.)?log\(/.exec(rest);
    call !== null;
    call = /\b(?:tf\.)?log\(/.exec(rest)
  ) {
    const open = call.index + call[0].length
    let depth = 1
    let end = open
    while (depth > 0 && end < rest.length) {
      if (rest[end] === "(") depth += 1
      if (rest[end] === ")") depth -= 1
      end += 1
    }
    const negate = call[0].startsWith("tf.") ? "tf.neg" : "neg"
    flipped += `${rest.slice(0, call.index)}${negate}(${rest.slice(call.index, end)})`
    rest = rest.slice(end)
  }
  if (flipped === "")
    throw new Error(`The plugin of ${guide} has no log( whose sign could be flipped`)
  return flipped + rest
}

/** A package and everything of ours that it needs at run time. */
const closure = (folders: ReadonlyArray<string>): ReadonlyArray<Package> => {
  const packages = readPackages(workspaceRoot)
  const all = new Map(packages.map((p) => [p.manifest.name, p]))
  const found = new Set<Package>()
  const visit = (p: Package): void => {
    if (found.has(p)) return
    found.add(p)
    for (const name of Object.keys(p.manifest.dependencies ?? {})) {
      const next = all.get(name)
      if (next !== undefined) visit(next)
    }
  }
  packages.filter((p) => folders.includes(p.folder)).forEach(visit)
  return [...found]
}

const { devDependencies } = JSON.parse(
  readFileSync(join(workspaceRoot, "package.json"), "utf8"),
) as { readonly devDependencies: Readonly<Record<string, string>> }

let failures = 0
const expectRan = (
  what: string,
  { code, output }: { readonly code: number; readonly output: string },
  expected: { readonly code: number; readonly prints?: string },
): void => {
  const good =
    code === expected.code && (expected.prints === undefined || output.includes(expected.prints))
  console.log(`${good ? "ok  " : "FAIL"} ${what}`)
  if (good) return
  failures += 1
  const printing = expected.prints === undefined ? "" : ` and "${expected.prints}"`
  console.error(`expected exit ${expected.code}${printing}, got exit ${code} and\n${output}`)
}

/** An empty npm project with exactly these tarballs and the peers. */
const install = async (dir: string, tarballs: ReadonlyArray<string>): Promise<boolean> => {
  mkdirSync(dir)
  writeFileSync(
    join(dir, "package.json"),
    JSON.stringify({ name: "reader", private: true, type: "module" }),
  )
  const versions = peers.map((name) => `${name}@${devDependencies[name]}`)
  const installed = await run(
    "npm",
    [
      "install",
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
      // ONNX Runtime's install script fetches GPU libraries from elsewhere; the CPU ones are in the package.
      "--onnxruntime-node-install=skip",
      ...tarballs,
      ...versions,
    ],
    { cwd: dir },
  )
  expectRan(`npm install of ${tarballs.length} tarballs into an empty project`, installed, {
    code: 0,
  })
  return installed.code === 0
}

const alone = async (dir: string, tarballs: ReadonlyArray<string>): Promise<void> => {
  if (!(await install(dir, tarballs))) return
  copyFileSync(join(workspaceRoot, "tooling/packed/on-tensors.ts"), join(dir, "on-tensors.ts"))
  // Neither the source condition nor Node's types: what a reader's own tsconfig would see.
  writeFileSync(
    join(dir, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        noEmit: true,
        strict: true,
        target: "ES2024",
        lib: ["ES2024", "DOM"],
        module: "nodenext",
        types: [],
        skipLibCheck: true,
      },
      include: ["on-tensors.ts"],
    }),
  )
  const tsc = join(workspaceRoot, "node_modules/.bin/tsc")
  expectRan("core, bijectors, backend-cpu: types", await run(tsc, ["-p", dir]), { code: 0 })
  expectRan(
    "core, bijectors, backend-cpu: on tensors",
    await run(process.execPath, ["on-tensors.ts"], { cwd: dir }),
    { code: 0, prints: onTensors },
  )
}

/** Names of the laws that are required and that `verify --json` reports as broken; nothing without a report. */
const failedLaws = (output: string): ReadonlyArray<string> | undefined => {
  const json = output.split("\n").findLast((line) => line.startsWith("{"))
  if (json === undefined) return undefined
  const { laws } = JSON.parse(json) as {
    readonly laws: ReadonlyArray<{ law: string; grade: string; ok: boolean }>
  }
  const required = laws.filter(({ grade }) => grade === "required")
  return required.length === 0 ? undefined : required.flatMap(({ law, ok }) => (ok ? [] : [law]))
}

const verify = async (dir: string, tarballs: ReadonlyArray<string>): Promise<void> => {
  if (!(await install(dir, tarballs))) return
  const plugin = pluginOf(readFileSync(join(workspaceRoot, guide), "utf8"))
  expectRan(
    `the guide's plugin has at most ${maxPluginLines} lines`,
    { code: codeLines(plugin) <= maxPluginLines ? 0 : 1, output: `${codeLines(plugin)} lines` },
    { code: 0 },
  )
  for (const [file, source, broken] of [
    ["leaky-relu.js", plugin, false],
    ["broken-leaky-relu.js", flipLogDet(plugin), true],
  ] as const) {
    writeFileSync(join(dir, file), stripTypeScriptTypes(source))
    // One after the other: each wants both cores.
    const { code, output } = await run(
      "npx",
      ["--no", "pushforward", "verify", `./${file}`, "--json"],
      { cwd: dir },
    )
    const failed = failedLaws(output)
    // A crash exits with 1 as well, so what failed must be the law that was broken.
    const good = broken
      ? failed?.some((law) => law.includes("log-det")) === true
      : failed?.length === 0
    expectRan(
      `pushforward verify ./${file}: ${failed === undefined ? "no report" : `${failed.length} laws broken`}`,
      { code: good ? code : 2, output },
      { code: broken ? 1 : 0 },
    )
  }
}

/** Packs the packages of these folders into a folder of their own, then tries them; says so when they do not build. */
const attempt = async (
  dir: string,
  packages: ReadonlyArray<Package>,
  use: (dir: string, tarballs: ReadonlyArray<string>) => Promise<void>,
): Promise<void> => {
  mkdirSync(dir)
  try {
    await use(join(dir, "project"), await buildAndPack(packages, dir))
  } catch (error) {
    failures += 1
    console.error(error instanceof Error ? error.message : error)
  }
}

if (import.meta.main) {
  const temporary = mkdtempSync(join(tmpdir(), "pushforward-packed-"))
  try {
    await attempt(
      join(temporary, "alone"),
      // Without what these need of ours: that is nothing but each other.
      readPackages(workspaceRoot).filter((p) =>
        ["core", "bijectors", "backend-cpu"].includes(p.folder),
      ),
      alone,
    )
    await attempt(join(temporary, "verify"), closure(["cli", "bijectors"]), verify)
  } finally {
    if (process.argv.includes("--keep")) console.log(`kept in ${temporary}`)
    else rmSync(temporary, { recursive: true, force: true })
  }
  console.log(failures === 0 ? "packed install: works" : `packed install: ${failures} to mend`)
  process.exitCode = failures === 0 ? 0 : 1
}
