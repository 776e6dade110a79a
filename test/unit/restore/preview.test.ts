import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { diskNode } from "../../../src/probe/describe-disk.ts";
import type { Facts } from "../../../src/probe/facts.ts";
import { layoutFrom } from "../../../src/probe/layout-from.ts";
import { previewRestore } from "../../../src/restore/preview.ts";
import { fakeHost } from "../../support/fake-host.ts";

function machine(name: string): Facts {
  const file = join(import.meta.dirname, "../../machines", name, "facts.json");
  return JSON.parse(readFileSync(file, "utf8"));
}

const here = machine("bios-mbr-logical");
const [disk] = here.devices.filter(({ parent }) => parent === undefined);
const [to, old] = [disk ? diskNode(disk).path : "", "vda"];

function preview(chosen: Readonly<Record<string, string>>) {
  const layout = layoutFrom(machine("bios-gpt-ext4"));
  return previewRestore(fakeHost(), here, { layout, set: "s", chosen, resize: true, partition: true });
}

test("previewRestore() takes a disk that holds another system only when it is named, and says so", () => {
  try {
    preview({});
    assert.unreachable();
  } catch (error) {
    assert.instance(error, MondoError);
    assert.match((error as MondoError).message, /holds what is not of the set .*ext4 "mbr-root"/);
    assert.match((error as MondoError).hint ?? "", new RegExp(`--disks OLD=${to}`));
  }
  const { plan } = preview({ [old]: to });
  assert.equal(
    plan.disks.map(({ path }) => path),
    [to],
  );
});

test.run();
