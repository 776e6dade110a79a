import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Elsewhere } from "../../src/archive/catalog/copies.ts";
import type { Problem } from "../../src/archive/entry.ts";
import type { Manifest } from "../../src/archive/set/manifest.ts";
import { needing } from "../support/needing.ts";
import { attempt, run } from "../support/shell.ts";
import { saveSet } from "../unit/archive/saved-set.ts";

const test = suite("a set on two web servers");
const base = mkdtempSync(join(tmpdir(), "mondo-two-servers-"));
const at = (...names: string[]) => join(base, ...names);
const program = join(import.meta.dirname, "../support/two-servers-run.ts");
const canRun = process.getuid?.() === 0 && existsSync("/dev/fuse");
let manifest: Manifest;

/** 72 MiB that no codec makes smaller: far more than is read ahead. */
test.before(async () => {
  mkdirSync(at("tree"));
  const noise = (bytes: number) =>
    Buffer.concat(Array.from({ length: bytes >> 16 }, () => crypto.getRandomValues(new Uint8Array(65_536))));
  for (let number = 10; number < 34; number++) writeFileSync(at("tree", `${number}`), noise(2 << 20));
  writeFileSync(at("tree", "large"), noise(24 << 20));
  ({ manifest } = await saveSet(at("tree"), at("first"), { volumeBytes: 12 << 20 }));
  cpSync(at("first"), at("second"), { recursive: true });
});
test.after(() => rmSync(base, { recursive: true, force: true }));

interface Outcome {
  readonly problems: readonly Problem[];
  readonly elsewhere: readonly Elsewhere[];
  readonly said: readonly string[];
}

async function extract(what: string): Promise<Outcome> {
  const inside = `ip link set lo up; exec ${process.execPath} ${program} ${base} ${what}`;
  const output = await run(["unshare", "-mn", "--propagation", "private", "bash", "-c", inside], {
    timeoutMs: 120_000,
  });
  return JSON.parse(output.trim().split("\n").at(-1) ?? "") as Outcome;
}

const isSame = async (what: string) => (await attempt(["diff", "-r", at("tree"), at(`out-${what}`)])).exitCode === 0;

needing(test, canRun)(
  "a server that dies for good in mid-extraction costs no file: the second one goes on",
  async () => {
    const { problems, elsewhere, said } = await extract("dies");
    assert.equal(problems, []);
    assert.ok(await isSame("dies"));
    assert.ok(elsewhere.length >= 2, JSON.stringify(elsewhere));
    assert.ok(elsewhere.every(({ place }) => place === "http://127.0.0.1:81"));
    assert.equal(said, ["the server that was read from is away: going on from http://127.0.0.1:81"]);
  },
);

needing(test, canRun)(
  "when both are gone, the one that comes back is waited for, though its set must be signed",
  async () => {
    const { problems, elsewhere } = await extract("pauses");
    assert.equal(problems, []);
    assert.ok(elsewhere.length >= 2);
    assert.ok(await isSame("pauses"));
  },
);

needing(test, canRun)(
  "each damaged frame comes from the server that has it whole; both damaged: it is lost",
  async () => {
    const flip = (server: string, volume: number, byte: number) => {
      const path = at(server, manifest.volumes[volume]?.name ?? "");
      const bytes = readFileSync(path);
      bytes[byte] = (bytes[byte] ?? 0) ^ 1;
      writeFileSync(path, bytes);
    };
    flip("first", 0, 5 << 20);
    flip("second", 1, 5 << 20);
    const { problems, elsewhere, said } = await extract("damaged");
    assert.equal(problems, []);
    assert.ok(await isSame("damaged"));
    assert.equal(
      elsewhere.map(({ volume }) => volume),
      [0],
    );
    assert.match(
      said.join(),
      /^the frame at byte \d+ of .*mnt\/volume-0001\.tar\.zst is damaged: .*: going on from http/,
    );
    flip("first", 1, 5 << 20);
    rmSync(at("out-damaged"), { recursive: true });
    const lost = await extract("damaged");
    assert.ok(lost.problems.length > 0 && lost.problems.every(({ reason }) => /is damaged: /.test(reason)));
  },
);

test.run();
