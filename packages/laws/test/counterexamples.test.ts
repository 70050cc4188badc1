import "@tensorflow/tfjs-backend-cpu"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import {
  bijectorLaws,
  combinatorLaws,
  distributionLaws,
  distributionSubjectsOf,
  type Law,
  pairsOf,
  type Subject,
} from "@pushforward/laws"
import { distributionPlugins } from "@pushforward/distributions"
import * as fc from "fast-check"
import { afterAll, expect, it } from "vitest"
import { bijectorSubjects, origins, registry } from "./everyPlugin.ts"

const here = fileURLToPath(new URL(".", import.meta.url))
const folder = mkdtempSync(join(here, "pasted-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The code that a failure of each law would print, for a subject that has everything the law is about. */
const codes = <C, S extends Subject<C>>(
  subjects: ReadonlyArray<S>,
  laws: ReadonlyArray<Law<S, C>>,
): ReadonlyArray<string> =>
  laws.flatMap((law) => {
    const able = subjects.filter((subject) => law.applies(subject))
    // One with parameters, one without, one with a context, one made of a transformer.
    const named = (part: RegExp): S | undefined => able.find(({ name }) => part.test(name))
    return [able[0], able.at(-1), named(/context/), named(/^transformer/)].flatMap((subject) =>
      subject
        ? [subject.code(fc.sample(subject.cases, { numRuns: 1, seed: 3 })[0]!, law.call)]
        : [],
    )
  })

it("what every law would print type-checks and runs", () => {
  const pairs = pairsOf(
    bijectorSubjects.filter(({ name }) => /^\{"_tag":"(exp|affine|masked-a)/.test(name)),
  )
  const all = [
    ...codes(bijectorSubjects, bijectorLaws),
    ...codes(
      distributionPlugins.flatMap((plugin) => distributionSubjectsOf(plugin, registry, origins)),
      distributionLaws,
    ),
    ...codes(pairs, combinatorLaws),
  ]
  const files = [...new Set(all)].map((code, i) => {
    const file = join(folder, `case${i}.ts`)
    writeFileSync(file, code)
    return file
  })
  expect(files.length).toBeGreaterThan(50)
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      extends: "../../../../tsconfig.test.json",
      compilerOptions: { rootDir: "../../../..", types: ["node"] },
      include: ["*.ts"],
    }),
  )
  const tsc = join(here, "../../../node_modules/.bin/tsc")
  const types = spawnSync(tsc, ["-p", folder], { encoding: "utf8" })
  expect(types.stdout).toBe("")
  const main = join(folder, "main.ts")
  writeFileSync(
    main,
    files
      .map(
        (file) =>
          `await import(${JSON.stringify(file)}).catch((e) => console.error(${JSON.stringify(file)}, e))`,
      )
      .join("\n"),
  )
  const run = spawnSync(process.execPath, ["--conditions=@pushforward/source", main], {
    encoding: "utf8",
  })
  expect(run.stderr).not.toContain("Error")
  expect(run.status).toBe(0)
}, 120_000)
