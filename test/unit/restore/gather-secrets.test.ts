import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { silentReporter } from "../../../src/base/report.ts";
import type { Effect } from "../../../src/effects/effect.ts";
import type { Luks } from "../../../src/layout/types.ts";
import type { Plan } from "../../../src/plan/restore-plan.ts";
import type { RestoreContext } from "../../../src/restore/context.ts";
import { gatherSecrets } from "../../../src/restore/gather-secrets.ts";
import type { Ready } from "../../../src/restore/prepare.ts";
import { fakeHost } from "../../support/fake-host.ts";

const luks = (name: string, memoryKib = 1 << 20): Luks => ({
  kind: "luks",
  id: `luks:${name}`,
  on: "part:sda3",
  path: `/dev/mapper/${name}`,
  name,
  version: 2,
  uuid: `uuid-of-${name}`,
  cipher: "aes-xts-plain64",
  keyBytes: 64,
  sectorBytes: 512,
  hash: "sha256",
  dataOffsetBytes: 16 << 20,
  sizeBytes: 1 << 30,
  slots: [{ number: 0, pbkdf: { type: "argon2id", iterations: 4, memoryKib, threads: 4 } }],
  flags: [],
  tokens: [],
});

function readyFor(volumes: readonly Luks[]): Pick<Ready, "plan" | "facts"> {
  const effects = volumes.map(
    (one): Effect => ({ do: "run", argv: ["cryptsetup"], writes: [], secret: `luks:${one.uuid}` }),
  );
  const actions = [{ id: "a", node: "n", say: "Do it", destroys: [], effects }];
  const none = { version: 1, set: "s", root: "/r", targets: {}, disks: [], volumes: [], warnings: [] } as const;
  const plan: Plan = { ...none, layout: { version: 1, nodes: [] }, sizes: [], phases: [{ phase: "volumes", actions }] };
  return { plan, facts: { devices: [], mountinfo: "", swaps: "" } };
}

interface Talk {
  readonly context: RestoreContext;
  readonly asked: string[];
  readonly warned: string[];
}

function talk(volumes: readonly Luks[], answers: string[], more: Partial<RestoreContext> = {}): Talk {
  const [asked, warned]: [string[], string[]] = [[], []];
  const ask = {
    async line(text: string, options: { secret?: boolean; check?: (line: string) => string | undefined } = {}) {
      assert.ok(options.secret, "nothing is shown while a pass phrase is typed");
      for (;;) {
        asked.push(text);
        const answer = answers.shift();
        if (answer === undefined) throw new Error(`no answer to ${text}`);
        if (options.check?.(answer) === undefined) return answer;
      }
    },
  };
  const files = { "/proc/meminfo": "MemTotal: 1048576 kB\nMemAvailable: 900000 kB\n", "/media/key": "key\n" };
  const context = {
    host: { ...fakeHost({ files }), stat: () => ({ kind: "file", sizeBytes: 4 }) },
    reporter: { ...silentReporter, warn: (text: string) => void warned.push(text) },
    manifest: { layout: { version: 1, nodes: volumes } },
    ask,
    countdown: async () => "elapsed",
    ...more,
  } as unknown as RestoreContext;
  return { context, asked, warned };
}

const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();

test("gatherSecrets() asks twice, again when the two differ, and offers the same for the next volume", async () => {
  const volumes = [luks("one"), luks("two"), luks("three")];
  const { context, asked, warned } = talk(volumes, ["", "a", "b", "a b", "a b", "", "c", "c"]);
  const secrets = await gatherSecrets(context, readyFor(volumes), "ask");
  assert.equal(
    volumes.map((one) => text(secrets.get(`luks:${one.uuid}`)?.reveal())),
    ["a b", "a b", "c"],
  );
  assert.match(asked[0] ?? "", /Pass phrase for the LUKS volume \/dev\/mapper\/one \(UUID uuid-of-one\)$/);
  assert.match(asked[5] ?? "", /\/dev\/mapper\/two .*Enter: the same as before/);
  assert.match(warned.join("\n"), /The two were not the same/);
});

test("gatherSecrets() asks nobody about volumes that the plan doesn't make", async () => {
  const { context, asked } = talk([luks("one")], []);
  assert.is((await gatherSecrets(context, readyFor([]), "wait-for-somebody")).size, 0);
  assert.equal(asked, []);
});

test("gatherSecrets() of an unattended restore refuses when nobody is there, and asks who pressed a key", async () => {
  const volumes = [luks("one")];
  const alone = await gatherSecrets(talk(volumes, []).context, readyFor(volumes), "wait-for-somebody").catch((e) => e);
  assert.ok(alone instanceof MondoError && alone.code === "refused");
  assert.match(alone.message, /nobody is here to give the pass phrase of the LUKS volume \/dev\/mapper\/one/);
  assert.match(alone.hint ?? "", /Nothing was written.*mondo.luks-key=/);
  const by: unknown[] = [];
  const here = talk(volumes, ["x", "x"], {
    countdown: async (_, __, who) => {
      by.push(who);
      return "stopped";
    },
  });
  assert.is((await gatherSecrets(here.context, readyFor(volumes), "wait-for-somebody")).size, 1);
  assert.equal(by, ["console"], "a browser can't give the pass phrase that is asked for then");
});

test("gatherSecrets() takes a key file as it is, without a question", async () => {
  const volumes = [luks("one"), luks("two")];
  const { context, asked } = talk(volumes, [], { luksKey: "/media/key" });
  const secrets = await gatherSecrets(context, readyFor(volumes), "wait-for-somebody");
  assert.is(text(secrets.get("luks:uuid-of-two")?.reveal()), "key\n");
  assert.equal(asked, []);
});

test("gatherSecrets() says when this machine has too little memory for the key slot as it was", async () => {
  const small = [luks("one", 256 * 1024)];
  const { context, warned } = talk(small, ["x", "x"]);
  await gatherSecrets(context, readyFor(small), "ask");
  assert.equal(warned, []);
  const large = talk([luks("one")], ["x", "x"]);
  await gatherSecrets(large.context, readyFor([luks("one")]), "ask");
  assert.match(large.warned[0] ?? "", /its key slot took 1\.0 GiB of memory to open; this machine has 1\.0 GiB/);
});

test("gatherSecrets() refuses when there is not even the memory that cryptsetup will take", async () => {
  const files = { "/proc/meminfo": "MemTotal: 1048576 kB\nMemAvailable: 300000 kB\n" };
  const volumes = [luks("one")];
  const { context } = talk(volumes, [], { host: fakeHost({ files }) });
  const error = await gatherSecrets(context, readyFor(volumes), "ask").catch((cause: unknown) => cause);
  assert.ok(error instanceof MondoError && error.code === "refused");
  assert.match(error.message, /takes 512 MiB of memory, and this machine has 293 MiB free/);
});

test.run();
