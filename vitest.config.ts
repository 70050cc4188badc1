import { existsSync, readdirSync } from "node:fs"
import { playwright } from "@vitest/browser-playwright"
import { defineConfig } from "vitest/config"

// The lists replace vite's defaults, so these are repeated after our own condition. With it, tests run
// from `src`, without a build.
const conditions = ["@pushforward/source", "module", "node", "development|production"]
const browserConditions = ["@pushforward/source", "module", "browser", "development|production"]

const browserSuffix = ".browser.test.ts"
/** Tests of pages that share the browser with other origins: no SharedArrayBuffer, no threads. */
const sharedSuffix = ".shared.browser.test.ts"
const packages = readdirSync("packages")
const testsOf = (name: string, suffix: string): boolean =>
  existsSync(`packages/${name}/test`) &&
  readdirSync(`packages/${name}/test`, { recursive: true }).some((path) =>
    String(path).endsWith(suffix),
  )

const project = (name: string, root: string) => ({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    name,
    root,
    include: ["test/**/*.test.ts"],
    exclude: [`**/*${browserSuffix}`],
    // Long enough for a small fit on a busy two-core machine; a hung test still ends the run.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})

const chromium = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium"

// SharedArrayBuffer, and with it WebAssembly threads, need a cross-origin isolated page.
const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
}

const browserProject = (
  name: string,
  headers: Readonly<Record<string, string>>,
  suffix: string,
  exclude: ReadonlyArray<string>,
) => ({
  resolve: { conditions: browserConditions },
  server: { headers },
  // These load files beside their own; resvg has a native module that no browser ever asks for.
  optimizeDeps: { exclude: ["onnxruntime-web", "@resvg/resvg-js"] },
  test: {
    name,
    root: ".",
    include: [`packages/*/test/**/*${suffix}`],
    exclude: exclude.map((each) => `**/*${each}`),
    testTimeout: 60_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({
        launchOptions: {
          executablePath: chromium,
          args: [
            "--no-sandbox",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            // A software adapter, so that WebGPU can be checked on machines without a graphics card.
            "--enable-unsafe-webgpu",
            "--use-webgpu-adapter=swiftshader",
          ],
        },
      }),
      instances: [{ browser: "chromium" as const }],
    },
  },
})

const hasBrowserTests = packages.some((name) => testsOf(name, browserSuffix))
if (hasBrowserTests && !existsSync(chromium)) {
  console.warn(
    `No Chromium at ${chromium}, so the browser tests are left out. Install it, or set CHROMIUM_PATH.`,
  )
}

export default defineConfig({
  test: {
    // Each file has its own process: TensorFlow.js keeps one engine per process, and the laws count its tensors.
    pool: "forks",
    maxWorkers: 2,
    projects: [
      ...packages
        .filter((name) => testsOf(name, ".test.ts"))
        .map((name) => project(name, `packages/${name}`)),
      project("tooling", "tooling"),
      project("examples", "examples"),
      ...(hasBrowserTests && existsSync(chromium)
        ? [
            browserProject("browser", isolation, browserSuffix, [sharedSuffix]),
            browserProject("browser, not isolated", {}, sharedSuffix, []),
          ]
        : []),
    ],
  },
})
