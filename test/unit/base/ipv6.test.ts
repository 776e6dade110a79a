import { test } from "uvu";
import * as assert from "uvu/assert";
import { canonicalIpv6, parseIpv6 } from "../../../src/base/ipv6.ts";

test("canonicalIpv6() gives the short form, and nothing for what is no address", () => {
  assert.is(canonicalIpv6("2001:0DB8:0:0::1"), "2001:db8::1");
  assert.is(canonicalIpv6("::"), "::");
  assert.is(canonicalIpv6("::ffff:10.0.0.1"), "::ffff:a00:1");
  for (const text of ["", "10.0.0.1", "fe80::1%eth0", "1:2:3", "1::2::3", "[::1]", "::1]/x", "12345::"]) {
    assert.is(canonicalIpv6(text), undefined);
  }
});

test("parseIpv6() gives sixteen bytes", () => {
  const hex = (text: string) => Buffer.from(parseIpv6(text) ?? []).toString("hex");
  assert.is(hex("2001:db8::1"), "20010db8000000000000000000000001");
  assert.is(hex("::"), "0".repeat(32));
  assert.is(hex("fe80::"), `fe80${"0".repeat(28)}`);
  assert.is(hex("1:2:3:4:5:6:7:8"), "00010002000300040005000600070008");
  assert.is(parseIpv6("x"), undefined);
});

test.run();
