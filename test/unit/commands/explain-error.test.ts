import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { explainError } from "../../../src/commands/explain-error.ts";
import type { Host } from "../../../src/host/host.ts";
import { fakeHost } from "../../support/fake-host.ts";

/** A host whose logs can only be written below the directories given; what is written, by path. */
function hostThatWrites(directories: readonly string[]) {
  const written = new Map<string, string>();
  const put = (path: string, text: unknown): boolean => {
    if (!directories.some((directory) => path.startsWith(directory))) throw new MondoError("system", "read-only");
    written.set(path, `${written.get(path) ?? ""}${text}`);
    return true;
  };
  const host: Host = { ...fakeHost(), makeDirectory() {}, create: put, append: put };
  return { host, written };
}

const fault = new TypeError("undefined is not an object (evaluating 'a.b')");

test("explainError() tells a fault in one sentence; its trace is in the command's log", () => {
  const { host, written } = hostThatWrites(["/var/log"]);
  const text = explainError(host, "plan", fault, false);
  assert.is(text.trimEnd().split("\n").length, 2);
  assert.match(text, /^mondo: .*this is a fault in mondo\n {2}.*\/var\/log\/mondo-plan\.log/);
  assert.not.match(text, /undefined|\bat /);
  assert.match(written.get("/var/log/mondo-plan.log") ?? "", /undefined is not an object[\s\S]*explain-error\.test/);
});

test("explainError() names a new file where there is no log to write to, and says when there is none at all", () => {
  const { host, written } = hostThatWrites(["/tmp/"]);
  const [, path = ""] = /with (\S+),/.exec(explainError(host, "plan", fault, false)) ?? [];
  assert.match(path, /^\/tmp\/mondo-fault-/);
  assert.match(written.get(path) ?? "", /explain-error\.test/);
  assert.match(explainError(hostThatWrites([]).host, "plan", fault, false), /nowhere/);
});

test("explainError() lets no escape sequence through, as text or as JSON", () => {
  const error = new MondoError("format", "the label \x1b]0;x\x07 is odd\u009b", { hint: "Look at \u202eit." });
  const { host } = hostThatWrites([]);
  assert.is(
    explainError(host, "plan", error, false),
    "mondo: the label \\u001b]0;x\\u0007 is odd\\u009b\n  Look at \\u202eit.\n",
  );
  const json = explainError(host, "plan", error, true);
  assert.not.match(json, /\u009b|\u202e/);
  assert.equal(JSON.parse(json), { event: "error", code: "format", text: error.message, hint: error.hint });
  assert.is(JSON.parse(explainError(host, "plan", fault, true)).code, "bug");
});

test.run();
