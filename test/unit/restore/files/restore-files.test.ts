/** Files of a choice without questions: what is refused, and what counts as not restored. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Problem } from "../../../../src/archive/entry.ts";
import type { OpenSet } from "../../../../src/archive/set/open-set.ts";
import { MondoError } from "../../../../src/base/errors.ts";
import { silentReporter } from "../../../../src/base/report.ts";
import { linuxHost } from "../../../../src/host/linux.ts";
import type { RestoreContext } from "../../../../src/restore/context.ts";
import type { FilesWish } from "../../../../src/restore/files/files-wish.ts";
import { restoreFiles } from "../../../../src/restore/files/restore-files.ts";
import { saveSet } from "../../archive/saved-set.ts";

interface Ground {
  base: string;
  target: string;
  set: OpenSet;
  said: string[];
}

const test = suite<Ground>("files without questions");
test.before.each(async (ground) => {
  ground.base = mkdtempSync(join(tmpdir(), "mondo-restore-files-"));
  ground.target = join(ground.base, "target");
  mkdirSync(join(ground.base, "tree/srv"), { recursive: true });
  mkdirSync(join(ground.target, "srv"), { recursive: true });
  writeFileSync(join(ground.base, "tree/srv/conf"), "saved");
  writeFileSync(join(ground.base, "tree/srv/lost"), "saved");
  ground.set = await saveSet(join(ground.base, "tree"), join(ground.base, "set"), { threads: 0 });
  ground.said = [];
});
test.after.each(({ base }) => rmSync(base, { recursive: true, force: true }));

/** Restores below the target, or, with `directory` undefined, to the place in this system. */
function restore({ target, set, said }: Ground, wish: Partial<FilesWish>, more: Partial<RestoreContext> = {}) {
  const { manifest, directory, locate } = set;
  const warn = (text: string) => void said.push(text);
  return restoreFiles({
    ...{ host: { ...linuxHost(), sync: () => warn("synced") }, reporter: { ...silentReporter, warn, step: warn } },
    ...{ ask: {}, manifest, setDirectory: directory, locate, checkedMedia: new Set() },
    files: { patterns: ["/srv"], directory: target, ...wish },
    ...more,
  } as unknown as RestoreContext);
}

const read = ({ target }: Ground, name: string) => readFileSync(join(target, "srv", name), "utf8");

test("what exists and stays is not restored, unless the rule was given", async (ground) => {
  writeFileSync(join(ground.target, "srv/conf"), "mine");
  assert.is(await restore(ground, {}), "differences");
  assert.is(read(ground, "conf"), "mine");
  assert.is(read(ground, "lost"), "saved");
  assert.is(await restore(ground, { overwrite: "never" }), "done");
  assert.is(await restore(ground, { overwrite: "always" }), "done");
  assert.is(read(ground, "conf"), "saved");
});

test("it is on the disk before it says so", async (ground) => {
  await restore(ground, {});
  const at = ground.said.findIndex((text) => /are restored/.test(text));
  assert.ok(at > 0 && ground.said.indexOf("synced") >= 0 && ground.said.indexOf("synced") < at);
});

test("what the backup could not save of the choice is said first, and counts", async (ground) => {
  const problem: Problem = { path: "/srv/conf", severity: "changed", reason: "it changed while it was read" };
  const { manifest } = ground.set;
  const told = () =>
    ground.said.findIndex((text) => /When this backup was made, it had problems with 1 file/.test(text));
  assert.is(await restore(ground, {}, { manifest: { ...manifest, problems: [problem] } }), "differences");
  assert.ok(told() >= 0 && told() < ground.said.findIndex((text) => /are restored/.test(text)));
  ground.said.length = 0;
  const elsewhere = { ...manifest, problems: [{ ...problem, path: "/var/x" }] };
  assert.is(await restore(ground, { overwrite: "always" }, { manifest: elsewhere }), "done");
  assert.is(told(), -1);
});

test("another machine's files don't go to their place unasked", async ({ ...ground }) => {
  const { directory: _, ...files } = { patterns: ["/srv/nothing-of-this-machine"], directory: "" };
  const error = await restore(ground, {}, { files }).catch((reason: unknown) => reason);
  assert.instance(error, MondoError);
  assert.is((error as MondoError).code, "refused");
  assert.match((error as MondoError).message, /the backup is of h: their files would replace/);
  assert.match((error as MondoError).hint ?? "", /--to \//);
});

test("a signal ends it with its reason, and what stood there stays", async (ground) => {
  writeFileSync(join(ground.target, "srv/conf"), "mine");
  const reason = new MondoError("cancelled", "the restore of files was interrupted (SIGINT)", {
    data: { signal: "SIGINT" },
  });
  const stoppable: RestoreContext["stoppable"] = async (work) => {
    const controller = new AbortController();
    controller.abort(reason);
    return work(controller.signal);
  };
  const error = await restore(ground, { overwrite: "always" }, { stoppable }).catch((thrown: unknown) => thrown);
  assert.is((error as MondoError).code, "cancelled");
  assert.is(read(ground, "conf"), "mine");
  assert.not.ok(existsSync(join(ground.target, "srv/lost")));
});

test.run();
