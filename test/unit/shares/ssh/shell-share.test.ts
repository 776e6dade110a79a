import { test } from "uvu";
import * as assert from "uvu/assert";
import { Secret } from "../../../../src/base/secret.ts";
import type { Command, Host } from "../../../../src/host/host.ts";
import type { OpenStore } from "../../../../src/shares/share-driver.ts";
import { shellShare } from "../../../../src/shares/ssh/shell-share.ts";
import { fakeHost } from "../../../support/fake-host.ts";

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGmvYkrpPQ3rNjXJ0/QBUPdGWzQCn5mwsqVtIJLK9xd3";

interface Lab {
  readonly host: Host & { readonly files: Map<string, string> };
  /** How ssh was started. */
  readonly logins: readonly string[];
}

/** A machine that knows every server; ssh lets everybody in. */
function lab(files: Record<string, string> = {}): Lab {
  const logins: string[] = [];
  const run = async ({ argv }: Command) => {
    if (argv[0] === "ssh" && argv[1] !== "-G") logins.push(argv.join(" "));
    const stdout = argv[1] === "-G" ? "port 22\nuserknownhostsfile /known\n" : `nas ${KEY}\n`;
    return { code: 0, stdout: argv[0] === "ssh" && argv[1] !== "-G" ? "" : stdout, stderr: "" };
  };
  const host = fakeHost({ files: { "/known": "", ...files }, run });
  const remove = (path: string) => {
    for (const file of host.files.keys()) if (file.startsWith(`${path}/`)) host.files.delete(file);
  };
  return { host: { ...host, which: () => "/usr/bin/ssh", remove }, logins };
}

const nobody = () => Promise.reject(new Error("nobody is here"));
const person = { confirm: async () => false, line: nobody, secret: nobody, tell: () => {} };
const credentials = { place: "/key", content: Secret.ofText("the key") };

async function open({ host }: Lab, url: string): Promise<OpenStore> {
  const wish = { host, person, credentials, ownConfiguration: true, log: () => {}, patienceMs: 0 };
  const store = await shellShare.parse(url)?.openStore?.(wish);
  if (!store) throw new Error("no store");
  return store;
}

test("a store has a directory of its process, and leaves those of living ones alone", async () => {
  const own = `/run/mondo/ssh-store-${process.pid}/`;
  const [living, dead] = ["/run/mondo/ssh-store-1/key", "/run/mondo/ssh-set-999999999/secret"];
  const here = lab({ [living]: "", [dead]: "", "/proc/1/stat": "" });
  const { close } = await open(here, "ssh://joe@nas/b");
  const kept = () => [...here.host.files.keys()].filter((path) => path.startsWith("/run/mondo/")).sort();
  assert.equal(kept(), [living, `${own}key`, `${own}known_hosts`].sort());
  assert.ok(here.logins[0]?.includes(` ControlPath=${own}socket-%C `));
  close?.();
  assert.equal(kept(), [living]);
});

test("what a store is mounted by is its own login: nobody is asked again", async () => {
  const here = lab();
  const { share, close } = await open(here, "ssh://joe@nas/b");
  const before = here.logins.length;
  const wish = { host: here.host, person, target: "/run/mondo-set-7", tries: 3, expected: "x" };
  const more = { modules: { require: async () => {} }, access: "read", ownConfiguration: true } as const;
  const failure = await share
    .below("/web1")
    .mount({ ...wish, ...more })
    .then(
      () => new Error("it did not fail"),
      (error: Error) => error,
    );
  assert.match(failure.message, /^the kernel here has no FUSE/, "which comes after the login");
  assert.equal([before > 0, here.logins.length], [true, before]);
  assert.ok(here.host.exists(`/run/mondo/ssh-store-${process.pid}/key`), "the store goes on");
  close?.();
});

test.run();
