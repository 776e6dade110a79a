import { test } from "uvu";
import * as assert from "uvu/assert";
import { commandLineOf } from "../../../src/probe/command-line.ts";
import type { Facts } from "../../../src/probe/facts.ts";

const of = (commandLine?: string) => commandLineOf({ commandLine } as Facts).commandLine;

test("commandLineOf() leaves out what boot loaders add, and a line that holds a secret", () => {
  assert.is(of("BOOT_IMAGE=/vmlinuz-6.1 root=UUID=1-2 ro  quiet initrd=\\initramfs.img"), "root=UUID=1-2 ro quiet");
  assert.is(of("root=/dev/sda1 rd.iscsi.password=x"), undefined);
  assert.is(of("netroot=iscsi:user:word@10.0.0.1::3260::iqn.x root=/dev/sda1"), undefined);
  assert.is(of("root=/dev/sda1\x1b[2J"), undefined);
  assert.is(of(""), undefined);
  assert.is(of(), undefined);
});

test.run();
