/**
 * A program for User-Mode Linux (see uml.ts): bun test/support/network-in-uml.ts WHAT WORD…
 *   web URL COMMAND        COMMAND with the file at URL as /dev/nbd0
 *   links BOOT-WORD…       makes the bonds and VLANs of these boot words, tells what stands, and takes them away
 *   share PLACE COMMAND    COMMAND in the directory of the NFS share, which is mounted for that long
 */
import { withShare } from "../../src/commands/share.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { parseBootOptions } from "../../src/init/cmdline.ts";
import type { ModuleService } from "../../src/init/module-service.ts";
import { attachHttpDisk } from "../../src/init/network/http-disk.ts";
import { makeVirtualLinks } from "../../src/init/network/virtual-links.ts";
import { parseNfsMount } from "../../src/init/network-words.ts";

const host = linuxHost();
const [what, ...words] = process.argv.slice(2);

async function shell(command: string, cwd = "/"): Promise<void> {
  const { stdout } = await host.run({ argv: ["bash", "-ec", command], cwd });
  process.stdout.write(stdout);
}

/** Modules by modprobe, as PID 1 of the rescue would load them. */
const modules = {
  require: (name: string) => shell(`modprobe ${name}`),
  quietMs: () => 60_000,
} as unknown as ModuleService;

const programs: Readonly<Record<string, () => Promise<void>>> = {
  async web() {
    const [url = "", command = ""] = words;
    const detach = await attachHttpDisk(host, url, 3);
    await shell(command);
    await detach();
    process.stdout.write(`afterwards ${host.readText("/sys/block/nbd0/size")}`);
  },
  async links() {
    const takeAway = await makeVirtualLinks(host, modules, parseBootOptions(words.join(" ")).network);
    await shell("ip -d -o link; cat /sys/class/net/bond*/bonding/{mode,miimon,slaves}");
    takeAway();
    process.stdout.write(`afterwards ${host.list("/sys/class/net").join(" ")}\n`);
  },
  async share() {
    const [place = "", command = ""] = words;
    const share = parseNfsMount(place);
    if (!share) throw new Error(`${place} is no share`);
    await withShare(host, share, ({ directory }) => shell(command, directory));
  },
};

await programs[what ?? ""]?.();
