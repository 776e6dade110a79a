import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../../src/base/errors.ts";
import { elfSection, isElf, parseElf } from "../../../../src/formats/boot/elf.ts";
import { parseModuleInfo } from "../../../../src/formats/boot/modinfo.ts";
import { tinyElf } from "../../../support/tiny-elf.ts";

for (const [bits, little] of [
  [64, true],
  [64, false],
  [32, true],
  [32, false],
] as const) {
  test(`parseElf() reads a ${bits}-bit ${little ? "little" : "big"}-endian program`, () => {
    const file = tinyElf({
      bits,
      little,
      machine: 62,
      interpreter: "/lib64/ld.so",
      needed: ["liba.so.1", "libb.so"],
      runpath: "$ORIGIN/../lib:/opt/lib",
    });
    assert.equal(parseElf(file, "x"), {
      bits,
      machine: 62,
      interpreter: "/lib64/ld.so",
      needed: ["liba.so.1", "libb.so"],
      rpath: [],
      runpath: ["$ORIGIN/../lib", "/opt/lib"],
    });
  });
}

test("parseElf() of a static program needs nothing", () => {
  const elf = parseElf(tinyElf({ bits: 64, little: true, machine: 183 }), "x");
  assert.equal(elf.needed, []);
  assert.is(elf.interpreter, undefined);
});

test("parseElf() of a script is a format error that names it", () => {
  const script = new TextEncoder().encode("#!/bin/sh\n");
  assert.not.ok(isElf(script));
  assert.throws(
    () => parseElf(script, "/bin/script"),
    (e: MondoError) => e.code === "format" && e.message.includes("/bin/script"),
  );
});

test("parseModuleInfo() finds firmware and soft dependencies", () => {
  const modinfo = new TextEncoder().encode(
    "license=GPL\0firmware=a/b.bin\0firmware=c.fw\0softdep=pre: crc32c\0alias=pci:v1*\0vermagic=6.1.0 SMP\0",
  );
  const file = tinyElf({
    bits: 64,
    little: true,
    machine: 62,
    sections: { ".text": new Uint8Array(9), ".modinfo": modinfo },
  });
  assert.equal(parseModuleInfo(file, "m.ko"), {
    firmware: ["a/b.bin", "c.fw"],
    softdeps: ["pre: crc32c"],
    aliases: ["pci:v1*"],
    vermagic: "6.1.0 SMP",
  });
});

test("elfSection() without that section gives undefined", () => {
  assert.is(elfSection(tinyElf({ bits: 64, little: true, machine: 62 }), ".modinfo", "x"), undefined);
});

test("parseElf() and elfSection() of damaged files end with a result or a MondoError", () => {
  const whole = tinyElf({
    bits: 64,
    little: true,
    machine: 62,
    needed: ["a"],
    interpreter: "/l",
    sections: { ".x": new Uint8Array(3) },
  });
  let seed = 3;
  const random = () => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return seed;
  };
  for (let round = 0; round < 3000; round++) {
    const hurt = whole.slice(0, round % 4 === 0 ? random() % whole.byteLength : whole.byteLength);
    for (let n = 0; n < 4 && hurt.byteLength > 4; n++) hurt[4 + (random() % (hurt.byteLength - 4))] = random() & 0xff;
    for (const work of [() => parseElf(hurt, "x"), () => elfSection(hurt, ".x", "x")]) {
      try {
        work();
      } catch (error) {
        assert.ok(error instanceof MondoError, String(error));
      }
    }
  }
});

test.run();
