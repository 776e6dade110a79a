import { test } from "uvu";
import * as assert from "uvu/assert";
import { requireKernelFor, requireTools } from "../../../src/backup/stick/stick-needs.ts";
import type { MondoError } from "../../../src/base/errors.ts";
import { stickFilesystems } from "../../../src/drivers/media/stick-filesystems.ts";
import type { Command, CommandResult } from "../../../src/host/host.ts";

const exfat = stickFilesystems.find(({ type }) => type === "exfat") ?? stickFilesystems[0];

/** A kernel that knows some file systems, and has modules of others. */
function kernel(known: readonly string[], modules: readonly string[]) {
  const all = new Set(known);
  return {
    which: (name: string) => (name === "modprobe" ? "/sbin/modprobe" : undefined),
    tryReadText: () => ["nodev\tproc", ...[...all].map((name) => `\t${name}`)].join("\n"),
    run: async ({ argv }: Command) => {
      const name = argv.at(-1) ?? "";
      if (modules.includes(name)) all.add(name);
      return {} as CommandResult;
    },
  };
}

test("requireKernelFor() loads the module of a file system, and names it where there is none", async () => {
  await requireKernelFor(kernel(["exfat"], []), exfat);
  await requireKernelFor(kernel([], ["exfat"]), exfat);
  const error = await requireKernelFor(kernel(["ext4", "exfatty"], []), exfat).catch((cause: MondoError) => cause);
  assert.match(String(error?.message), /no file system exfat/);
  assert.match(String(error?.hint), /module \(exfat\)/);
});

test("requireTools() names what makes an exFAT, and its package", () => {
  const which = (name: string) => (name === "sfdisk" ? "/sbin/sfdisk" : undefined);
  try {
    requireTools({ which }, exfat);
    assert.unreachable();
  } catch (error) {
    assert.match((error as MondoError).message, /needs mkfs\.exfat, not installed here/);
    assert.match(String((error as MondoError).hint), /exfatprogs/);
  }
});

test.run();
