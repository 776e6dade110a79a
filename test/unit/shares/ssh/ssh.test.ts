import { test } from "uvu";
import * as assert from "uvu/assert";
import { explainSsh } from "../../../../src/shares/ssh/explain-ssh.ts";
import { fingerprints, pinned } from "../../../../src/shares/ssh/known-hosts.ts";
import { sshCommand, sshEnvironment } from "../../../../src/shares/ssh/ssh-command.ts";
import { parseSshShort, parseSshUrl, renderSshUrl } from "../../../../src/shares/ssh/ssh-place.ts";

const place = { user: "joe", server: "nas", path: "/b" };
const files = { knownHosts: "/run/k", ownConfiguration: false };

for (const text of ["sftp://joe@nas:2222/b/c", "sftp://nas/", "sftp://joe@[fe80::1]/b"]) {
  test(`parseSshUrl("${text}") and back`, () => {
    const parsed = parseSshUrl(text);
    assert.ok(parsed);
    assert.is(renderSshUrl(parsed), text);
  });
}

for (const text of [
  "sftp://nas:0/b",
  "sftp://nas:70000/b",
  "sftp://-x/b",
  "sftp://-o@nas/b",
  "sftp:///b",
  "http://nas/b",
  "sftp://a b/c",
]) {
  test(`parseSshUrl("${text}") is none`, () => assert.is(parseSshUrl(text), undefined));
}

test("parseSshShort() insists on a user, so that an export stays an export", () => {
  assert.equal(parseSshShort("joe@nas:/b"), place);
  for (const text of ["nas:/b", "@nas:/b", "joe@nas:b", "joe@nas", "-J@nas:/b"])
    assert.is(parseSshShort(text), undefined, text);
});

test("sshCommand() knows the server by one name only, and takes no unknown key", () => {
  const words = sshCommand({ ...place, port: 2222 }, { ...files, key: "/run/key" }).join(" ");
  for (const part of [
    "-F none",
    "HostKeyAlias=mondo-share",
    "StrictHostKeyChecking=yes",
    "GlobalKnownHostsFile=/dev/null",
    "BatchMode=yes",
    "-i /run/key -o IdentitiesOnly=yes",
    "-p 2222 -s -- joe@nas sftp",
  ]) {
    assert.ok(words.includes(part), part);
  }
  assert.match(sshCommand({ ...place, server: "[fe80::1]" }, files).join(" "), / -- joe@fe80::1 sftp$/);
  assert.match(sshCommand(place, files, "note").join(" "), /StrictHostKeyChecking=accept-new/);
});

test("sshEnvironment() names the file with the secret, never the secret, and only where ssh may ask", () => {
  const env = sshEnvironment({ ...files, askPass: "/run/ask" }, "/run/secret", {
    HOME: "/root",
    SSH_AUTH_SOCK: "/run/agent",
  });
  assert.is(env.SSH_ASKPASS, "/run/ask");
  assert.is(env.MONDO_SECRET_FILE, "/run/secret");
  assert.is(env.SSH_AUTH_SOCK, "/run/agent");
  assert.is(sshEnvironment(files, "/run/secret", {}).SSH_ASKPASS, undefined);
});

const KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIGmvYkrpPQ3rNjXJ0/QBUPdGWzQCn5mwsqVtIJLK9xd3";

test("pinned() gives every key our name, hashed names too, and leaves authorities and comments out", () => {
  const text = `# Host nas found: line 1\nnas,10.0.0.2 ssh-ed25519 ${KEY} comment\n|1|abc=|def= ssh-rsa AAAAB3\n@cert-authority *.x ssh-rsa AAAAC\n@revoked nas ssh-rsa AAAAD\n\nbroken\n`;
  assert.is(
    pinned(text),
    `mondo-share ssh-ed25519 ${KEY}\nmondo-share ssh-rsa AAAAB3\n@revoked mondo-share ssh-rsa AAAAD\n`,
  );
  assert.is(pinned(pinned(text)), pinned(text));
});

test("fingerprints() are those that ssh-keygen shows", () => {
  const [shown] = fingerprints(`mondo-share ssh-ed25519 ${KEY}\n`);
  assert.match(shown ?? "", /^ED25519 SHA256:[A-Za-z0-9+/]{43}$/);
});

for (const [said, says] of [
  ["ssh: connect to host nas port 22: Connection refused", /^nas is there, but runs no SSH server$/],
  ["ssh: Could not resolve hostname nas: Name or service not known", /address of the SSH server nas can't be found/],
  ["ssh: connect to host nas port 22: Connection timed out", /^nas does not answer$/],
  ["ssh: connect to host nas port 22: No route to host", /nothing has that address/],
  ["joe@nas: Permission denied (publickey,password).", /^the SSH server does not let joe@nas in$/],
  ["subsystem request failed on channel 0", /accepts the login, but offers no SFTP/],
  ["something\nodd happened\n", /^nas can't be reached by SSH: odd happened$/],
] as const) {
  test(`explainSsh("${said.trim().split("\n").at(-1)}")`, () => assert.match(explainSsh(place, said).message, says));
}

test.run();
