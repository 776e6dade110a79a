import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { Secret } from "../../../src/base/secret.ts";
import { gatheredKeys } from "../../../src/restore/give-key.ts";

const volume = { path: "/dev/mapper/vault", uuid: "a1" };

test("gatheredKeys() gives what was gathered, and refuses in a sentence where that fails or nothing was: it never asks", async () => {
  const give = gatheredKeys(new Map([["luks:a1", Secret.ofText("key")]]));
  assert.is(Buffer.from((await give(volume, false)).reveal()).toString(), "key");
  const refusalOf = async (work: Promise<unknown>) => {
    const error = await work.catch((cause: unknown) => cause);
    assert.ok(error instanceof MondoError && error.code === "refused");
    return (error as MondoError).message;
  };
  assert.match(await refusalOf(give(volume, true)), /^the key that was given does not open .*\/vault \(UUID a1\)$/);
  const other = give({ ...volume, uuid: "b2" }, false);
  assert.match(await refusalOf(other), /^nobody gave the pass phrase of the LUKS volume \/dev\/mapper\/vault$/);
});

test.run();
