/**
 * Writes `src/onnx/gen/onnx_pb.ts` from `onnx.proto`, the one of Debian's python3-onnx 1.12 (Apache-2.0).
 *
 * Run it after changing `onnx.proto` or the version of @bufbuild/protobuf: `pnpm --filter @pushforward/graph generate`.
 */
import { execFileSync } from "node:child_process"
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const gen = join(import.meta.dirname, "../src/onnx/gen")
const work = mkdtempSync(join(tmpdir(), "onnx-"))

/** `export enum` leaves code behind when types are stripped: an object of the same names says the same. */
const withoutEnums = (text: string): string =>
  text.replaceAll(/^export enum (\w+) \{\n(.*?)^\}\n/gms, (_, name: string, body: string) => {
    const members = body.replaceAll(/^( {2}\w+) = (-?\d+),$/gm, "$1: $2,")
    return (
      `export const ${name} = {\n${members}} as const\n` +
      `export type ${name} = (typeof ${name})[keyof typeof ${name}]\n`
    )
  })

try {
  copyFileSync(join(gen, "onnx.proto"), join(work, "onnx.proto"))
  const plugins = [{ local: "protoc-gen-es", out: ".", opt: ["target=ts", "import_extension=ts"] }]
  writeFileSync(join(work, "buf.gen.yaml"), JSON.stringify({ version: "v2", plugins }))
  const packages = ["@bufbuild/buf@1.75.0", "@bufbuild/protoc-gen-es@2.17.0"]
  execFileSync("npx", ["--yes", ...packages.flatMap((p) => ["-p", p]), "buf", "generate", "."], {
    cwd: work,
    stdio: "inherit",
  })
  const text = readFileSync(join(work, "onnx_pb.ts"), "utf8")
  writeFileSync(join(gen, "onnx_pb.ts"), withoutEnums(text))
} finally {
  rmSync(work, { recursive: true, force: true })
}
