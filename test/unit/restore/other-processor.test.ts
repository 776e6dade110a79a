import { test } from "uvu";
import * as assert from "uvu/assert";
import { architectures } from "../../../src/base/architecture.ts";
import { requireProcessor } from "../../../src/restore/other-processor.ts";

const setOf = (arch: string) => ({ host: { name: "web1", os: "Debian", kernel: "6.1", arch } });

test("requireProcessor() lets a set of the same processor pass", () => {
  requireProcessor(setOf("x86_64"), architectures.x64);
  requireProcessor(setOf("aarch64"), architectures.arm64);
});

test("requireProcessor() refuses a set of another one, with both names", () => {
  const refusal = /web1 is of aarch64, this rescue system of x86_64/;
  assert.throws(() => requireProcessor(setOf("aarch64"), architectures.x64), refusal);
  assert.throws(() => requireProcessor(setOf("x86_64"), architectures.arm64), /x86_64, this rescue system of aarch64/);
});

test.run();
