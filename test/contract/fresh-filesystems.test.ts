/** File systems that edits ask for: made with the defaults of their tools, with UUID and label as promised. */
import { execFileSync } from "node:child_process";
import { closeSync, ftruncateSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { DeviceReader } from "../../src/drivers/contracts.ts";
import { filesystemDriver } from "../../src/drivers/fs/filesystem-drivers.ts";
import { linuxHost } from "../../src/host/linux.ts";
import type { Layout } from "../../src/layout/types.ts";
import { contentUuid, filesystemTypes, labelObstacle, leastDeviceBytes } from "../../src/plan/edit/fs-traits.ts";
import { needing } from "../support/needing.ts";

const host = linuxHost();
const layout: Layout = { version: 1, nodes: [] };

/** Made in a file as small as it may be; what its superblock says. */
function made(type: string, label: string) {
  const driver = filesystemDriver(type);
  const uuid = contentUuid(layout, `fs:${type}`, type, undefined);
  const directory = mkdtempSync(join(tmpdir(), "mondo-fresh-"));
  const fd = openSync(join(directory, "image"), "w+");
  const read: DeviceReader = (offset, length) => {
    const bytes = new Uint8Array(length);
    return bytes.subarray(0, readSync(fd, bytes, 0, length, offset));
  };
  try {
    ftruncateSync(fd, leastDeviceBytes(type));
    for (const effect of driver?.makePlain({ type, uuid, label }, join(directory, "image")) ?? []) {
      if (effect.do === "run" && !effect.argv.includes("--forget")) {
        execFileSync(effect.argv[0] ?? "", effect.argv.slice(1), { stdio: "pipe" });
      }
      if (effect.do === "label") {
        for (const { offset, bytes } of driver?.labelWrites?.(read, label) ?? []) {
          writeSync(fd, bytes, 0, bytes.length, offset);
        }
      }
    }
    return { uuid, facts: driver?.recognise(read) };
  } finally {
    closeSync(fd);
    rmSync(directory, { recursive: true });
  }
}

for (const type of filesystemTypes()) {
  const tools = filesystemDriver(type)?.needs.tools ?? [];
  const there = tools.every((tool) => host.which(tool) !== undefined);
  needing(test, there)(`${type} is made anew on the smallest device that an edit allows, with UUID and label`, () => {
    for (const label of ["data", "LONG-ENOUGH"]) {
      assert.is(labelObstacle(type, label), undefined);
      const { uuid, facts } = made(type, label);
      assert.equal(
        { type: facts?.type ?? type, uuid: facts?.uuid?.toLowerCase(), label: facts?.label?.toLowerCase() },
        { type, uuid: uuid.toLowerCase(), label: label.toLowerCase() },
      );
    }
  });
}

test.run();
