import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Candidate } from "../../../src/layout/candidate.ts";
import { namesAll } from "../../../src/restore/restore-screens.ts";

const disk = (name: string, serial?: string): Candidate => ({
  disk: {
    ...{ kind: "disk", id: name, path: `/dev/${name}`, sizeBytes: 1 << 30, rotational: false, removable: false },
    ...{ logicalSectorBytes: 512, physicalSectorBytes: 512 },
    ...(serial === undefined ? {} : { serial }),
  },
  readOnly: false,
  contents: "ext4",
  storageDrivers: [],
});

test("a line agrees only when it names every disk that will be erased, and nothing else", () => {
  const two = [disk("sda", "A1"), disk("sdb", "B2")];
  for (const line of ["sda sdb", "/dev/sdb, A1", " B2  A1 "]) assert.ok(namesAll(line, two), line);
  for (const line of ["", "sda", "sda sdc", "sda sdb sdc", "yes", "sd a sdb"]) assert.not.ok(namesAll(line, two), line);
  assert.ok(namesAll("WD 40 EZ", [disk("sda", "WD 40 EZ")]), "a serial number with blanks");
});

test("a serial number that two disks share names neither", () => {
  const twins = [disk("sda", "0"), disk("sdb", "0")];
  assert.not.ok(namesAll("0", twins));
  assert.not.ok(namesAll("0 sda", twins));
  assert.ok(namesAll("sda sdb", twins));
  assert.not.ok(namesAll("undefined", [disk("sda")]));
});

test.run();
