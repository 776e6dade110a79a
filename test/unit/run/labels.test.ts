import { test } from "uvu";
import * as assert from "uvu/assert";
import { policyIn } from "../../../src/run/labels.ts";

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

test.run();
