import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseModprobeConfig } from "../../../src/modules/modprobe-config.ts";

test("parseModprobeConfig() reads options, blacklists, soft dependencies, refusals and continued lines", () => {
  const config = parseModprobeConfig(
    [
      "options usb-storage \\\n delay_use=5\nblacklist i2c-piix4\ninstall floppy /bin/false\ninstall x /sbin/modprobe y\n",
      "softdep ext4 pre: crc32c post: other-mod\nalias eth0 e1000\n# blacklist no\n",
    ],
    new Map([
      ["usb_storage", ["quirks=1:2:u"]],
      ["modprobe", ["blacklist=a,b-c"]],
    ]),
  );
  assert.equal(config.options.get("usb_storage"), ["delay_use=5", "quirks=1:2:u"]);
  assert.equal([...config.blacklist], ["i2c_piix4", "a", "b_c"]);
  assert.equal([...config.refused], ["floppy"]);
  assert.equal(config.softBefore.get("ext4"), ["crc32c"]);
  assert.equal(config.softAfter.get("ext4"), ["other_mod"]);
  assert.is(config.aliases, "alias eth0 e1000");
});

test.run();
