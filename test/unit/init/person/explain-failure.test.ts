import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../../src/base/errors.ts";
import { explainFailure } from "../../../../src/init/person/explain-failure.ts";
import type { Rescue } from "../../../../src/init/rescue.ts";
import { LOG_PATH } from "../../../../src/ui/rescue-log.ts";
import { fakeHost } from "../../../support/fake-host.ts";

async function explained(error: unknown) {
  let [shown, logged] = ["", ""];
  const rescue = {
    host: fakeHost({ files: { [LOG_PATH]: "[ 1.00] first\n[ 2.00] last\n" } }),
    consoles: {
      write(text: string) {
        shown += text;
      },
    },
    log(text: string) {
      logged += text;
    },
  };
  await explainFailure(rescue as unknown as Rescue, "The restore", error);
  return { shown, logged };
}

test("explainFailure() shows what is wrong, what to do, and the end of the log", async () => {
  const { shown } = await explained(
    new MondoError("not-found", "no disk is large enough", { hint: "Connect a larger one." }),
  );
  assert.ok(shown.startsWith("\n! The restore: no disk is large enough\n  Connect a larger one.\n"));
  assert.match(shown, /\| \[ 1\.00\] first\n {2}\| \[ 2\.00\] last\n$/);
});

test("explainFailure() keeps the stack trace of a bug for the log", async () => {
  const { shown, logged } = await explained(new TypeError("x is not a function"));
  assert.match(shown, /! The restore: [^\n]* this is a fault in mondo\n/);
  assert.not.match(shown, /explain-failure\.test|not a function/);
  assert.match(logged, /The restore failed: x is not a function\n[\s\S]*explain-failure\.test/);
});

test("explainFailure() lets no escape sequence and no earlier stack trace through", async () => {
  const { shown } = await explained(
    new MondoError("format", "the label \x1b]0;evil\x07 is \u009b31m and \u202egnp.exe"),
  );
  assert.ok(shown.includes("the label \\u001b]0;evil\\u0007 is \\u009b31m and \\u202egnp.exe"), shown);
});

test.run();
