import { test } from "uvu";
import * as assert from "uvu/assert";
import { differences } from "../../support/fingerprint.ts";
import { plainText } from "../../support/serial.ts";
import { machineNamed, machines } from "../../vm/machines.ts";

test("differences() of equal fingerprints is empty, whatever their order", () => {
  assert.equal(differences(["a 1", "b 2"], ["b 2", "a 1"]), []);
});

test("differences() shows what changed as a lost and a new line side by side", () => {
  const found = differences(["M /x|f 644", "M /y|f 644"], ["M /y|f 644", "M /x|f 600", "M /z|d 755"]);
  assert.equal(found, ["+ M /x|f 600", "- M /x|f 644", "+ M /z|d 755"]);
});

test("plainText() drops cursor movement, colours and carriage returns, and nothing else", () => {
  assert.is(plainText("\x1b[2J\x1b[01;01H\x1b[0;37mNuke: 50 %\r\n\x1b(B[x]\x0f"), "Nuke: 50 %\n[x]");
});

test("machines: each mounts a root first, and no two have the same serial", () => {
  for (const machine of machines) {
    const points = machine.filesystems.flatMap(({ mountPoint }) => (mountPoint.startsWith("/") ? [mountPoint] : []));
    assert.is(points[0], "/", machine.name);
  }
  const serials = machines.flatMap(({ disks }) => disks.map(({ serial }) => serial));
  assert.is(new Set(serials).size, serials.length);
});

test("machineNamed() of an unknown name throws and lists those that there are", () => {
  assert.throws(() => machineNamed("vax"), /no machine vax: there are .*bios-gpt-ext4/);
});

test.run();
