import { test } from "uvu";
import * as assert from "uvu/assert";
import { silentReporter } from "../../../src/base/report.ts";
import { decodeEdits } from "../../../src/plan/edit/edit.ts";
import type { RestoreContext } from "../../../src/restore/context.ts";
import { editOnly } from "../../../src/restore/parts.ts";
import { replayingAsk } from "../../../src/ui/given-answers.ts";
import { cachedLayout } from "../../support/cached-layout.ts";

/** A machine on which only the file of the changes may be written. */
function contextOf(asked: readonly [question: string, answer: string][], written: Map<string, string>): RestoreContext {
  const answers = asked.map(([question, answer]) => ({ question, answer }));
  const host = { write: (path: string, text: string) => void written.set(path, text) };
  const manifest = {
    layout: cachedLayout(),
    host: { name: "web1", os: "Debian" },
    created: 0,
    entries: 1,
    contentBytes: 1,
  };
  const ask = replayingAsk({ asked: answers, ui: "plain" }, "the test", undefined);
  return { host, manifest, ask, reporter: silentReporter } as unknown as RestoreContext;
}

const LAYOUT = "The layout to restore";

test("edit only: the changes are in the file that is named, and nothing else is written", async () => {
  const written = new Map<string, string>();
  const outcome = await editOnly(
    contextOf(
      [
        [LAYOUT, "change"],
        ["What shall be changed?", "/dev/vg0/data"],
        ["What of /dev/vg0/data?", "type"],
        ["/dev/vg0/data.type (TYPE)", "xfs"],
        [LAYOUT, "done"],
        ["File for the changes", "/root/edits.json"],
      ],
      written,
    ),
  );
  assert.is(outcome, "done");
  assert.equal([...written.keys()], ["/root/edits.json"]);
  assert.is(decodeEdits(written.get("/root/edits.json") ?? "", "f").length, 1);
});

test("edit only: without a change nothing is asked for, and nothing written", async () => {
  const written = new Map<string, string>();
  assert.is(await editOnly(contextOf([[LAYOUT, "done"]], written)), "stopped");
  assert.is(written.size, 0);
});

test.run();
