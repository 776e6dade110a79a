import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { menuEntries, otherEntries } from "../../src/drivers/media/boot-menu.ts";
import { planOnto } from "../../src/plan/plan-onto.ts";
import { candidatesFrom } from "../../src/probe/candidates.ts";
import type { Facts } from "../../src/probe/facts.ts";
import { layoutFrom } from "../../src/probe/layout-from.ts";
import { describeBecoming, describeKept } from "../../src/restore/prepare.ts";
import { type Blocks, screen } from "./blocks.ts";
import { repository } from "./pages.ts";

const text = (path: string): string => readFileSync(join(repository, path), "utf8");

/** Sessions of a whole machine, which `make screens` records. */
function sessions(): Blocks {
  const files = readdirSync(join(repository, "docs/screens"));
  return Object.fromEntries(files.map((file) => [file.replace(/[.]txt$/, ""), screen(text(`docs/screens/${file}`))]));
}

/** What `mondo layout`, a plan and a fit say of machines in test/machines, where tests hold them up to date. */
function machines(): Blocks {
  const plan = text("test/machines/bios-md-lvm/plan.txt").split("\n");
  return {
    "layout-of-mirror": screen(text("test/machines/bios-md-lvm/tree.txt")),
    "sizes-of-gpt": screen(
      text("test/machines/bios-gpt-ext4/fitted.txt")
        .replace(/^half\n/, "")
        .split(/^least\n/m)[0] ?? "",
    ),
    "plan-of-mirror": screen([...plan.slice(0, 7), "…"].join("\n")),
  };
}

/** What is said of a recorded machine whose first disk is a new one, while the others are as they were. */
function keptDisks(): string {
  const before = JSON.parse(text("test/machines/bios-lvm-cache/facts.json")) as Facts;
  const layout = layoutFrom(before);
  const devices = before.devices
    .filter(({ parent }) => parent !== "vda")
    .map((device) => (device.name === "vda" ? { ...device, serial: "NEW-DISK", reads: [] } : device));
  const facts = { ...before, devices };
  const candidates = candidatesFrom(facts).map(({ busy: _, volumes: __, ...candidate }) => candidate);
  const disks = { candidates, carriers: [], chosen: {}, keep: "offer" } as const;
  const ready = { ...planOnto(layout, disks, { set: "", firmware: "bios", root: "/mnt/restore" }), facts };
  return screen([...describeKept(ready), ...describeBecoming(layout, ready, "web1")].join("\n"));
}

function bootMenu(): string {
  const rows = [...menuEntries({ set: "", title: "", restoreByDefault: false }), ...otherEntries].map(
    ({ label, text: title }) => `| \`${label}\` | ${title} |`,
  );
  return ["| entry | title in the menu |", "|---|---|", ...rows].join("\n");
}

/** The list of whole-machine tests but for the testbed's own. */
function scenarios(): string {
  const argv = [join(repository, "test/vm/run.ts"), "--list"];
  const { stdout } = spawnSync(process.execPath, argv, { encoding: "utf8" });
  const rows = stdout.split("\n").flatMap((line) => {
    const [, ci, name, says] = /^(ci)? +(\S+) +(.*)$/.exec(line) ?? [];
    return name === undefined || /^(guest-|screens$)/.test(name)
      ? []
      : [`| \`${name}\` | ${says} | ${ci ? "yes" : ""} |`];
  });
  return ["| test | what is shown | in `make test` |", "|---|---|---|", ...rows].join("\n");
}

/** Blocks that take no executable to make. */
export function recordedBlocks(): Blocks {
  return { ...sessions(), ...machines(), "kept-disks": keptDisks(), "boot-menu": bootMenu(), "vm-tests": scenarios() };
}
