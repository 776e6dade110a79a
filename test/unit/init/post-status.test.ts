import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { newNetworkSession } from "../../../src/init/network/network-session.ts";
import { postStatus, statusOf } from "../../../src/init/post-status.ts";
import type { Rescue } from "../../../src/init/rescue.ts";
import { parseBootOptions } from "../../../src/init/words/boot-options.ts";

/** A rescue as far as posting needs one; `told` is what it warned of. */
function rescueWith(words: string): { rescue: Rescue; told: string[] } {
  const told: string[] = [];
  const options = parseBootOptions(words);
  const reporter = { warn: (text: string) => told.push(text) };
  const network = newNetworkSession(options.network);
  network.card = { name: "eth0", index: 1, mac: "52:54:00:aa:bb:cc", driver: "", carrier: true };
  const parts = { options, network, manifest: undefined, reporter, log() {} };
  return { rescue: parts as unknown as Rescue, told };
}

/** What was posted to a server that answers so. */
async function posted(status: number, work: (url: string) => Promise<void>): Promise<object[]> {
  const bodies: object[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      bodies.push((await request.json()) as object);
      return new Response(null, { status });
    },
  });
  try {
    await work(`http://user:secret@127.0.0.1:${server.port}/status`);
  } finally {
    await server.stop(true);
  }
  return bodies;
}

test("statusOf() says which machine, which set, and how far", () => {
  const { rescue } = rescueWith("nuke pxe prefix=web1 BOOTIF=01-52-54-00-aa-bb-cc");
  assert.equal(statusOf(rescue, "nuke", "failed", "no disk"), {
    ...{ status: "failed", mode: "nuke", prefix: "web1", mac: "52:54:00:aa:bb:cc", message: "no disk" },
  });
});

test("postStatus() posts JSON, and nothing without mondo.status=", async () => {
  const bodies = await posted(204, async (url) => {
    await postStatus(rescueWith("nuke").rescue, "nuke", "begun");
    await postStatus(rescueWith(`nuke mondo.status=${url}`).rescue, "nuke", "done");
  });
  assert.equal(bodies, [{ status: "done", mode: "nuke" }]);
});

test("postStatus() is refused by 409 before a restore, and by nothing else", async () => {
  await posted(409, async (url) => {
    const { rescue } = rescueWith(`nuke mondo.status=${url}`);
    const error = await postStatus(rescue, "nuke", "begun").catch((caught: unknown) => caught);
    assert.ok(error instanceof MondoError && error.code === "refused");
    assert.not.match((error as MondoError).message, /secret/);
    await postStatus(rescue, "nuke", "done");
  });
  const { rescue, told } = rescueWith("nuke mondo.status=http://127.0.0.1:1/");
  await postStatus(rescue, "nuke", "begun");
  assert.match(told.join(), /The status was not posted to http:\/\/127\.0\.0\.1:1\//);
  await posted(500, (url) => postStatus(rescueWith(`mondo.status=${url}`).rescue, "nuke", "begun"));
});

test.run();
