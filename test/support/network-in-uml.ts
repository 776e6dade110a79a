/**
 * A program for User-Mode Linux (see uml.ts): bun test/support/network-in-uml.ts WHAT WORD…
 *   web URL FILE COMMAND   COMMAND in the directory of a web server, FILE being expected there
 *   sftp DIR read|write COMMAND
 *                          COMMAND in a directory that is reached by SFTP, without ssh
 *   cifs PLACE FILE COMMAND
 *                          COMMAND in a share of a Windows server, with the credentials of FILE
 *   links COMMAND BOOT-WORD…
 *                          COMMAND beside the bonds and VLANs of these boot words, which are taken away then
 *   share PLACE COMMAND    COMMAND in the directory of the share, which is mounted for that long
 */

import { Secret } from "../../src/base/secret.ts";
import { decodeShare } from "../../src/commands/share-option.ts";
import { forBackup, withShare } from "../../src/commands/with-share.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { parseBootOptions } from "../../src/init/words/boot-options.ts";
import type { ModuleService } from "../../src/modules/module-service.ts";
import { makeVirtualLinks } from "../../src/network/virtual-links.ts";
import { decodeCredentials, parseCifs } from "../../src/shares/cifs/cifs-place.ts";
import { mountCifs } from "../../src/shares/cifs/mount-cifs.ts";
import { attachRemote, type RemoteWish } from "../../src/shares/remote/attach-remote.ts";

const host = linuxHost();
const [what, ...words] = process.argv.slice(2);

async function shell(command: string, cwd = "/"): Promise<void> {
  const { stdout } = await host.run({ argv: ["bash", "-ec", command], cwd });
  process.stdout.write(stdout);
}

/** Modules by modprobe, as PID 1 of the rescue would load them. */
const modules = {
  require: (name: string) => shell(`modprobe ${name}`),
  load: (name: string) => shell(`modprobe ${name} || true`),
  quietMs: () => 60_000,
} as unknown as ModuleService;

async function attached(wish: RemoteWish, command: string): Promise<void> {
  const detach = await attachRemote(host, wish);
  await shell(command, wish.target);
  await detach();
  process.stdout.write(`afterwards ${host.list(wish.target).length}\n`);
}

const at = (source: string) => ({ source, target: "/run/remote" });

const programs: Readonly<Record<string, () => Promise<void>>> = {
  async web() {
    const [url = "", expected = "", command = ""] = words;
    await attached({ protocol: "http", ...at(url), open: { url, tries: 3, expected } }, command);
  },
  async sftp() {
    const [root = "", access = "read", command = ""] = words;
    const open = { argv: ["/usr/lib/openssh/sftp-server"], env: {}, root, server: "there", access };
    await attached({ protocol: "sftp", ...at(root), open }, command);
  },
  async cifs() {
    const [text = "", file = "", command = ""] = words;
    const place = parseCifs(text);
    if (!place) throw new Error(`${text} is no share`);
    const credentials = decodeCredentials(new Secret(host.read(file)), file);
    await mountCifs(host, modules, { place, credentials, target: "/run/remote", readOnly: false, tries: 2 });
    await shell(command, "/run/remote");
    host.unmount("/run/remote");
  },
  async links() {
    const [command = "", ...bootWords] = words;
    const takeAway = await makeVirtualLinks(host, modules, parseBootOptions(bootWords.join(" ")).network);
    await shell(command);
    takeAway();
    process.stdout.write(`afterwards ${host.list("/sys/class/net").join(" ")}\n`);
  },
  async share() {
    const [place = "", command = ""] = words;
    await withShare(host, decodeShare(place), forBackup, async ({ directory, archived }) => {
      process.stdout.write(`${JSON.stringify(archived("/below"))}\n`);
      await shell(command, directory);
    });
  },
};

await programs[what ?? ""]?.();
