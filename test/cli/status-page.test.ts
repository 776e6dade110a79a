/** A backup that is watched in a browser, from the code on the terminal to the last page. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { call, executable } from "../support/mondo.ts";

const test = suite("status page of a backup");
const work = mkdtempSync(join(tmpdir(), "mondo-page-"));
const at = (name: string) => join(work, name);
const [tree, out, hooks, begun, goOn, made] = ["tree", "out", "hooks", "begun", "go-on", "made"].map(at);

test.before(() => {
  for (const path of [tree, out, hooks]) mkdirSync(path ?? "");
  writeFileSync(join(tree ?? "", "file"), "content");
  // The backup waits, so that there is something to look at.
  const script = [
    `case "$1" in`,
    `before-backup) : >${begun}; until [ -e ${goOn} ] || [ ! -d ${work} ]; do sleep 0.1; done; echo now it begins ;;`,
    `after-backup) : >${made} ;;`,
    "esac",
  ];
  writeFileSync(at("hooks/50-wait"), `#!/bin/sh\n${script.join("\n")}\n`);
  chmodSync(at("hooks/50-wait"), 0o755);
});
test.before.each(() => {
  for (const path of [begun, goOn, made, at("jar"), at("out/watched-1.iso")]) rmSync(path ?? "", { force: true });
});
/** What still waits would keep others from a backup. */
const running = new Set<Bun.Subprocess>();
test.after.each(async () => {
  for (const child of running) {
    child.kill("SIGKILL");
    await child.exited;
  }
  running.clear();
});
test.after(() => {
  rmSync(work, { recursive: true, force: true });
  rmSync(`/var/lib/mondo/sets/watched@${encodeURIComponent(tree ?? "")}`, { recursive: true, force: true });
});

function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}

/** A backup that has begun; `code` is what its terminal shows. */
async function begin() {
  const port = freePort();
  const words = `archive -1 -p watched -d ${out} --root ${tree} --hooks ${hooks} --status-page ${port}`;
  const private_ = `mount -t tmpfs none /run; mount -t tmpfs none /var/log; exec ${executable} ${words}`;
  const child = Bun.spawn(["unshare", "--mount", "--propagation", "private", "sh", "-ec", private_], {
    ...{ stdout: "pipe", stderr: "pipe" },
  });
  running.add(child);
  let said = "";
  const reading = (async () => {
    for await (const part of child.stdout) said += new TextDecoder().decode(part);
  })();
  const until = async (what: () => boolean) => {
    const end = Date.now() + 120_000;
    while (!what()) {
      if (Date.now() > end || child.exitCode !== null)
        throw new Error(`${said}\n${await new Response(child.stderr).text()}`);
      await Bun.sleep(50);
    }
  };
  await until(() => existsSync(begun ?? "") && said.includes("the code for a browser is"));
  const [, code = ""] = /the code for a browser is (\d{4} \d{4})/.exec(said) ?? [];
  return {
    ...{ port, code, until, url: `https://127.0.0.1:${port}/` },
    said: () => said,
    async end() {
      const status = await child.exited;
      await reading;
      return status;
    },
  };
}

const curl = (...words: string[]) => call(["curl", "-sSk", "-m", "60", "-b", at("jar"), "-c", at("jar"), ...words]);

test("the code that is shown opens the page, which shows the work and its end; then the program ends, too", async () => {
  const { code, url, port, said, until, end } = await begin();
  assert.match(said(), new RegExp(`^Status page: .*\\b${port}\\b`, "m"));
  const stranger = curl(url);
  assert.match(stranger.out, /Code from the console/, stranger.err);
  assert.not.match(stranger.out, /Backup of/);
  assert.match(curl("-d", "code=0000 0000", url).out, /That is not the code on the console/);
  await Bun.sleep(1100);
  assert.match(curl("-L", "-d", `code=${code}`, url).out, /<h1>Backup of [\s\S]*At work/);
  writeFileSync(goOn ?? "", "");
  await until(() => existsSync(made ?? ""));
  let page = "";
  await until(() => {
    page = curl(url).out;
    return page.includes("This is the last page");
  });
  const seen = Date.now();
  assert.match(page, /<span class="state">Done<\/span>/);
  assert.match(
    page,
    /50-wait: now it begins[\s\S]*Ended with exit status 0|Ended with exit status 0[\s\S]*now it begins/,
  );
  assert.not.match(page, /http-equiv="refresh"/, "a page that is served no longer stays where it is");
  assert.is(await end(), 0);
  assert.ok(Date.now() - seen < 10_000, "whoever has seen the end is not waited for");
  assert.is(curl(url).status, 7, "nobody is there any more");
});

test("a backup that nobody looks at ends when it is made", async () => {
  const { end } = await begin();
  writeFileSync(goOn ?? "", "");
  assert.is(await end(), 0);
  assert.ok(Date.now() - statSync(made ?? "").mtimeMs < 12_000);
});

test.run();
