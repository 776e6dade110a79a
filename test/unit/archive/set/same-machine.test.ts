import { test } from "uvu";
import * as assert from "uvu/assert";
import { isMeantMachine } from "../../../../src/archive/set/same-machine.ts";

const machine = (name: string, id?: string) => ({
  ...{ name, os: "", kernel: "", arch: "" },
  ...(id === undefined ? {} : { machine: id }),
});

test("old sets go of this machine or the one that was named, never of a name alone", () => {
  const us = machine("localhost", "0123abcd");
  assert.ok(isMeantMachine(machine("localhost", "0123abcd"), us, undefined));
  assert.not.ok(isMeantMachine(machine("localhost", "89abcdef"), us, undefined));
  assert.not.ok(isMeantMachine(machine("web1", "0123abcd"), us, undefined));
  assert.ok(isMeantMachine(machine("web1", "89abcdef"), us, "web1"));
  assert.not.ok(isMeantMachine(machine("web1"), us, "web1"));
  assert.not.ok(isMeantMachine(machine("localhost"), machine("localhost"), undefined));
});

test.run();
