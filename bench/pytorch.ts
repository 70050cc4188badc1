/**
 * PyTorch as a process of its own, so that it is timed in turn with the others.
 */
import { spawn, spawnSync } from "node:child_process"
import { createInterface } from "node:readline"
import type { Engine } from "./Engine.ts"

const script = new URL("peers/pytorch.py", import.meta.url).pathname

/** A Python that has PyTorch: Debian's comes with the package `python3-torch`. */
const python = ["/usr/bin/python3", "python3"].find(
  (command) => spawnSync(command, ["-c", "import torch"]).status === 0,
)

/** PyTorch with this many threads, or nothing where it is not installed. */
export const pytorch = (threads: number): Engine | undefined =>
  python === undefined
    ? undefined
    : {
        name: `PyTorch, ${threads} thread${threads === 1 ? "" : "s"}`,
        skips: ({ size }, program) =>
          program === "sample" && size > 100 ? "its D passes take minutes" : undefined,
        prepare: async (configuration) => {
          const child = spawn(python, [script, JSON.stringify({ ...configuration, threads })], {
            stdio: ["pipe", "pipe", "inherit"],
          })
          const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
          await lines.next()
          return {
            time: async (program) => {
              child.stdin.write(`${program}\n`)
              return Number((await lines.next()).value)
            },
            stop: () =>
              new Promise((ended) => {
                child.once("exit", () => ended())
                child.stdin.end()
              }),
          }
        },
      }
