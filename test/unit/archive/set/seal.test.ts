import { test } from "uvu";
import * as assert from "uvu/assert";
import { seal, unseal } from "../../../../src/archive/set/seal.ts";
import { MondoError } from "../../../../src/base/errors.ts";
import { Secret } from "../../../../src/base/secret.ts";

/** `printf 'header bytes\n' | age -p`, by age 1.1.1. */
const BY_AGE = Buffer.from(
  "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCBpSnRza1g1VTBmRE8wNHZqMGxRUEFnIDE4CkFYbDBnUXRWM3kvTWx6UzNR" +
    "L3hrYlJZWEpVRzZGaXpsazFNTXRJZ3ByUUkKLS0tIEtZNWlCdW1lTkR1a2F5VitQMEhLVFJwdmY5d3RYRFFTRHc1b2lVajJTSG8K" +
    "OK8JteAW1vwakD3KkozaiNuLMf4rN9c/d1vnMqjZokK7perLIky9RJSIBFwB",
  "base64",
);
const phrase = Secret.ofText("correct horse battery");

test("unseal() reads what the program age wrote, and only with the same pass phrase", async () => {
  assert.is(Buffer.from((await unseal(BY_AGE, phrase, "x.age")) ?? []).toString(), "header bytes\n");
  assert.is(await unseal(BY_AGE, Secret.ofText("correct horse"), "x.age"), undefined);
});

test("seal() gives bytes that unseal() reads, different each time, and that hold nothing in clear", async () => {
  const bytes = new Uint8Array(100_000).fill(0x41);
  const [one, two] = [await seal(bytes, phrase), await seal(bytes, phrase)];
  assert.ok(Buffer.compare(one, two) !== 0);
  assert.not.match(Buffer.from(one).toString("latin1"), /AAAAAAAA|correct/);
  assert.match(Buffer.from(one).toString("latin1"), /^age-encryption\.org\/v1\n-> scrypt \S+ 18\n/);
  assert.equal(await unseal(one, phrase, "x.age"), bytes);
});

test("unseal() calls changed, cut and other bytes damaged", async () => {
  const sealed = Uint8Array.from(BY_AGE);
  sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1;
  for (const bytes of [sealed, BY_AGE.subarray(0, 100), new Uint8Array(300), new Uint8Array(0)]) {
    const error = await unseal(bytes, phrase, "luks-1.header.age").catch((cause: unknown) => cause);
    assert.ok(error instanceof MondoError && error.code === "damaged", String(error));
    assert.match(error.message, /^luks-1\.header\.age can't be decrypted/);
  }
});

test.run();
