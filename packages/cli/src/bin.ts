#!/usr/bin/env node
import { createRequire } from "node:module"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect } from "effect"
import { Command } from "effect/cli"
import { pushforward } from "./index.ts"

const { version } = createRequire(import.meta.url)("../package.json") as {
  readonly version: string
}

pushforward.pipe(Command.run({ version }), Effect.provide(NodeServices.layer), NodeRuntime.runMain)
