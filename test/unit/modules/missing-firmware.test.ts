import { test } from "uvu";
import * as assert from "uvu/assert";
import { describeMissingFirmware, missingFirmware } from "../../../src/modules/missing-firmware.ts";

const log = `<6>[    1.000000] Linux version 6.1
<4>[    3.100000] bnx2 0000:02:00.0: Direct firmware load for bnx2/bnx2-mips-09-6.2.1b.fw failed with error -2
<3>[    3.100001] bnx2 0000:02:00.0: Can't load firmware file "bnx2/bnx2-mips-09-6.2.1b.fw"
<4>[    3.200000] iwlwifi 0000:03:00.0: Direct firmware load for iwlwifi-a-72.ucode failed with error -2
<4>[    3.200000] iwlwifi 0000:03:00.0: Direct firmware load for iwlwifi-a-71.ucode failed with error -2
<4>[    3.200000] iwlwifi 0000:03:00.0: Direct firmware load for iwlwifi-a-71.ucode failed with error -2
<4>[    3.300000] ath9k_htc 2-1:1.0: Direct firmware load for busy.fw failed with error -11
`;

test("missingFirmware() names the files that each device asked for in vain", () => {
  assert.equal(missingFirmware(log), [
    { device: "bnx2 0000:02:00.0", files: ["bnx2/bnx2-mips-09-6.2.1b.fw"] },
    { device: "iwlwifi 0000:03:00.0", files: ["iwlwifi-a-72.ucode", "iwlwifi-a-71.ucode"] },
  ]);
  assert.equal(missingFirmware(""), []);
});

test("describeMissingFirmware() says it in one line, however many versions were tried", () => {
  const files = ["a", "b", "c", "d", "e", "f"];
  const text = describeMissingFirmware({ device: "x 1", files });
  assert.is(text, "x 1 asked for firmware that is not in this image: a, b, c, d and 2 more");
});

test.run();
