import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import type { Candidate } from "../../../src/layout/candidate.ts";
import type { Disk, Layout } from "../../../src/layout/types.ts";
import { answeredDisks, decodeAnswers, diskOfSet, encodeAnswers } from "../../../src/restore/answers.ts";
import { answerMeanings, renderAnswersHelp } from "../../../src/restore/answers-help.ts";
import { fakeHost } from "../../support/fake-host.ts";

const NAME = "http://server/answers/default.json";

test("decodeAnswers() reads everything that may be answered", () => {
  const all = {
    version: 1,
    mode: "nuke",
    disks: { sda: { serial: "TWIN-B" }, sdb: { wwn: "0x5000" }, sdc: { path: "/dev/vdc" } },
    resize: false,
    partition: true,
    luksKey: "LABEL=KEYS:/luks.key",
    end: "poweroff",
    status: "http://server/status",
  } as const;
  assert.equal(decodeAnswers(encodeAnswers(all), NAME), all);
  assert.equal(decodeAnswers('{"version": 1}', NAME), { version: 1 });
});

test("renderAnswersHelp(80) explains every answer, with an example that is understood", () => {
  const text = renderAnswersHelp(80);
  for (const name of Object.keys(answerMeanings)) assert.ok(text.includes(`\n  ${name} `), name);
  const example = text.slice(text.indexOf("{"));
  assert.is(decodeAnswers(example, NAME).mode, "nuke");
});

const malformed: readonly (readonly [text: string, expected: RegExp])[] = [
  ["nuke", /default\.json holds no answers: it isn't JSON/],
  ["[]", /version: /],
  ["1", /its top: /],
  ["{}", /version: /],
  ['{"version": 2}', /version: expected 1/],
  ['{"version": 1, "mode": "expert"}', /mode: /],
  ['{"version": 1, "moed": "nuke"}', /moed: /],
  ['{"version": 1, "disks": {"sda": "sdb"}}', /disks\.sda: expected \{"wwn"/],
  ['{"version": 1, "disks": {"sda": {"serial": ""}}}', /disks\.sda/],
  ['{"version": 1, "disks": {"sda": {"serial": "a", "wwn": "b"}}}', /disks\.sda/],
  ['{"version": 1, "resize": "no"}', /resize: /],
  ['{"version": 1, "luksKey": "secret words"}', /luksKey: expected DEVICE:\/PATH/],
  ['{"version": 1, "end": "halt"}', /end: /],
  ['{"version": 1, "status": "ftp://server/"}', /status: expected a URL/],
];
for (const [text, expected] of malformed) {
  test(`decodeAnswers(${text}) says in one sentence where it is wrong`, () => {
    try {
      decodeAnswers(text, NAME);
      assert.unreachable();
    } catch (error) {
      assert.ok(error instanceof MondoError && error.code === "format");
      assert.match((error as MondoError).message, expected);
      assert.not.match((error as MondoError).message, /\n/);
    }
  });
}

const disk = (name: string, more: Partial<Disk> = {}): Disk => ({
  ...{ kind: "disk", id: `disk:${name}`, path: `/dev/${name}`, sizeBytes: 1 << 30, logicalSectorBytes: 512 },
  ...{ physicalSectorBytes: 512, removable: false, rotational: false },
  ...more,
});
const candidate = (name: string, serial: string, more: Partial<Candidate> = {}): Candidate => ({
  disk: disk(name, { serial, wwn: `wwn-of-${name}` }),
  ...{ readOnly: false, contents: "", storageDrivers: [] },
  ...more,
});
const layout: Layout = { version: 1, nodes: [disk("sda", { serial: "OLD-1" }), disk("sdb", { serial: "OLD-2" })] };
const here = [
  candidate("vda", "TWIN-A"),
  candidate("vdb", "TWIN-B"),
  candidate("vdc", "SAME"),
  candidate("vdd", "SAME"),
];
const host = fakeHost({ links: { "/dev/disk/by-path/slot-2": "/dev/vdb" }, files: { "/dev/vdb": "" } });

const chosen = (disks: Parameters<typeof answeredDisks>[4]["disks"], candidates = here, carriers: string[] = []) =>
  answeredDisks(host, layout, candidates, carriers, disks ? { disks } : {});

test("diskOfSet() knows a disk by node, device and serial number, and no other", () => {
  for (const name of ["disk:sda", "sda", "/dev/sda", "OLD-1"]) assert.is(diskOfSet(layout, name)?.path, "/dev/sda");
  assert.is(diskOfSet(layout, "sdc"), undefined);
});

test("answeredDisks() finds disks by serial number, WWN, name and link", () => {
  assert.equal(chosen({ sda: { serial: "TWIN-B" } }), { "disk:sda": "/dev/vdb" });
  assert.equal(chosen({ "OLD-2": { wwn: "wwn-of-vda" } }), { "disk:sdb": "/dev/vda" });
  assert.equal(chosen({ sda: { path: "/dev/vda" }, sdb: { path: "/dev/disk/by-path/slot-2" } }), {
    ...{ "disk:sda": "/dev/vda", "disk:sdb": "/dev/vdb" },
  });
  assert.equal(chosen(undefined), {});
});

test("answeredDisks() refuses what it can't be sure of, or must not write to", () => {
  assert.throws(() => chosen({ sdz: { serial: "TWIN-B" } }), /name sdz, which is not a disk of the backup/);
  assert.throws(
    () => chosen({ sda: { serial: "NONE" } }),
    /the disk with serial NONE, which this machine does not have/,
  );
  assert.throws(() => chosen({ sda: { serial: "SAME" } }), /which \/dev\/vdc and \/dev\/vdd both have/);
  assert.throws(() => chosen({ sda: { serial: "TWIN-A" } }, here, ["/dev/vda1"]), /can't be written to: .*carries/);
  const busy = [candidate("vda", "A", { busy: "/dev/vda1 is mounted at /mnt" })];
  assert.throws(() => chosen({ sda: { serial: "A" } }, busy), /can't be written to: \/dev\/vda1 is mounted at \/mnt/);
  const twice = { sda: { serial: "TWIN-A" }, sdb: { path: "/dev/vda" } };
  assert.throws(() => chosen(twice), /give \/dev\/vda to two disks/);
});

test.run();
