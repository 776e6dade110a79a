import { test } from "uvu";
import * as assert from "uvu/assert";
import { isFault, MondoError, sentenceOf, traceOf } from "../../../src/base/errors.ts";

test("sentenceOf() gives what was meant for people, and no word of an engine", () => {
  assert.is(sentenceOf(new MondoError("format", "the label is wrong")), "the label is wrong");
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  assert.is(sentenceOf(full), full.message);
  const faults = [
    new TypeError("undefined is not an object"),
    Object.assign(new TypeError("x"), { code: "ERR_X" }),
    null,
  ];
  for (const fault of faults) {
    assert.ok(isFault(fault));
    assert.match(sentenceOf(fault), /this is a fault in mondo$/);
    assert.not.match(sentenceOf(fault), /undefined|null|NaN/);
  }
});

test("traceOf() has the stacks of an error and of its causes", () => {
  const trace = traceOf(new MondoError("bug", "outer", { cause: new RangeError("inner") }));
  assert.match(trace, /outer[\s\S]*errors\.test[\s\S]*\ncaused by RangeError: inner[\s\S]*errors\.test/);
});

test.run();
