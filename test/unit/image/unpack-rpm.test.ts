import { test } from "uvu";
import * as assert from "uvu/assert";
import { isSigned } from "../../../src/image/unpack-rpm.ts";

test("isSigned() reads what RPM 4 and RPM 6 say of a good signature, and nothing else", () => {
  const good = [
    "    Header V4 RSA/SHA256 Signature, key ID 18b8e74c: OK",
    "    Header OpenPGP V4 RSA/SHA256 signature, key fingerprint: 36f612dcf27f7d1a48a835e4dbfcf71c6d9f90a6: OK",
  ];
  for (const line of good) assert.ok(isSigned(`kernel.rpm:\n${line}\n    Payload SHA256 digest: OK\n`), line);
  const bad = [
    "    Header V4 RSA/SHA256 Signature, key ID 18b8e74c: NOKEY",
    "    Header OpenPGP V4 RSA/SHA256 signature, key fingerprint: 36f612dcf27f7d1a48a835e4dbfcf71c6d9f90a6: BAD",
    "    Header SHA256 digest: OK",
  ];
  for (const line of bad) assert.not(isSigned(`kernel.rpm:\n${line}\n`), line);
});

test.run();
