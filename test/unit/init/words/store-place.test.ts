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

test("mondo.source=tape: is the tape in any drive, or in one; a server of that name stays one", () => {
  const { network } = parseBootOptions("nuke mondo.source=tape:");
  assert.equal([network.tape, network.source, network.store], [{}, undefined, undefined]);
  for (const name of ["nst1", "st1"]) {
    assert.equal(parseBootOptions(`mondo.source=tape:/dev/${name}`).network.tape, { device: "/dev/nst1" });
  }
  assert.is(parseBootOptions("mondo.source=tape:/export").network.source, "tape:/export");
  const { complaints, network: two } = parseBootOptions("mondo.source=nas:/a mondo.source=tape:");
  assert.equal([two.source, two.tape], ["nas:/a", undefined]);
  assert.match(complaints.join(), /mondo\.source=tape:: ignored, because only servers are looked at for copies/);
});

test.run();
