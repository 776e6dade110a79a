import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeLayout } from "../../../src/layout/decode-layout.ts";
import { type Layout, nodesOf } from "../../../src/layout/types.ts";
import { bootEntryActions } from "../../../src/plan/boot-entry-actions.ts";
import { loaderContexts, planRestore } from "../../../src/plan/plan.ts";
import type { Facts } from "../../../src/probe/facts.ts";
import { layoutFrom } from "../../../src/probe/layout-from.ts";
import { FakeEfivars, fileOption, plainOption } from "../../support/fake-efivars.ts";

const recorded = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../machines/uefi-gpt-xfs/facts.json"), "utf8"),
) as Facts;
const esp = nodesOf(layoutFrom(recorded), "partition")[0];
const partitionUuid = esp?.uuid ?? "";
const WINDOWS = "AAAAAAAA-0000-4000-8000-00000000000A";
const commandLine = new Uint8Array(Buffer.from("root=/dev/vda2 initrd=\\initramfs.img", "utf16le"));

/** The recorded machine without GRUB's files, started by these entries. */
function machine(entries: Readonly<Record<string, Uint8Array>>, order: readonly number[], own: readonly string[]) {
  const others = recorded.files.filter((path) => !/\/EFI\/|grub[.]cfg$/.test(path));
  const efi = { variables: new FakeEfivars(entries, order).facts };
  return layoutFrom({ ...recorded, efi, files: [...others, ...own.map((name) => `/boot/efi/${name}`)] });
}

function effectsOf(layout: Layout) {
  const disks = nodesOf(layout, "disk").map((disk) => {
    return [disk.id, { disk, readOnly: false, contents: "nothing", storageDrivers: [] }] as const;
  });
  const plan = planRestore(
    layout,
    { disks: Object.fromEntries(disks), because: {} },
    { set: "s", firmware: "uefi", root: "/mnt/restore" },
  );
  const effects = plan.phases.flatMap(({ actions }) => actions.flatMap((action) => action.effects));
  return {
    plan,
    entries: effects.flatMap((effect) => (effect.do === "efiEntry" ? [effect] : [])),
    order: effects.flatMap((effect) => (effect.do === "efiOrder" ? effect.order : [])),
  };
}

const stub = fileOption({ partitionUuid, label: "Arch", file: "\\EFI\\arch\\linux.efi", data: commandLine });
const fallback = fileOption({ partitionUuid, label: "Arch (old)", file: "\\EFI\\arch\\linux.efi", attributes: 0 });
const windows = fileOption({ partitionUuid: WINDOWS, label: "Windows", file: "\\EFI\\Microsoft\\Boot\\bootmgfw.efi" });

test("a kernel with an EFI stub is a loader; its entries come back with data, inactive, in order, between others", () => {
  const entries = { "0000": plainOption("Setup"), "0003": windows, "0004": fallback, "0005": stub };
  const layout = machine(entries, [3, 5, 0, 4], ["EFI/arch/linux.efi"]);
  decodeLayout(JSON.parse(JSON.stringify(layout)));
  assert.equal(
    nodesOf(layout, "loader").map(({ type, on, details }) => [type, on, details]),
    [["efi", [`fs:${esp?.path.slice(5)}`], { programs: ["/boot/efi/EFI/arch/linux.efi"] }]],
  );
  assert.not.ok(nodesOf(layout, "note").some(({ text }) => text.includes("no boot loader")));
  const { entries: made, order } = effectsOf(layout);
  assert.equal(
    made.map(({ label, attributes, data, number }) => [label, attributes, data, number]),
    [
      ["Arch", 1, Buffer.from(commandLine).toString("base64"), "0005"],
      ["Arch (old)", 0, "", "0004"],
    ],
  );
  assert.equal(
    order.map(({ label }) => label),
    ["Windows", "Arch", "Setup", "Arch (old)"],
  );
});

test("what lies at the fall-back path alone is a loader, without an entry of its own", () => {
  const layout = machine({}, [], ["EFI/BOOT/BOOTX64.EFI"]);
  assert.is(nodesOf(layout, "loader")[0]?.type, "efi");
  assert.equal(effectsOf(layout).entries, []);
});

test("entries that aren't in the source's order stay out of it; without any order the active ones are tried", () => {
  const files = ["EFI/arch/linux.efi"];
  const unordered = effectsOf(machine({ "0000": plainOption("Setup"), "0005": stub }, [0], files));
  assert.equal(
    unordered.order.map(({ label }) => label),
    ["Setup"],
  );
  assert.is(unordered.entries.length, 1);
  const none = effectsOf(machine({ "0004": fallback, "0005": stub }, [], files));
  assert.equal(
    none.order.map(({ label }) => label),
    ["Arch"],
  );
});

test("an entry whose file was gone on the source is made again, and no loader", () => {
  const layout = machine({ "0005": stub }, [5], []);
  assert.is(nodesOf(layout, "firmware")[0]?.entries[0]?.fileMissing, true);
  assert.is(nodesOf(layout, "loader")[0]?.type, "none");
  assert.is(effectsOf(layout).entries.length, 1);
});

test("what lies on an ESP that isn't mounted is named: it isn't saved", () => {
  const efi = { variables: new FakeEfivars({ "0005": stub }, [5]).facts };
  const mountinfo = recorded.mountinfo.replace(/^.* \/boot\/efi .*\n/m, "");
  const layout = layoutFrom({ ...recorded, efi, mountinfo, files: [] });
  const [text] = nodesOf(layout, "note").flatMap((node) => (node.id === "note:loader" ? [node.text] : []));
  assert.match(text ?? "", /^the boot entry "Arch" starts .* from \/dev\/nvme0n1p1, which isn't mounted/);
});

test("a set of an early version asks for no more than the file, and a set started by BIOS for nothing", () => {
  const layout = machine({ "0005": stub }, [5], ["EFI/arch/linux.efi"]);
  const early: Layout = {
    version: 1,
    nodes: layout.nodes.map((node) => {
      if (node.kind !== "firmware") return node;
      const entries = node.entries.map(({ attributes: _, data: __, ...entry }) => entry);
      return { ...node, entries };
    }),
  };
  const [entry] = effectsOf(early).entries;
  assert.equal([entry?.label, entry?.attributes, entry?.data], ["Arch", 1, undefined]);
  const { plan } = effectsOf(layout);
  const context = { saved: layout, layout, devices: plan.targets, loaders: loaderContexts(layout, plan, "bios") };
  assert.equal(bootEntryActions({ ...context, firmware: "bios" }), []);
});

test.run();
