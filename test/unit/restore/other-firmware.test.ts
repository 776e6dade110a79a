import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { silentReporter } from "../../../src/base/report.ts";
import type { Layout, LayoutNode } from "../../../src/layout/types.ts";
import type { RestoreContext } from "../../../src/restore/context.ts";
import { restoreUnattended } from "../../../src/restore/nuke.ts";
import { otherFirmware } from "../../../src/restore/other-firmware.ts";
import { cachedLayout } from "../../support/cached-layout.ts";

function layoutOf(mode: "bios" | "uefi", type: string): Layout {
  const loader: LayoutNode = { kind: "loader", id: "loader:x", type, on: [], details: {} };
  return cachedLayout(
    { kind: "firmware", id: "firmware", mode, secureBoot: false, entries: [], bootOrder: [] },
    loader,
  );
}

function contextOf(layout: Layout, firmware: "bios" | "uefi"): RestoreContext {
  const host = { name: "web1", os: "Debian" };
  const manifest = { set: "s", layout, created: 0, host, entries: 1, contentBytes: 1 };
  return { manifest, firmware, reporter: silentReporter } as unknown as RestoreContext;
}

test("otherFirmware() is said of a system that starts by the other kind, and of no other", () => {
  assert.match(
    otherFirmware(contextOf(layoutOf("uefi", "grub-uefi"), "bios")) ?? "",
    /starts by UEFI.*started by BIOS/,
  );
  assert.match(
    otherFirmware(contextOf(layoutOf("bios", "grub-bios"), "uefi")) ?? "",
    /starts by BIOS.*started by UEFI/,
  );
  assert.is(otherFirmware(contextOf(layoutOf("uefi", "grub-uefi"), "uefi")), undefined);
  assert.is(otherFirmware(contextOf(layoutOf("uefi", "none"), "bios")), undefined);
  assert.is(otherFirmware(contextOf(cachedLayout(), "bios")), undefined);
});

test("restoreUnattended() refuses a machine of the other kind before it looks at any disk", async () => {
  // There is no host: a look would be another error.
  const error = await restoreUnattended(contextOf(layoutOf("bios", "grub-bios"), "uefi")).catch((one: unknown) => one);
  assert.instance(error, MondoError);
  assert.match(String(error), /would not start again/);
  assert.match((error as MondoError).hint ?? "", /interactive/);
});

test.run();
