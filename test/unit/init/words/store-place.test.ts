import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseBootOptions } from "../../../../src/init/words/boot-options.ts";

const places = (line: string) => {
  const { network, complaints } = parseBootOptions(line);
  assert.equal(complaints, []);
  return { store: network.store, source: network.source };
};

test("mondo.source= names a place on a disk of the machine, or a server", () => {
  const store = { device: "UUID=12-34", below: "/srv/backup" };
  assert.equal(places("mondo.source=UUID=12-34:/srv/backup/"), { store, source: undefined });
  assert.equal(places("mondo.source=LABEL=STICK:/").store, { device: "LABEL=STICK", below: "" });
  assert.equal(places("mondo.source=/dev/sdb1:/a-1.iso").store, { device: "/dev/sdb1", below: "/a-1.iso" });
  assert.is(places("mondo.source=nas:/export").store, undefined);
  assert.is(places("mondo.source=nas:/export").source, "nas:/export");
});

test("mondo.source= of a disk leads nowhere above its file system", () => {
  assert.is(parseBootOptions("mondo.source=/dev/sdb1:/../etc").network.store, undefined);
});

test.run();
