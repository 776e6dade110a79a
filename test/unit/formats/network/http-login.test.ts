import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  chooseChallenge,
  decodeChallenges,
  encodeAuthorization,
  type HttpLogin,
} from "../../../../src/formats/network/http-login.ts";

/** Source: RFC 7616, 3.9.1. */
const example = (algorithm: string) =>
  `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`;
const mufasa: HttpLogin = { user: "Mufasa", password: "Circle of Life" };
const asked = {
  method: "GET",
  target: "/dir/index.html",
  count: 1,
  random: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
};

const answer = (header: string, login = mufasa, request = asked) => {
  const challenge = chooseChallenge(decodeChallenges(header));
  return challenge && encodeAuthorization(challenge, login, request);
};

for (const [algorithm, response] of [
  ["MD5", "8ca523f5e9506fed4657c9700eebdbec"],
  ["SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"],
] as const) {
  test(`encodeAuthorization() answers the example of RFC 7616 by ${algorithm}`, () => {
    const said = answer(example(algorithm)) ?? "";
    assert.match(said, new RegExp(`^Digest username="Mufasa", .*nc=00000001, .*response="${response}", opaque="FQhe`));
  });
}

test("encodeAuthorization() answers the example of RFC 2069 and 2617 without and with qop", () => {
  const nonce = 'realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"';
  const request = { ...asked, random: "0a4f113b" };
  const login = { user: "Mufasa", password: "Circle Of Life" };
  assert.match(
    answer(`Digest ${nonce}, qop="auth"`, login, request) ?? "",
    /response="6629fae49393a05397450978507c4ef1"/,
  );
  const old = answer(`Digest ${nonce}`, login, request) ?? "";
  assert.match(old, /response="670fd8c2df070c60b045671b8b24ff02"/);
  assert.not.match(old, /qop|nc=|cnonce/);
});

test("encodeAuthorization() answers Basic, in UTF-8", () => {
  assert.is(
    answer('Basic realm="x"', { user: "Aladdin", password: "open sesame" }),
    "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
  );
  assert.is(answer("basic", { user: "j", password: "ä" }), `Basic ${Buffer.from("j:ä").toString("base64")}`);
});

test("chooseChallenge() takes the strongest that it can answer", () => {
  const chosen = (header: string) => {
    const challenge = chooseChallenge(decodeChallenges(header));
    return challenge && `${challenge.scheme} ${challenge.values.get("algorithm") ?? ""}`.trim();
  };
  assert.is(chosen(`Basic realm="a, b", ${example("MD5")}, ${example("SHA-256")}`), "digest SHA-256");
  assert.is(chosen(`Negotiate, ${example("SHA-512-256")}, Basic realm="\\"x\\""`), "basic");
  assert.is(chosen('Digest realm="x", nonce="y", qop="auth-int"'), undefined);
  assert.is(chosen('Digest realm="x"'), undefined);
  assert.is(chosen("Bearer, Negotiate abc=="), undefined);
  assert.is(chosen(""), undefined);
});

test.run();
