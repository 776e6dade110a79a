/** Kept data that is brought to the state of the set. On a kernel of its own, with real disks. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { needing } from "../support/needing.ts";
import { hasUml, inUml } from "../support/uml.ts";

const PROGRAM = join(import.meta.dirname, "../support/keep-in-uml.ts");
/** MiB of the disks: the system's, two of a mirror, one of an array of its own, an encrypted one. */
const SIZES = [80, 140, 140, 50, 60];

/** What the program has printed, by name. */
type Printed = Readonly<Record<string, unknown>>;

async function run(): Promise<Printed> {
  const work = mkdtempSync(join(tmpdir(), "mondo-keep-"));
  try {
    const disks = SIZES.map((size, at) => ({ file: join(work, `${at}`), size }));
    for (const { file, size } of disks) {
      writeFileSync(file, "");
      truncateSync(file, size << 20);
    }
    const modules = "modprobe -qa raid1 md_mod dm_mod dm_crypt ext4";
    const top = join(import.meta.dirname, "../..");
    const output = await inUml(`${modules}; cd ${top}; ${process.execPath} ${PROGRAM}`, {
      disks,
      timeoutMs: 1_500_000,
    });
    const pairs = output.split(/\r?\n/).flatMap((line) => {
      const [, name, value] = /^([a-z ]+): (.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, JSON.parse(value)] as const];
    });
    return Object.fromEntries([...pairs, ["output", output]]);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

let running: Promise<Printed> | undefined;
/** One machine for all. */
const printed = (): Promise<Printed> => {
  running ??= run();
  return running;
};

const isOf = (found: Printed, name: string, wanted: unknown) =>
  assert.equal(found[name], wanted, `${name}: ${found.output}`);

needing(test, hasUml())(
  "files of the set are restored into what was kept, where they were asked for: what exists is replaced, nothing goes",
  async () => {
    const found = await printed();
    const brought = ["changed: saved changed", "lost: saved lost", "after: live"];
    for (const name of ["safe", "vault"]) isOf(found, `files of ${name}`, brought);
    isOf(found, "files of srv", ["changed: saved changed", "lost: spoilt los", "after: live"]);
    for (const name of ["home", "data"]) isOf(found, `files of ${name}`, ["changed: live", "after: live"]);
    isOf(found, "same structures", true);
    isOf(found, "mounted afterwards", "0");
  },
);

needing(test, hasUml())(
  "a kept disk of which is said that nothing is written to it is the same to the last sector",
  async () => {
    const found = await printed();
    const files = "files of the backup are restored into";
    isOf(found, "said before", [
      `KEPT:   /dev/vdb: /srv, /home, /safe; ${files} /srv, /safe`,
      `KEPT:   /dev/vdc: /srv, /home, /safe; ${files} /srv, /safe`,
      "KEPT:   /dev/vdd: /data; nothing is written to it",
      `KEPT:   /dev/vde: /vault; ${files} /vault`,
      "ERASED: /dev/vda: nothing that is known",
    ]);
    isOf(found, "the other disk is the same", true);
    isOf(found, "mounted meanwhile", ["srv", "safe", "vault"].map((name) => `/run/mondo/kept/${name}`).sort());
  },
);

needing(test, hasUml())(
  "what opens encrypted volumes that get files is asked for, and tried, before the first write, and not waited for",
  async () => {
    const found = await printed();
    isOf(found, "complained", ["! No key slot has that pass phrase."]);
    assert.match(String(found["without a key"]), /^failed: nobody is here to give the pass phrase of the LUKS volume/);
    isOf(found, "nothing was written", true);
  },
);

needing(test, hasUml())(
  "after a power cut while files are brought the system says so, and is not taken for one that was restored",
  async () => {
    const found = await printed();
    const pending = "still to be restored into /srv, /safe, /vault, which was kept";
    isOf(found, "after a power cut", { hello: "saved", isMarked: false, report: pending });
    isOf(found, "system", { hello: "saved", isMarked: true, report: "Restored; 1 thing is not as in the backup." });
  },
);

needing(test, hasUml())(
  "the files that were brought are compared: one that is spoilt is all that is named",
  async () => {
    const found = await printed();
    isOf(found, "restore", "differences");
    assert.match(
      JSON.stringify(found["told at the end"]),
      /^\["! \[\d\] \/srv\/lost: content[^"]*"\]$/,
      `${found.output}`,
    );
  },
);

test.run();
