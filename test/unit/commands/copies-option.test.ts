import { test } from "uvu";
import * as assert from "uvu/assert";
import { silentReporter } from "../../../src/base/report.ts";
import { decodeArchiveOptions } from "../../../src/commands/archive-options.ts";
import { archiveSpec } from "../../../src/commands/archive-spec.ts";
import { jobWords } from "../../../src/commands/config/job-words.ts";
import { mergeConfig, parseConfig } from "../../../src/commands/config/read-config.ts";
import { archivedCopies, decodeCopies } from "../../../src/commands/copies-option.ts";
import { parseWords } from "../../../src/commands/parse.ts";
import { sourceOf } from "../../../src/shares/share-words.ts";
import { fakeHost } from "../../support/fake-host.ts";

const named = (...words: string[]) =>
  decodeArchiveOptions(parseWords(archiveSpec, ["-O", "-i", "-d", "/srv", ...words]), true).copyPlaces.map(sourceOf);

test("--copies names directories and images on servers, in order, each once", () => {
  assert.equal(named(), []);
  const places = ["--copies", "nas:/b https://web/sets/web1-1.iso", "--copies", "s3://sets/web", "--copies", "nas:/b/"];
  assert.equal(named(...places), ["nas:/b", "https://web/sets/web1-1.iso", "s3://sets/web"]);
});

test("copies = […] of a job are the same", () => {
  const text = '[jobs.nightly]\ndir = "/srv"\ncopies = ["nas:/b", "//nas/my share/web1"]\n';
  const job = mergeConfig([parseConfig("/etc/mondo/mondo.toml", text)]).jobs.get("nightly");
  assert.ok(job);
  const words = jobWords(job, parseWords(archiveSpec, []));
  assert.equal(decodeArchiveOptions(words, false).copyPlaces.map(sourceOf), ["nas:/b", "cifs://nas/my%20share/web1"]);
});

for (const [text, message, hint] of [
  ["LABEL=KEYS:/b", /^--copies LABEL=KEYS:\/b is a place of a machine, not of a server$/, /^Leave it out/],
  ["tape:", /^--copies tape: is a place of a machine/, /^Leave it out/],
  ["/srv/copy", /^--copies \/srv\/copy is not a directory on a server/, /^Write it in one of these ways: SERVER:/],
  ["ftps://joe:s3cret@nas/b", /^--copies ftps:\/\/joe@nas\/b: whoever has the backup can read/, /credentials/],
  ["https://tok3n@web/b", /^--copies https:\/\/web\/b: whoever has the backup can read/, /credentials/],
  [
    "nas:/b/web one.iso",
    /^--copies nas:\/b\/web one\.iso: the rescue system could not name that file/,
    /without blanks/,
  ],
  ["sftp://root@nas/b/web%20one.iso", /could not name that file/, /without blanks/],
  ["https://web/b?sig=s3cret", /^--copies https:\/\/web\/b\?\.\.\.: whoever has the backup/, /credentials/],
] as const) {
  test(`--copies ${text} is refused, and no secret is shown`, () => {
    try {
      decodeCopies([text]);
      assert.unreachable();
    } catch (error) {
      const said = error as { readonly code: string; readonly message: string; readonly hint: string };
      assert.is(said.code, "usage");
      assert.match(said.message, message);
      assert.match(said.hint, hint);
      assert.not.match(`${said.message} ${said.hint}`, /s3cret|tok3n/);
    }
  });
}

test("archivedCopies() notes how a machine without ssh's configuration reaches a place, and the keys that are known", async () => {
  const warned: string[] = [];
  const host = {
    ...fakeHost({ files: { "/root/.ssh/known_hosts": "here" } }),
    env: { HOME: "/root", AWS_ENDPOINT_URL: "https://store.example:9000", AWS_REGION: "eu" },
    which: () => "/usr/bin/ssh",
    run: async ({ argv }: { readonly argv: readonly string[] }) => ({
      ...{ code: 0, stderr: "" },
      stdout:
        argv[0] === "ssh"
          ? `user backup\nhostname ${argv.at(-1) === "joe@safe" ? "safe.example" : "new.example"}\nport 22\nuserknownhostsfile ~/.ssh/known_hosts\n`
          : argv.includes("safe.example")
            ? "safe.example ssh-ed25519 AAAA\n"
            : "",
    }),
  } as unknown as Parameters<typeof archivedCopies>[0];
  const reporter = { ...silentReporter, warn: (text: string) => void warned.push(text) };
  const texts = ["joe@safe:/b/web1-1.iso", "ssh://joe@new/b", "s3://sets/web", "nas:/b"];
  const copies = await archivedCopies(host, decodeCopies(texts), reporter);
  assert.equal(
    copies.map(({ source }) => source),
    [
      "sftp://backup@safe.example:22/b/web1-1.iso",
      "ssh://backup@new.example:22/b",
      "s3+https://eu@store.example:9000/sets/web",
      "nas:/b",
    ],
  );
  assert.match(copies[0]?.knownHosts ?? "", / ssh-ed25519 AAAA$/m);
  assert.equal(
    copies.slice(1).map(({ knownHosts }) => knownHosts),
    [undefined, undefined, undefined],
  );
  assert.is(warned.length, 1);
  assert.match(
    warned[0] ?? "",
    /^The key of the SSH server of --copies ssh:\/\/backup@new\.example:22\/b is not known/,
  );
});

test.run();
