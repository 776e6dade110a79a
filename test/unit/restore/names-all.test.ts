import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Candidate } from "../../../src/layout/candidate.ts";
import { blankScreen, namesAll } from "../../../src/restore/restore-screens.ts";

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

test("onto blank disks the last word names each of them, and its default writes nothing", () => {
  const screen = blankScreen([disk("sda", "A1"), disk("sdb")], "The backup is intact.");
  const shown = JSON.stringify(screen.body);
  for (const words of ["The backup is intact.", "/dev/sda, 1.0 GiB, serial A1", "/dev/sdb, 1.0 GiB"]) {
    assert.ok(shown.includes(words), words);
  }
  const { question } = screen;
  assert.equal(question.kind === "choice" && [question.text, question.initial], ["Restore onto all 2 now?", "back"]);
  assert.match(blankScreen([disk("sda")], "").question.text, /\/dev\/sda now/);
});

test.run();
