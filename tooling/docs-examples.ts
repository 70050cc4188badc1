/**
 * Runs what the documentation shows.
 *
 * Every block fenced as ```ts in README.md, docs/, the packages' READMEs and the JSDoc of the packages'
 * sources is a module of its own. All of them are type-checked together, then run from source:
 *
 * - `expr // => value` (also on the line after the statement) compares what `expr` is with what is
 *   written. A number agrees when it rounds to the digits written; one without a decimal point agrees
 *   to six digits. `console.log(a, b) // => a b` compares the printed line.
 * - ```ts no-run is type-checked only.
 * - A block that begins with `// some-name.ts` is a file of that name for the other blocks of its page.
 * - Blocks of the top README have at most ten lines; blank lines and lines of comment are not counted.
 *
 * They run in a scratch folder where `examples` and `docs` stand as in the checkout, so a block may save files.
 *
 *   node --conditions=@pushforward/source tooling/docs-examples.ts [root]
 */
import { fork } from "node:child_process"
import { mkdirSync, readFileSync, existsSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { basename, dirname, join, relative, resolve, sep } from "node:path"
import { pathToFileURL } from "node:url"
import { format, inspect } from "node:util"
import { parseSync } from "vite"
import {
  filesBelow,
  isTypeScript,
  lineAt,
  mapConcurrently,
  readPackages,
  run,
  workspaceRoot,
} from "./workspace.ts"

export interface Block {
  /** Page or source file, relative to the root. */
  readonly file: string
  /** 1-based line of the first line of code. */
  readonly line: number
  readonly code: string
  readonly run: boolean
}

export interface Problem {
  readonly file: string
  readonly line: number
  readonly message: string
}

const fence = /^(\s*)(`{3,}|~{3,})(.*)$/

/** Blocks fenced as ts among lines of Markdown; other languages are passed over. */
const blocksOf = (
  file: string,
  lines: ReadonlyArray<string>,
  firstLine: number,
  problems: Array<Problem>,
): ReadonlyArray<Block> => {
  const blocks: Array<Block> = []
  let open:
    | { indent: string; marks: string; info: string; line: number; code: Array<string> }
    | undefined
  lines.forEach((text, index) => {
    const [, indent = "", marks = "", info = ""] = fence.exec(text) ?? []
    if (open === undefined) {
      if (marks !== "")
        open = { indent, marks, info: info.trim(), line: firstLine + index, code: [] }
      return
    }
    if (!(marks.startsWith(open.marks) && info.trim() === "")) {
      open.code.push(
        text.startsWith(open.indent) ? text.slice(open.indent.length) : text.trimStart(),
      )
      return
    }
    const [language, ...words] = open.info.split(/\s+/)
    if (language === "ts" || language === "typescript") {
      const unknown = words.filter((word) => word !== "no-run")
      if (unknown.length > 0) {
        // A mistyped no-run would otherwise be taken for a block to run, or the other way round.
        problems.push({
          file,
          line: open.line,
          message: `unknown word "${unknown.join(" ")}" after \`\`\`ts. The only one is no-run`,
        })
      }
      blocks.push({
        file,
        line: open.line + 1,
        code: open.code.join("\n"),
        run: !words.includes("no-run"),
      })
    }
    open = undefined
  })
  if (open !== undefined) {
    problems.push({ file, line: open.line, message: "this fence is never closed" })
  }
  return blocks
}

/** JSDoc comments of a source, as Markdown lines with their place. */
const jsDocBlocks = (file: string, text: string, problems: Array<Problem>): ReadonlyArray<Block> =>
  parseSync(file, text)
    .comments.filter(({ type, value }) => type === "Block" && value.startsWith("*"))
    .flatMap(({ start, value }) =>
      blocksOf(
        file,
        value
          .slice(1)
          .split("\n")
          .map((line) => line.replace(/^\s*\* ?/, "")),
        lineAt(text, start),
        problems,
      ),
    )

const maxReadmeLines = 10

/** Lines that say something to the machine. */
export const codeLines = (code: string): number =>
  code.split("\n").filter((line) => line.trim() !== "" && !line.trimStart().startsWith("//")).length

export const collect = (
  root: string,
): { readonly blocks: ReadonlyArray<Block>; readonly problems: ReadonlyArray<Problem> } => {
  const problems: Array<Problem> = []
  const read = (path: string): readonly [file: string, text: string] => [
    relative(root, path).split(sep).join("/"),
    readFileSync(path, "utf8"),
  ]
  const packages = readPackages(root)
  const pages = [
    join(root, "README.md"),
    ...filesBelow(join(root, "docs"), (path) => path.endsWith(".md")),
    ...packages.map((p) => join(p.dir, "README.md")),
  ].filter((path) => existsSync(path))
  const sources = packages.flatMap((p) => filesBelow(join(p.dir, "src"), isTypeScript))
  const blocks = [
    ...pages.flatMap((path) => {
      const [file, text] = read(path)
      return blocksOf(file, text.split("\n"), 1, problems)
    }),
    ...sources.flatMap((path) => {
      const [file, text] = read(path)
      return text.includes("```") ? jsDocBlocks(file, text, problems) : []
    }),
  ]
  for (const { file, line, code } of blocks) {
    if (file === "README.md" && codeLines(code) > maxReadmeLines) {
      problems.push({
        file,
        line,
        message: `${codeLines(code)} lines of code; the README shows each way in at most ${maxReadmeLines}. Move the rest to docs/guides`,
      })
    }
  }
  return { blocks, problems }
}

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Node).type === "string"

const statementsOf = (program: unknown): ReadonlyArray<Node> => {
  const found: Array<Node> = []
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit)
    if (!isNode(value)) return
    if (value.type === "ExpressionStatement" || value.type === "VariableDeclaration")
      found.push(value)
    Object.values(value).forEach(visit)
  }
  visit(program)
  return found
}

/** Name under which the running modules find the comparison. */
const hook = "~docs"

/**
 * Puts a comparison behind every statement that has a `// =>` comment. Lines keep their numbers.
 */
export const instrument = (
  block: Block,
): {
  readonly code: string
  readonly expectations: number
  readonly problems: ReadonlyArray<Problem>
} => {
  const { file, line, code } = block
  const { program, comments, errors } = parseSync("block.ts", code)
  const broken = errors[0]
  if (broken !== undefined) {
    return { code, expectations: 0, problems: [{ file, line, message: broken.message }] }
  }
  const statements = statementsOf(program)
  const problems: Array<Problem> = []
  const edits: Array<readonly [start: number, end: number, text: string]> = []
  for (const comment of comments) {
    const expected = /^\s*=>(.*)$/.exec(comment.value)?.[1]?.trim()
    if (comment.type !== "Line" || expected === undefined) continue
    const at = line + lineAt(code, comment.start) - 1
    // The innermost statement that ends right before the comment, but for blanks.
    const statement = statements
      .filter((s) => s.end <= comment.start && code.slice(s.end, comment.start).trim() === "")
      .toSorted((a, b) => b.end - a.end || b.start - a.start)[0]
    if (statement === undefined) {
      problems.push({
        file,
        line: at,
        message: `"// => ${expected}" stands behind no expression. Put it at the end of the statement`,
      })
      continue
    }
    const check = (values: string): string =>
      `globalThis[${JSON.stringify(hook)}].check(${at}, ${JSON.stringify(expected)}, ${values});`
    if (statement.type === "VariableDeclaration") {
      const last = (statement["declarations"] as ReadonlyArray<{ readonly id: Node }>).at(-1)?.id
      if (last?.type !== "Identifier") {
        problems.push({
          file,
          line: at,
          message: `"// => ${expected}" needs one name on the left of =. Put the expectation on a line of its own name`,
        })
        continue
      }
      edits.push([statement.end, statement.end, `; ${check(`[${String(last["name"])}]`)}`])
      continue
    }
    const expression = statement["expression"] as Node
    const callee = expression["callee"] as Node | undefined
    const isLog =
      expression.type === "CallExpression" &&
      callee !== undefined &&
      code.slice(callee.start, callee.end) === "console.log"
    const values = isLog
      ? (expression["arguments"] as ReadonlyArray<Node>).map(({ start, end }) =>
          code.slice(start, end),
        )
      : [code.slice(expression.start, expression.end)]
    // A leading semicolon, since the statement before may rely on the line break.
    edits.push([statement.start, statement.end, `;${check(`[${values.join(", ")}]`)}`])
  }
  const instrumented = edits
    .toSorted((a, b) => b[0] - a[0])
    .reduce((text, [start, end, insert]) => text.slice(0, start) + insert + text.slice(end), code)
  return { code: instrumented, expectations: edits.length, problems }
}

/** Typed arrays print as the plain arrays that people write down. */
const plain = (value: unknown): unknown => {
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return Array.from(value as unknown as ArrayLike<unknown>)
  }
  if (Array.isArray(value)) return value.map(plain)
  if (
    typeof value === "object" &&
    value !== null &&
    Object.getPrototypeOf(value) === Object.prototype
  ) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
  }
  return value
}

const printed = (values: ReadonlyArray<unknown>, topLevelStrings: "quoted" | "bare"): string =>
  values
    .map(plain)
    .map((value) =>
      typeof value === "string" && topLevelStrings === "bare"
        ? format(value)
        : inspect(value, { depth: Infinity, maxArrayLength: null, breakLength: Infinity }),
    )
    .join(" ")

const number = /-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?/gi

/** Text between the numbers without blanks, kinds of quotes and kinds of arrays, and the numbers. */
const skeleton = (text: string): readonly [rest: string, numbers: ReadonlyArray<string>] => {
  const numbers: Array<string> = []
  const rest = text
    .replaceAll(/['`]/g, '"')
    .replaceAll(/\b\w+Array(?:\(\d+\))? ?(?=\[)/g, "")
    .replaceAll(number, (found) => {
      numbers.push(found)
      return "#"
    })
    .replaceAll(/\s+/g, "")
    .replaceAll(/,([\]}])/g, "$1")
  return [rest, numbers]
}

const agrees = (actual: string, expected: string): boolean => {
  const [a, e] = [Number(actual), Number(expected)]
  if (Object.is(a, e)) return true
  const [mantissa = "", exponent = "0"] = expected.toLowerCase().split("e")
  const decimals = mantissa.split(".")[1]?.length ?? 0
  const lastDigit = decimals === 0 ? 0 : 0.5 * 10 ** (Number(exponent) - decimals)
  return Math.abs(a - e) <= lastDigit * (1 + 1e-9) + 1e-6 * Math.max(1e-6, Math.abs(e))
}

/** Whether values print as expected, numbers compared by the digits that are written. */
export const matches = (values: ReadonlyArray<unknown>, expected: string): boolean =>
  (["quoted", "bare"] as const).some((strings) => {
    const [restA, numbersA] = skeleton(printed(values, strings))
    const [restE, numbersE] = skeleton(expected)
    return (
      restA === restE &&
      numbersA.length === numbersE.length &&
      numbersA.every((actual, i) => agrees(actual, numbersE[i] as string))
    )
  })

interface Job {
  readonly file: string
  readonly line: number
  readonly path: string
}

interface Mismatch {
  readonly line: number
  readonly message: string
}

/** What the child says: a comparison that failed, what it threw, or that the module came to its end. */
type Message = Mismatch | "end"

/** In the child: imports the module and says how it went. */
const runBlock = async (path: string, firstLine: number): Promise<void> => {
  const say = (message: Message): void => void process.send?.(message)
  const check = (line: number, expected: string, values: ReadonlyArray<unknown>): void => {
    if (matches(values, expected)) return
    say({ line, message: `expected ${expected}, got ${printed(values, "quoted")}` })
  }
  Object.assign(globalThis, { [hook]: { check } })
  try {
    await import(pathToFileURL(path).href)
  } catch (error) {
    const stack = error instanceof Error ? (error.stack ?? "") : ""
    const at = /^:(\d+)/.exec(stack.split(`/${basename(path)}`)[1] ?? "")?.[1]
    say({
      line: at === undefined ? firstLine : Number(at),
      message: `threw ${error instanceof Error ? `${error.name}: ${error.message}` : inspect(error)}`,
    })
  }
  say("end")
  process.disconnect()
}

const secondsPerBlock = 120

/**
 * Runs one block as a program of its own: TensorFlow.js has one engine per process, so a block would
 * otherwise see the backend and the leftovers of the one before.
 */
const runJob = ({ file, line, path }: Job, cwd: string): Promise<ReadonlyArray<Problem>> =>
  new Promise((done) => {
    const problems: Array<Problem> = []
    let ended = false
    let noise = ""
    const child = fork(import.meta.filename, ["--run-block", path, String(line)], {
      cwd,
      execArgv: ["--conditions=@pushforward/source"],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    })
    const timer = setTimeout(() => {
      problems.push({ file, line, message: `did not end within ${secondsPerBlock} s` })
      ended = true
      child.kill("SIGKILL")
    }, secondsPerBlock * 1000)
    const keep = (chunk: Buffer): void => {
      noise += chunk.toString("utf8")
    }
    child.stdout?.on("data", keep)
    child.stderr?.on("data", keep)
    child.on("message", (raw) => {
      const message = raw as Message
      if (message === "end") ended = true
      else problems.push({ file, ...message })
    })
    child.on("close", (code, signal) => {
      clearTimeout(timer)
      if (!ended) {
        const how = signal ?? `exit code ${code}`
        problems.push({
          file,
          line,
          message: `the process ended (${how}) before this block did. ${noise.slice(-500)}`,
        })
      }
      done(problems)
    })
  })

const typeErrors = async (
  folder: string,
  root: string,
  fileOf: ReadonlyMap<string, string>,
): Promise<ReadonlyArray<Problem>> => {
  const tsc = join(workspaceRoot, "node_modules/.bin/tsc")
  const { code, output } = await run(tsc, ["-p", folder, "--pretty", "false"], { cwd: root })
  const problems = output.split("\n").flatMap((text): Array<Problem> => {
    const [, path = "", line = "", message = ""] =
      /^(.+?)\((\d+),\d+\): (error .*)$/.exec(text) ?? []
    if (message === "") return []
    const file = fileOf.get(resolve(root, path)) ?? path
    return [{ file, line: Number(line), message }]
  })
  return code !== 0 && problems.length === 0
    ? [{ file: "tsconfig.json", line: 1, message: output }]
    : problems
}

export interface Outcome {
  readonly blocks: number
  readonly ran: number
  readonly expectations: number
  readonly problems: ReadonlyArray<Problem>
}

/** Collects, type-checks and runs. `root` must be inside a workspace, for its imports to resolve. */
export const checkDocs = async (root: string): Promise<Outcome> => {
  const { blocks, problems: found } = collect(root)
  const problems: Array<Problem> = [...found]
  const scratch = join(root, ".docs-examples")
  rmSync(scratch, { recursive: true, force: true })
  mkdirSync(join(scratch, "cwd"), { recursive: true })
  for (const name of ["examples", "docs"]) {
    if (existsSync(join(root, name))) symlinkSync(join(root, name), join(scratch, "cwd", name))
  }
  const base = existsSync(join(root, "tsconfig.test.json")) ? root : workspaceRoot
  writeFileSync(
    join(scratch, "tsconfig.json"),
    JSON.stringify({
      extends: relative(scratch, join(base, "tsconfig.test.json")),
      compilerOptions: {
        rootDir: relative(scratch, workspaceRoot),
        incremental: false,
        tsBuildInfoFile: null,
      },
      include: ["types"],
      exclude: [],
    }),
  )
  // Blocks are modules even where a page shows neither an import nor an export.
  writeFileSync(join(scratch, "package.json"), JSON.stringify({ type: "module", private: true }))

  const jobs: Array<Job> = []
  const fileOf = new Map<string, string>()
  let expectations = 0
  for (const block of blocks) {
    const folder = block.file.replaceAll("/", "__")
    const named = /^\s*\/\/ ([\w-]+\.ts)\s*(?:\n|$)/.exec(block.code)?.[1]
    const name = named ?? `line-${block.line}.ts`
    const typed = join(scratch, "types", folder, name)
    const runs = join(scratch, "run", folder, name)
    if (fileOf.has(typed)) {
      const { file, line } = block
      problems.push({ file, line, message: `this page has two files named ${name}` })
      continue
    }
    const { code, problems: misplaced, expectations: count } = instrument(block)
    problems.push(...misplaced)
    if (block.run) expectations += count
    // Empty lines in front keep the line numbers of the page in every report.
    const lead = "\n".repeat(block.line - 1)
    for (const [path, text] of [
      [typed, block.code],
      [runs, code],
    ] as const) {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, `${lead}${text}\n`)
    }
    fileOf.set(typed, block.file)
    if (!block.run) continue
    jobs.push({ file: block.file, line: block.line, path: runs })
  }
  if (blocks.length > 0) problems.push(...(await typeErrors(scratch, root, fileOf)))
  const ran = await mapConcurrently(jobs, 2, (job) => runJob(job, join(scratch, "cwd")))
  problems.push(...ran.flat())
  return {
    blocks: blocks.length,
    ran: jobs.length,
    expectations,
    problems: problems.toSorted((a, b) =>
      a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1,
    ),
  }
}

if (process.argv[2] === "--run-block") {
  await runBlock(process.argv[3] ?? "", Number(process.argv[4]))
} else if (import.meta.main) {
  const { blocks, ran, expectations, problems } = await checkDocs(
    resolve(process.argv[2] ?? workspaceRoot),
  )
  for (const { file, line, message } of problems) console.error(`${file}:${line}: ${message}`)
  console.log(
    `docs: ${blocks} examples type-checked, ${ran} run, ${expectations} results compared, ${problems.length} to mend`,
  )
  // A run that found nothing would pass for ever if the pages moved.
  if (blocks === 0) console.error("docs: no example found. Have README.md and docs/ moved?")
  process.exitCode = problems.length > 0 || blocks === 0 ? 1 : 0
}
