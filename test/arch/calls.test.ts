/** The machine, the process and the clock have one door. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { strayCalls } from "../support/source-rules.ts";
import { readSources } from "../support/source-text.ts";

test("only host/ starts programs, waits, reads the environment or listens to signals, and only main.ts exits", () => {
  assert.equal(strayCalls(readSources("src")), []);
});

test.run();
