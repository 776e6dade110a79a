import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import type { Ask } from "../../../src/ui/ask.ts";
import { choose } from "../../../src/ui/choose.ts";

/** A person who gives these answers in turn; an error is what the question throws. */
function personWho(...answers: readonly (string | Error)[]): Ask {
  const left = [...answers];
  const menu = async () => {
    const answer = left.shift() ?? new Error("nobody answers any more");
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { menu } as unknown as Ask;
}

const cancelled = new MondoError("cancelled", "^C");

test("choose() asks again after ^C", async () => {
  assert.is(await choose(personWho(cancelled, cancelled, "shell"), "What?", []), "shell");
});

test("choose() hands on any other error", async () => {
  const error = await choose(personWho(cancelled, new Error("the console is gone")), "What?", []).catch((e) => e);
  assert.is((error as Error).message, "the console is gone");
});

test.run();
