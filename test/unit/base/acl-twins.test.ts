import { test } from "uvu";
import * as assert from "uvu/assert";
import { withoutAclTwins } from "../../../src/base/acl-twins.ts";
import { toByteString } from "../../../src/base/bytes.ts";

test("withoutAclTwins() leaves out what shows an ACL once more, and nothing that stands alone", () => {
  const names = (...list: string[]) => list.map(toByteString);
  assert.equal(
    withoutAclTwins(names("user.a", "system.posix_acl_access", "trusted.SGI_ACL_FILE", "trusted.SGI_ACL_DEFAULT")),
    names("user.a", "system.posix_acl_access", "trusted.SGI_ACL_DEFAULT"),
  );
  assert.equal(withoutAclTwins(names("trusted.SGI_ACL_FILE", "trusted.x")), names("trusted.SGI_ACL_FILE", "trusted.x"));
});

test.run();
