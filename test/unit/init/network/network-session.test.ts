import { test } from "uvu";
import * as assert from "uvu/assert";
import { readIdentity } from "../../../../src/init/image-identity.ts";
import { withArchived } from "../../../../src/init/network/network-session.ts";
import { parseBootOptions } from "../../../../src/init/words/boot-options.ts";
import { fakeHost } from "../../../support/fake-host.ts";

const ipconf = "eth0:10.0.0.7:255.255.255.0:10.0.0.255:10.0.0.1";
const seed = { network: { source: "10.0.0.2:/mondo/monday", prefix: "web1", ipconf } };
const archived = readIdentity(fakeHost({ files: { "/etc/mondo/boot.json": JSON.stringify(seed) } }));
const wishes = (words: string) => withArchived(parseBootOptions(words).network, archived);

test("withArchived() fills in server, prefix and address of the backup", () => {
  const { source, prefix, ipconf: conf } = wishes("pxe");
  assert.is(source, "10.0.0.2:/mondo/monday");
  assert.is(prefix, "web1");
  assert.is(conf?.method === "static" && conf.address, "10.0.0.7");
});

test("withArchived() lets boot words win, and forgets the old address with the old server", () => {
  assert.is(wishes("pxe prefix=web2").prefix, "web2");
  assert.is(wishes("pxe ip=dhcp").ipconf?.method, "dhcp");
  assert.equal(wishes("pxe nfsmount=nas:/x"), parseBootOptions("pxe nfsmount=nas:/x").network);
});

test("copies that the image knows are asked after whichever place is named, unless the words name others", () => {
  const copies = [{ source: "nas:/b", knownHosts: "k" }, { source: "https://web/b" }, { source: "/nowhere" }];
  const host = fakeHost({ files: { "/etc/mondo/boot.json": JSON.stringify({ ...seed, copies }) } });
  const identity = readIdentity(host);
  assert.equal(identity.copies, copies.slice(0, 2));
  const spares = (words: string) => {
    const { source, spares: found } = withArchived(parseBootOptions(words).network, identity);
    return [source, found];
  };
  assert.equal(spares("pxe"), ["10.0.0.2:/mondo/monday", ["nas:/b", "https://web/b"]]);
  assert.equal(spares("pxe nfsmount=nas:/b"), ["nas:/b", ["https://web/b"]]);
  assert.equal(spares("mondo.source=UUID=1-2:/"), [undefined, ["nas:/b", "https://web/b"]]);
  assert.equal(spares("mondo.source=nas:/x mondo.source=nas:/y"), ["nas:/x", ["nas:/y"]]);
});

for (const network of [undefined, 7, {}, { source: "nas" }, { source: 1 }]) {
  test(`readIdentity() passes over the network ${JSON.stringify(network)}`, () => {
    const host = fakeHost({ files: { "/etc/mondo/boot.json": JSON.stringify({ network }) } });
    assert.is(readIdentity(host).network, undefined);
  });
}

test.run();
