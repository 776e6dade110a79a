import { test } from "uvu";
import * as assert from "uvu/assert";
import { Secret } from "../../../src/base/secret.ts";
import { EMPTY_SHA256, encodeAws, presignUrl, signHeaders } from "../../../src/formats/network/aws-signature.ts";

/** Source: "Signature Calculations for the Authorization Header", S3 API Reference, with its example keys. */
const keys = { id: "AKIAIOSFODNN7EXAMPLE", secret: Secret.ofText("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY") };
const nowMs = Date.UTC(2013, 4, 24);
const HOST = "https://examplebucket.s3.amazonaws.com";

function signatureOf(request: Partial<Parameters<typeof signHeaders>[0]>): string | undefined {
  const base = { method: "GET", url: `${HOST}/`, query: {}, headers: {}, bodySha256: EMPTY_SHA256 };
  const { authorization } = signHeaders({ ...base, ...request }, keys, "us-east-1", nowMs);
  return authorization?.split("Signature=")[1];
}

test("signHeaders() gives the documentation's signatures", () => {
  assert.is(
    signatureOf({ url: `${HOST}/test.txt`, headers: { range: "bytes=0-9" } }),
    "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
  );
  assert.is(
    signatureOf({
      ...{ method: "PUT", url: `${HOST}/test%24file.text` },
      headers: { date: "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY" },
      bodySha256: "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
    }),
    "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
  );
  assert.is(
    signatureOf({ query: { lifecycle: "" } }),
    "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
  );
  assert.is(
    signatureOf({ query: { prefix: "J", "max-keys": "2" } }),
    "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
  );
});

test("presignUrl() gives the documentation's URL", () => {
  const url = presignUrl(`${HOST}/test.txt`, keys, "us-east-1", nowMs, 86_400);
  assert.match(url, /X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404$/);
});

test("encodeAws() leaves only what RFC 3986 never reserves", () => {
  assert.is(encodeAws("a b/ü!'()*~-._"), "a%20b%2F%C3%BC%21%27%28%29%2A~-._");
});

test.run();
