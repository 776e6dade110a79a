import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { linuxHost } from "../../../src/host/linux.ts";

const host = linuxHost();
const place = mkdtempSync(join(tmpdir(), "mondo-bytes-"));
test.after(() => rmSync(place, { recursive: true, force: true }));
/** `café` in Latin-1, and UTF-8 beside it. */
const ODD = "caf\udce9 ü";

test("paths, names and texts that are no UTF-8 come through the host as they are", () => {
  const directory = `${place}/${ODD}`;
  host.makeDirectory(`${directory}/in`);
  host.write(`${directory}/file`, "LABEL=\udce9 /srv\n");
  host.append(`${directory}/file`, "\udcff");
  host.symlink("file", `${directory}/link`);
  assert.equal(host.list(place), [ODD]);
  assert.is(host.readText(`${directory}/file`), "LABEL=\udce9 /srv\n\udcff");
  assert.equal([...host.read(`${directory}/file`)].slice(6, 8), [0xe9, 0x20]);
  assert.is(host.realPath(`${directory}/link`), `${directory}/file`);
  host.rename(`${directory}/link`, `${directory}/\udcfe`);
  assert.equal(host.list(directory), ["file", "in", "\udcfe"]);
  assert.is(host.readLink(`${directory}/\udcfe`), "file");
  assert.not(host.exists(`${place}/caf\ufffd ü`));
  host.remove(directory);
  assert.equal(host.list(place), []);
});

test("run() passes such words on, with input, output and exit code", async () => {
  const ran = await host.run({ argv: ["printf", "%s", ODD] });
  assert.equal(ran, { code: 0, stdout: ODD, stderr: "" });
  host.write(`${place}/${ODD}`, "\udcfe");
  assert.is((await host.run({ argv: ["cat", "-", `${place}/${ODD}`], input: "a\udcff" })).stdout, "a\udcff\udcfe");
  const failed = await host.run({ argv: ["ls", `${place}/\udce8`], accept: "any" });
  assert.is(failed.code, 2);
  assert.match(failed.stderr, /No such file/);
});

test("run() of such words ends with its time or its signal, and says when there is no such tool", async () => {
  const failure = (work: Promise<unknown>) => work.then(() => "", String);
  assert.match(
    await failure(host.run({ argv: ["sh", "-c", "exec sleep 9 # \udce9"], timeoutMs: 50 })),
    /did not finish/,
  );
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Error("stopped")), 50);
  assert.match(
    await failure(host.run({ argv: ["sh", "-c", "exec sleep 9 # \udce9"], signal: stop.signal })),
    /stopped/,
  );
  assert.match(await failure(host.run({ argv: ["no-such-tool", "\udce9"] })), /no-such-tool is not installed/);
});

test.run();
