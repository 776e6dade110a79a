import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { silentReporter } from "../../../src/base/report.ts";
import { decodeEdits } from "../../../src/plan/edit/edit.ts";
import type { RestoreContext } from "../../../src/restore/context.ts";
import { editOnly, formatOnly, partitionOnly } from "../../../src/restore/parts.ts";
import { recordingAsk, replayingAsk } from "../../../src/ui/given-answers.ts";
import { cachedLayout } from "../../support/cached-layout.ts";
import { blankDisks, fakeHost } from "../../support/fake-host.ts";

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
        ["Value of /dev/vg0/data.type (TYPE), or Enter to go back", "xfs"],
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

test("tables only: where the tables are to stay, it is refused before a disk is looked at", async () => {
  const context = { ...contextOf([], new Map()), partition: false };
  const refusal = await partitionOnly(context).catch((error: unknown) => error);
  assert.ok(refusal instanceof MondoError && refusal.code === "usage", String(refusal));
  assert.match(String(refusal), /because they are to stay/);
});

const ERASE = "Erase what is named above now?";

/** What formatOnly() does of two disks of which none can be written to. */
async function formatted(asked: RestoreContext, wishes: Partial<RestoreContext> = {}) {
  const steps: string[] = [];
  const host = {
    ...fakeHost({
      files: blankDisks({ vda: 9 * 2 ** 30, vdb: 2 * 2 ** 30 }),
      run: async () => ({ code: 0, stdout: "", stderr: "" }),
    }),
    which: (tool: string) => `/sbin/${tool}`,
  };
  const reporter = { ...silentReporter, step: (text: string) => void steps.push(text) };
  const place = { carriers: [], root: "/mnt/restore", firmware: "bios" } as const;
  const context = { ...asked, ...place, host, reporter, ...wishes };
  const outcome = await formatOnly(context).catch((error: unknown) => String(error));
  return { outcome, steps: steps.slice(1) };
}

test("file systems only: what is on the disks is stopped and erased before anything is made", async () => {
  const { outcome, steps } = await formatted(contextOf([[ERASE, "yes"]], new Map()));
  assert.equal(steps, ["Erase the old signatures on /dev/vda"]);
  assert.match(outcome, /does not write to devices/);
});

test("a yes of a file of answers can be stopped by any key in the rescue, and a no waits for none", async () => {
  const shown: string[] = [];
  const countdown = async (_: number, text: string) => {
    shown.push(text);
    return "stopped" as const;
  };
  const wishes = { countdown, isRescue: true };
  // As the rescue has it: what is answered is noted, too.
  const asked = (answer: string) => {
    const context = contextOf([[ERASE, answer]], new Map());
    return { ...context, ask: recordingAsk(context.ask).ask };
  };
  assert.equal(await formatted(asked("yes"), wishes), { outcome: "stopped", steps: [] });
  assert.equal(shown, ["The answers agree: /dev/vda, /dev/vdb are ERASED, in"]);
  assert.equal(await formatted(asked("no"), wishes), { outcome: "stopped", steps: [] });
  assert.is(shown.length, 1);
  const elapsed = await formatted(asked("yes"), { ...wishes, countdown: async () => "elapsed" });
  assert.equal(elapsed.steps, ["Erase the old signatures on /dev/vda"]);
});

test.run();
