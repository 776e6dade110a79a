import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { answerPlaces, fetchAnswers } from "../../../src/init/fetch-answers.ts";
import { newNetworkSession } from "../../../src/init/network/network-session.ts";
import type { Rescue } from "../../../src/init/rescue.ts";
import { firstMode } from "../../../src/init/run-modes.ts";
import { parseBootOptions } from "../../../src/init/words/boot-options.ts";
import { fakeHost } from "../../support/fake-host.ts";

const MAC = "52:54:00:4d:4f:01";

test("answerPlaces() gives a directory's file for the card, then the one for all others", () => {
  assert.equal(answerPlaces("http://s/a.json", MAC), ["http://s/a.json"]);
  assert.equal(answerPlaces("http://s/a/", MAC), ["http://s/a/52-54-00-4d-4f-01.json", "http://s/a/default.json"]);
  assert.equal(answerPlaces("/a/", undefined), ["/a/default.json"]);
});

const first = (words: string, answers?: { version: 1; mode?: "nuke" | "compare" }) =>
  firstMode({ options: parseBootOptions(words), answers });

test("firstMode() follows answers only where no boot word chose a mode", () => {
  assert.is(first("quiet", { version: 1, mode: "nuke" }), "nuke");
  assert.is(first("quiet", { version: 1 }), "interactive");
  assert.is(first("iso_mode", { version: 1, mode: "nuke" }), "interactive");
  assert.is(first("compare_mode", { version: 1, mode: "nuke" }), "compare");
  assert.is(first("nuke", { version: 1, mode: "compare" }), "nuke");
  assert.is(first("nuke"), "nuke");
});

/** A rescue whose card has an address. */
function rescueWith(files: Record<string, string> = {}, beside?: string): Rescue {
  const network = newNetworkSession({ pxe: true, pingCount: 2 });
  network.card = { name: "eth0", index: 1, mac: MAC, driver: "", carrier: true };
  const medium = beside === undefined ? undefined : { beside };
  return { host: fakeHost({ files }), network, medium, reporter: { info() {} } } as unknown as Rescue;
}

/** What a server answers, by path; its port is put into `place`. */
async function fetched(pages: Record<string, string>, place: string): Promise<unknown> {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      const page = pages[new URL(request.url).pathname];
      return page === undefined ? new Response("", { status: 404 }) : new Response(page);
    },
  });
  try {
    return await fetchAnswers(rescueWith(), `http://u:secret@127.0.0.1:${server.port}${place}`);
  } catch (error) {
    assert.ok(error instanceof MondoError);
    assert.not.match((error as MondoError).message, /secret/);
    return (error as MondoError).message;
  } finally {
    await server.stop(true);
  }
}

test("fetchAnswers() asks a web server for the card's file, then for the default", async () => {
  const own = { "/a/52-54-00-4d-4f-01.json": '{"version":1,"end":"shell"}', "/a/default.json": '{"version":1}' };
  assert.equal(await fetched(own, "/a/"), { version: 1, end: "shell" });
  assert.equal(await fetched({ "/a/default.json": '{"version":1}' }, "/a/"), { version: 1 });
  assert.match(
    String(await fetched({}, "/a/")),
    /there are no answers http:.*52-54-00-4d-4f-01\.json, nor default\.json/,
  );
  assert.match(String(await fetched({ "/x": "{" }, "/x")), /\/x holds no answers: it isn't JSON/);
});

test("fetchAnswers() says what is wrong when nobody answers", async () => {
  const error = await fetchAnswers(rescueWith(), "http://127.0.0.1:1/x").catch((caught: unknown) => caught);
  assert.match((error as MondoError).message, /the answers http:\/\/127\.0\.0\.1:1\/x could not be fetched: /);
});

test("fetchAnswers() reads what lies beside the set, on a share or on its medium", async () => {
  const files = { "/mnt/network/a.json": '{"version":1,"mode":"nuke"}', "/mnt/medium/b/default.json": '{"version":1}' };
  assert.equal(await fetchAnswers(rescueWith(files, "/mnt/network"), "/a.json"), { version: 1, mode: "nuke" });
  assert.equal(await fetchAnswers(rescueWith(files), "/b/"), { version: 1 });
  const error = await fetchAnswers(rescueWith(files), "/c").catch((caught: unknown) => caught);
  assert.match((error as MondoError).message, /there are no answers \/c/);
});

test("fetchAnswers() waits for a stick that shows late, and for none that doesn't come", async () => {
  const rescue = rescueWith();
  const calm = { ...rescue, modules: { quietMs: () => 60_000 } } as Rescue;
  const began = calm.host.nowMs();
  const error = await fetchAnswers(calm, "LABEL=KEYS:/a.json").catch((caught: unknown) => caught);
  assert.match((error as MondoError).message, /there is no device LABEL=KEYS with a file system for the answers/);
  const waited = calm.host.nowMs() - began;
  assert.ok(waited >= 8000 && waited < 30_000);
});

test.run();
