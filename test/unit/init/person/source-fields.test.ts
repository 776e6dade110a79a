import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  cardOf,
  complainAboutAddress,
  complainAboutGateway,
  complainAboutPlace,
  kindsFor,
  networkFor,
  type SourceWish,
  type Surroundings,
  sourceFields,
} from "../../../../src/init/person/source-fields.ts";
import { parseBootOptions } from "../../../../src/init/words/boot-options.ts";
import { renderIpConf } from "../../../../src/network/ip-conf.ts";
import type { Link } from "../../../../src/network/links.ts";
import { shareDrivers } from "../../../../src/shares/share-drivers.ts";
import type { Ask } from "../../../../src/ui/ask.ts";
import { askInOrder } from "../../../../src/ui/ask-in-order.ts";

const eth0: Link = { name: "eth0", index: 2, mac: "52:54:00:12:34:56", driver: "e1000", carrier: true };
const wishes = (words: string) => parseBootOptions(words).network;
const around = (more: Partial<Surroundings> = {}): Surroundings => ({
  ...{ found: [], links: [eth0], hasTape: false, wishes: wishes("") },
  ...more,
});

/** Types these answers into the plain questions, in their order; what was asked is remembered. */
async function typed(start: Surroundings, ...answers: string[]): Promise<[SourceWish | undefined, string[]]> {
  const asked: string[] = [];
  const next = (text: string) => {
    asked.push(text);
    const answer = answers.shift();
    if (answer === undefined) throw new Error(`${text} is asked, too`);
    return answer;
  };
  const ask: Ask = {
    async menu(text, choices) {
      const answer = next(text);
      assert.ok(
        choices.some(({ key }) => key === answer),
        `${answer} is none of ${choices.map(({ key }) => key)}`,
      );
      return answer;
    },
    async line(text, { check, initial } = {}) {
      const answer = next(text) || (initial ?? "");
      assert.is(check?.(answer), undefined, answer);
      return answer;
    },
    confirm: () => Promise.reject(new Error("nothing else is asked")),
  };
  return [await askInOrder(ask, () => {}, {}, sourceFields(start)), asked];
}

test("every protocol is asked for in exactly one place", () => {
  // Tests beside this one may have added theirs.
  const own = shareDrivers.filter(({ protocol }) => protocol !== "dir");
  assert.ok(own.length >= 6);
  for (const { protocol } of own) assert.is(kindsFor(protocol).length, 1, protocol);
});

test("what was found, a tape and another look need no further question", async () => {
  const found = around({ found: ["web1, 2026-11-29 (sr0)", "web1, 2026-11-28 (sdb1:/)"] });
  assert.equal((await typed(found, "found1"))[0], { kind: "found1" });
  assert.equal((await typed(found, "tape"))[0], { kind: "tape" });
  assert.equal((await typed(found, "again"))[0], { kind: "again" });
});

test("a server is asked for with its card, and DHCP asks for no address", async () => {
  const [wish = {}, asked] = await typed(around(), "server", "10.0.2.2:/srv", "vm", "any");
  assert.is(asked.length, 4);
  const network = networkFor(wish, wishes("mondo.source=tape: ipconf=eth7:dhcp ping=9"));
  assert.equal(
    [network.source, network.prefix, network.tape, network.ipconf],
    ["10.0.2.2:/srv", "vm", undefined, undefined],
  );
  assert.is(network.pingCount, 9);
});

test("an image needs no prefix, and a card that is up no address", async () => {
  const start = around({ card: eth0, wishes: wishes("ipconf=eth0:dhcp") });
  const [wish = {}, asked] = await typed(start, "web", "https://nas/sets/web1-1.iso", "keep");
  assert.is(asked.length, 3);
  const network = networkFor(wish, start.wishes);
  assert.equal([network.source, network.ipconf], ["https://nas/sets/web1-1.iso", { device: "eth0", method: "dhcp" }]);
});

test("an address that is typed becomes that of the card", async () => {
  const answers = ["server", "root@nas:/b", "", "eth0", "static", "192.168.1.20/23", "192.168.0.1", "192.168.0.2"];
  const [wish = {}] = await typed(around(), ...answers);
  const network = networkFor(wish, wishes(""));
  const conf = network.ipconf;
  assert.is(conf && renderIpConf(conf), "eth0:192.168.1.20:255.255.254.0:192.168.1.255:192.168.0.1");
  assert.equal(network.nameServers, ["192.168.0.2"]);
  // The next try is by DHCP, whose name servers count, with whatever card has a cable.
  const [second = {}] = await typed(around(), "server", "root@nas:/b", "", "any");
  const again = networkFor(second, { ...network, bootMac: "52:54:00:12:34:56" });
  assert.equal([again.nameServers, again.bootMac], [undefined, undefined]);
  const [kept = {}] = await typed(around({ card: eth0 }), "server", "root@nas:/b", "", "keep");
  assert.equal(networkFor(kept, network).nameServers, ["192.168.0.2"]);
  const six = cardOf({ kind: "server", card: "eth0", method: "static", address: "fd00::5/64", gateway: "fd00::1" });
  assert.is(six && renderIpConf(six), "eth0:[fd00::5]/64:[fd00::1]");
  const alone = cardOf({ kind: "server", card: "eth0", method: "static", address: "10.0.0.5/8", gateway: "" });
  assert.is(alone && renderIpConf(alone), "eth0:10.0.0.5:255.0.0.0:10.255.255.255:0.0.0.0");
});

test("a password in the place of before is not shown, and stays when the place does", async () => {
  const start = around({ card: eth0, wishes: wishes("mondo.source=https://joe:secret@web/sets") });
  const place = sourceFields(start)[1]?.screen({ kind: "web" });
  assert.not.match(JSON.stringify(place), /secret/);
  const [wish = {}] = await typed(start, "web", "", "", "keep");
  assert.is(networkFor(wish, start.wishes).source, "https://joe:secret@web/sets");
  const [other = {}] = await typed(start, "web", "https://other/sets", "", "keep");
  assert.is(networkFor(other, start.wishes).source, "https://other/sets");
});

test("the place of another protocol is not offered again", () => {
  const start = around({ wishes: wishes("nfsmount=nas:/b") });
  assert.not.match(JSON.stringify(sourceFields(start)[1]?.screen({ kind: "web" })), /nas:\/b/);
  assert.match(JSON.stringify(sourceFields(start)[1]?.screen({ kind: "server" })), /nas:\/b/);
});

for (const text of ["", "nas", "nas:b", "https://nas/b", "ftp://", "s3://", "192.168.1.9", "\u0000"]) {
  test(`${JSON.stringify(text)} is no place`, () => {
    assert.match(complainAboutPlace(text, "server") ?? "", /Expected: SERVER:\/EXPORT, USER@SERVER:\/DIR/);
  });
}

test("a URL with a slash too few is not taken for a directory of a server called http", () => {
  assert.match(complainAboutPlace("http:/nas/b", "web") ?? "", /Expected: http:/);
});

for (const text of [
  "",
  "192.168.1.20",
  "192.168.1.20/0",
  "192.168.1.20/33",
  "192.168.1.300/24",
  "fd00::5",
  "fd00::5/129",
]) {
  test(`${JSON.stringify(text)} is no address of a card`, () => {
    assert.match(complainAboutAddress(text) ?? "", /192\.168\.1\.20\/24/);
  });
}

test("a gateway lies in the network of its card, or there is none", () => {
  assert.is(complainAboutGateway("192.168.1.1", "192.168.1.20/24"), undefined);
  assert.is(complainAboutGateway("", "192.168.1.20/24"), undefined);
  assert.match(complainAboutGateway("192.168.2.1", "192.168.1.20/24") ?? "", /not in the network/);
  assert.match(complainAboutGateway("fd00::1", "192.168.1.20/24") ?? "", /one kind/);
  assert.match(complainAboutGateway("router", "192.168.1.20/24") ?? "", /An address is expected/);
});

test.run();
