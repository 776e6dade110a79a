import { test } from "uvu";
import * as assert from "uvu/assert";
import { extDriver } from "../../../src/drivers/fs/ext.ts";

test("extDriver.readOnlyOptions() passes over a journal where there is one: the kernel refuses the word for ext2", () => {
  assert.equal(extDriver.readOnlyOptions?.("ext2"), []);
  for (const type of ["ext3", "ext4"]) assert.equal(extDriver.readOnlyOptions?.(type), ["noload"]);
});

test.run();
