import { suite } from "uvu";
import * as assert from "uvu/assert";
import { needing } from "../support/needing.ts";
import { S3_KEYS, S3_PLACE } from "../support/s3-service.ts";
import { storeContract } from "../support/store-contract.ts";
import { StoreLab } from "../support/store-lab.ts";

const test = suite("backups on an object store");
const lab = new StoreLab("s3");
const isRoot = process.getuid?.() === 0;

test.before(() => lab.makeTree(30_000_000));
test.after(() => lab.remove());

storeContract(test, {
  ...{ lab, canRun: isRoot, place: S3_PLACE, env: S3_KEYS, home: "root/vault/sets", leastVolumes: 3 },
  madeIn: /^made s3\+http:\/\/us-east-1@127\.0\.0\.1:9000\/vault\/sets\/h\/p\/DATE$/m,
  secret: /s3cr/,
  comparesDigests: true,
  unfinished: "root/.uploads",
  breaks: { step: "2:touch $BASE/break", says: /^log: write part \d of .*\/volume-0003\.tar\.zst: .*; trying again$/m },
  full: {
    step: "2:head -c 200000000 /dev/zero >$BASE/root/fill 2>/dev/null || true",
    says: /^refused: 127\.0\.0\.1:9000 has no room to write .*volume-0003\.tar\.zst \(no-space\) Make room there/m,
  },
  killed: { leaves: /volume-0001\.tar\.zst$/m },
});

const told = (more: Readonly<Record<string, string>>, place = S3_PLACE) =>
  lab.steps(place, { ...S3_KEYS, PATIENCE: "1000", ...more }, ["archive"]);

needing(test, isRoot)("what is wrong with key, bucket or address is told in a sentence at once", async () => {
  for (const [said, expected] of [
    [told({ AWS_ACCESS_KEY_ID: "OTHER" }), /^refused: 127\.0\.0\.1:9000 does not know the access key OTHER/m],
    [told({ AWS_SECRET_ACCESS_KEY: "wrong1" }), /^refused: the secret key is not that of CLIENT, says 127/m],
    [told({}, "s3+http://127.0.0.1:9000/other/sets"), /^refused: 127\.0\.0\.1:9000 has no bucket other /m],
    [told({}, "s3+http://127.0.0.1:2/vault/sets"), /^refused: 127\.0\.0\.1:2 can't be brought to list .*connect/im],
  ] as const) {
    assert.match(await said, expected);
    assert.not.match(await said, /wrong1|s3cr/);
  }
});

test.run();
