import { expect, test } from "vitest"
import { flipLogDet, pluginOf } from "../packed-install.ts"

const plugin = "// leaky-relu.ts\nexport const logDet = tf.where(up, 0, tf.log(slope(x)))\n"

test("the guide's plugin is the first block with its name", () => {
  const guide = `# Guide\n\n\`\`\`ts\nexport {}\n\`\`\`\n\n\`\`\`ts no-run\n${plugin}\`\`\`\n\n\`\`\`ts\nmore\n\`\`\`\n`
  expect(pluginOf(guide)).toBe(plugin)
  expect(() => pluginOf("# Guide")).toThrow('no ts block that begins with "// leaky-relu.ts"')
})

test("flipping touches every logarithm and nothing else", () => {
  expect(flipLogDet(plugin)).toContain("tf.where(up, 0, tf.neg(tf.log(slope(x))))\n")
  expect(flipLogDet("a(log(x), log((y)))")).toBe("a(neg(log(x)), neg(log((y))))")
  expect(() => flipLogDet("dialog(x)")).toThrow("no log(")
})
