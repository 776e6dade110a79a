import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { answerOfChild, askChild } from "../../../src/host/ask-child.ts";
import { fakeHost } from "../../support/fake-host.ts";

/** A host whose child writes what `work` has to say, after a while. */
const hostWith = (work: () => object, afterMs = 10) => {
  const host = fakeHost({
    async run({ timeoutMs = Number.POSITIVE_INFINITY }) {
      await host.sleep(Math.min(afterMs, timeoutMs));
      if (afterMs >= timeoutMs) throw new MondoError("tool-failed", "killed");
      return { code: 0, stdout: await answerOfChild(work), stderr: "" };
    },
  });
  return host;
};
const refused = () => {
  throw new MondoError("system", "mount: refused", { data: { errno: 111 } });
};

test("askChild() returns what the child's work returned, or how it failed", async () => {
  assert.equal(
    await askChild(
      hostWith(() => ({ address: "10.0.0.1" })),
      ["x"],
      1000,
    ),
    {
      ...{ result: "done", value: { address: "10.0.0.1" } },
    },
  );
  assert.equal(await askChild(hostWith(refused), ["x"], 1000), {
    ...{ result: "failed", reason: "mount: refused", errno: 111 },
  });
});

test("askChild() tells a child that hangs from one that fails", async () => {
  assert.equal(
    await askChild(
      hostWith(() => ({}), 5000),
      ["x"],
      1000,
    ),
    { result: "timeout" },
  );
  const broken = fakeHost({ run: async () => ({ code: 0, stdout: "", stderr: "" }) });
  assert.is((await askChild(broken, ["x"], 1000)).result, "failed");
});

test.run();
