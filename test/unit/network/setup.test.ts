import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { parseIpv4 } from "../../../src/base/ipv4.ts";
import { orderRoutes, staticSetup } from "../../../src/network/address.ts";
import { parseBootIf, parseIpConf, renderIpConf } from "../../../src/network/ip-conf.ts";
import { findLink, guessLink, type Link, listLinks } from "../../../src/network/links.ts";
import { waitForServer } from "../../../src/network/reach.ts";
import { runResolveTask } from "../../../src/network/resolve-server.ts";
import { renderResolver } from "../../../src/network/resolver.ts";
import { runMountTask } from "../../../src/shares/mount-in-child.ts";
import { fakeHost } from "../../support/fake-host.ts";

const ip = (text: string): number => parseIpv4(text) ?? Number.NaN;

test("listLinks() gives Ethernet cards with driver and carrier, nothing else", () => {
  const host = fakeHost({
    files: {
      "/sys/class/net/lo/type": "772\n",
      "/sys/class/net/eth0/type": "1\n",
      "/sys/class/net/eth0/ifindex": "2\n",
      "/sys/class/net/eth0/address": "52:54:00:00:00:01\n",
      "/sys/class/net/eth0/carrier": "1\n",
      "/sys/bus/pci/drivers/e1000/bind": "",
    },
    links: { "/sys/class/net/eth0/device/driver": "/sys/bus/pci/drivers/e1000" },
  });
  assert.equal(listLinks(host), [{ name: "eth0", index: 2, mac: "52:54:00:00:00:01", driver: "e1000", carrier: true }]);
});

const card = (name: string, mac: string, carrier = true): Link => ({ name, index: 1, mac, driver: "", carrier });
const [one, two] = [card("eth0", "52:54:00:00:00:01"), card("eth1", "52:54:00:00:00:02", false)];

test("findLink() takes the card named by name or address, else that of BOOTIF= with a reason", () => {
  assert.is(findLink([one, two], "eth1")?.link, two);
  assert.is(findLink([one, two], "52:54:00:00:00:02")?.link, two);
  assert.equal(findLink([one, two], "ens3", one.mac), {
    link: one,
    because: "there is no card ens3; BOOTIF= names this one",
  });
  assert.equal(findLink([one, two], undefined, two.mac), { link: two });
  assert.is(findLink([one, two], "ens3"), undefined);
  assert.is(findLink([one, two], "52:54:00:00:00:99", one.mac), undefined, "an address names one card only");
});

test("guessLink() takes the only card with a cable, and never one of several", () => {
  assert.equal(guessLink([one, two], "ens3"), {
    link: one,
    because: "there is no card ens3; this is the only one with a cable in it",
  });
  assert.is(guessLink([two], undefined)?.link, two);
  assert.is(guessLink([one, { ...two, carrier: true }], undefined), undefined);
  assert.is(guessLink([], "eth0"), undefined);
  assert.is(guessLink([one], "52:54:00:00:00:99"), undefined);
});

test("parseIpConf() takes a hardware address for the card; renderIpConf() writes what it reads", () => {
  for (const text of ["52-54-00-AB-cd-ef:dhcp", "52:54:00:ab:cd:ef:dhcp"]) {
    assert.equal(parseIpConf(text), { device: "52:54:00:ab:cd:ef", method: "dhcp" });
  }
  for (const text of ["52:54:00:ab:cd:ef:10.0.0.2:255.0.0.0:10.255.255.255:10.0.0.1", "eth0:dhcp"]) {
    const conf = parseIpConf(text);
    assert.is(conf && renderIpConf(conf), text);
  }
  for (const text of ["eth0", "eth0:DHCP", "a:b:dhcp", "52:54:00:ab:cd:dhcp"]) assert.is(parseIpConf(text), undefined);
});

test("parseBootIf() reads what PXELINUX writes", () => {
  assert.is(parseBootIf("01-52-54-00-AB-CD-EF"), "52:54:00:ab:cd:ef");
  assert.is(parseBootIf("52:54:00:ab:cd:ef"), "52:54:00:ab:cd:ef");
  assert.is(parseBootIf("eth0"), undefined);
});

test("staticSetup() makes no route of a gateway that is none", () => {
  const conf = { device: "eth0", method: "static", netmask: "255.255.255.0", broadcast: "10.0.0.255" } as const;
  const routes = (gateway: string) => staticSetup({ ...conf, address: "10.0.0.2", gateway }).routes;
  assert.equal(routes("10.0.0.1"), [{ destination: 0, netmask: 0, gateway: ip("10.0.0.1") }]);
  assert.equal(routes("0.0.0.0"), []);
  assert.equal(routes("10.0.0.2"), []);
});

test("orderRoutes() makes a way to a gateway outside of the network first", () => {
  const setup = { address: ip("10.0.0.2"), netmask: 0xffffffff, broadcast: 0, nameServers: [], domain: "" };
  const standard = { destination: 0, netmask: 0, gateway: ip("10.9.9.9") };
  assert.equal(orderRoutes({ ...setup, routes: [standard] }), [
    { destination: ip("10.9.9.9"), netmask: 0xffffffff, gateway: 0 },
    standard,
  ]);
  assert.equal(orderRoutes({ ...setup, netmask: 0xff000000, routes: [standard] }), [standard]);
});

test("renderResolver() writes no search line that could hold anything else", () => {
  const nameServers = ["10.0.0.3"];
  assert.is(renderResolver("", { nameServers, search: ["a.test"] }), "search a.test\nnameserver 10.0.0.3\n");
  assert.is(renderResolver("", { nameServers, search: ["a nameserver", ""] }), "nameserver 10.0.0.3\n");
  assert.is(renderResolver("", { nameServers: [], search: ["a.test"] }), "");
});

test("renderResolver() keeps what it held, first, and names nothing twice", () => {
  const before = "search a.test\nnameserver 10.0.0.3\n";
  const text = renderResolver(before, { nameServers: ["10.0.0.3", "fe80::1%eth0"], search: ["b.test", "a.test"] });
  assert.is(text, "search a.test b.test\nnameserver 10.0.0.3\nnameserver fe80::1%eth0\n");
  assert.is(renderResolver(before, { nameServers: [], search: ["c.test"] }), before);
});

const nfs = { name: "NFS server", ports: [2049, 111] };
const outcomes: readonly (readonly [errno: number | undefined, says: RegExp])[] = [
  [111, /^srv is there, but runs no NFS server \(after 2 tries\)$/],
  [101, /^there is no route to srv$/],
  [113, /^srv can't be reached: nothing has that address on the way \(after 2 tries\)$/],
  [undefined, /^srv does not answer \(after 2 tries\)$/],
];
for (const [number, says] of outcomes) {
  test(`waitForServer() explains ${number === undefined ? "silence" : `error ${number}`} within 30 s`, async () => {
    const host = fakeHost({});
    const began = host.nowMs();
    const connect = () => ({ outcome: () => number, close() {} });
    const error = await waitForServer(host, "srv", "10.0.0.1", 2, nfs, connect).catch((caught: unknown) => caught);
    assert.ok(error instanceof MondoError);
    assert.match(error.message, says);
    assert.ok(host.nowMs() - began < 30_000);
  });
}

test("waitForServer() goes on as soon as a port answers, that of a portmapper too", async () => {
  let tries = 0;
  const connect = (_: string, port: number) => {
    tries += 1;
    return { outcome: () => (tries > 2 && port === 111 ? 0 : 111), close() {} };
  };
  await waitForServer(fakeHost({}), "srv", "10.0.0.1", 5, nfs, connect);
  assert.is(tries, 4);
});

test("runMountTask() reports the error number of a mount, and runResolveTask() the address of a name", async () => {
  const refused = new MondoError("system", "mount: refused", { data: { errno: 111 } });
  const host = fakeHost({
    mount() {
      throw refused;
    },
  });
  const mount = { type: "nfs", source: "a:/b", target: "/c", data: "", readOnly: true };
  const input = async () => JSON.stringify(mount);
  assert.equal(JSON.parse(await runMountTask(host, input)), { error: "mount: refused", errno: 111 });
  assert.equal(JSON.parse(await runResolveTask(host, "127.0.0.1")), { address: "127.0.0.1" });
});

test.run();
