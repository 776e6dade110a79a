import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../../src/base/errors.ts";
import { unreadBecause } from "../../../../src/init/medium/store.ts";

const failed = (errno: number) => new MondoError("system", "mount: failure", { data: { errno } });

test("unreadBecause() names the module that the kernel lacks, and else what mount(2) said", () => {
  const store = { name: "sdb3", type: "exfat" };
  assert.is(
    unreadBecause(store, failed(19)),
    "sdb3 (exfat) can't be looked into: the kernel of this rescue system lacks the module exfat",
  );
  assert.is(unreadBecause(store, failed(5)), "sdb3 (exfat) can't be looked into: mount: failure");
});

test.run();
