import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Command } from "../../../src/host/host.ts";
import { policyIn, policyLabels } from "../../../src/run/labels.ts";

test("policyIn() names the policy that a system starts with, where it starts with one", () => {
  assert.is(policyIn("# made by hand\nSELINUX=enforcing\nSELINUXTYPE=default\n"), "default");
  assert.is(policyIn("SELINUX = permissive\nSELINUXTYPE=mls # strict\n"), "mls");
  assert.is(policyIn("SELINUX=enforcing\n"), "targeted");
  for (const text of ["SELINUX=disabled\nSELINUXTYPE=default\n", "#SELINUX=enforcing\n", "SELINUXTYPE=default\n", ""]) {
    assert.is(policyIn(text), undefined, text);
  }
  assert.is(policyIn(undefined), undefined);
  // It becomes part of a path.
  assert.is(policyIn("SELINUX=enforcing\nSELINUXTYPE=../../tmp\n"), "..");
});

const LABELS: Readonly<Record<string, string>> = {
  "/home": "system_u:object_r:home_root_t:s0",
  "/boot/initrd.img": "system_u:object_r:boot_t:s0",
};

/** A matchpathcon that prints nothing for what it does not know. */
const answering = (status: number) => {
  const asked: string[][] = [];
  const run = async ({ argv }: Command) => {
    const paths = argv.slice(5);
    asked.push(paths);
    const known = paths.flatMap((path) => LABELS[path] ?? []);
    const isWhole = status === 0 && known.length === paths.length;
    const stdout = status === 0 ? known.map((label) => `${label}\n`).join("") : "";
    return { code: isWhole ? 0 : status, stdout, stderr: status === 0 ? "" : "chroot: no matchpathcon" };
  };
  return { asked, run };
};

test("one path about which the policy is silent costs the others nothing", async () => {
  const host = answering(0);
  const found = await policyLabels(host, "/mnt", "default", ["/home", "/odd", "/boot/initrd.img"]);
  assert.equal(found, [LABELS["/home"], undefined, LABELS["/boot/initrd.img"]]);
  assert.equal(host.asked, [["/home", "/odd", "/boot/initrd.img"], ["/home"], ["/odd"], ["/boot/initrd.img"]]);
});

test("without a program that knows the policy nothing passes for an answer", async () => {
  const host = answering(127);
  const error = await policyLabels(host, "/mnt", "default", ["/home", "/odd"]).catch((thrown) => thrown);
  assert.match(String(error.message), /matchpathcon in the restored system: chroot: no matchpathcon/);
  assert.is(host.asked.length, 1);
});

test.run();
