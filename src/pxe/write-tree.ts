import type { FileSpan } from "../archive/set-files.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import { formatBytes, MIB } from "../base/units.ts";
import type { Host } from "../host/host.ts";
import { encodeAnswers } from "../restore/answers.ts";
import { dnsmasqFull, dnsmasqProxy, iscConfig, keaConfig } from "./dhcp-configs.ts";
import { networkGrubConfig } from "./grub-config.ts";
import { ipxeScript } from "./ipxe.ts";
import { makeNetworkGrub, type PxeLoaders } from "./loaders.ts";
import { pxelinuxConfig, pxelinuxFileName } from "./pxelinux.ts";
import { exportsLine, igniteDefault, igniteDhcptab, igniteReadme, treeReadme } from "./recipes.ts";
import { ANSWERS, MADE_BY, type PxeSite } from "./site.ts";

const CHUNK_BYTES = 8 * MIB;
/** Room for GRUB images and configurations. */
const SPARE_BYTES = 16 * MIB;
/** File at the top of a tree; it also tells that the tree is ours. */
export const TREE_README = "README.txt";

/** The text files of a tree, by path. Pure. */
export function treeTexts(site: PxeSite): ReadonlyMap<string, string> {
  const machines = site.machines.map(
    (machine) => [`pxelinux.cfg/${pxelinuxFileName(machine.mac)}`, pxelinuxConfig(site, machine.set, machine)] as const,
  );
  const answers = site.machines
    .filter(({ disks }) => Object.keys(disks).length > 0)
    .map(
      ({ mac, disks }) =>
        [`${ANSWERS}/${mac.replaceAll(":", "-")}.json`, encodeAnswers({ version: 1, disks })] as const,
    );
  return new Map([
    ["pxelinux.cfg/default", pxelinuxConfig(site, site.set)],
    ...machines,
    ...answers,
    ["grub/grub.cfg", networkGrubConfig(site)],
    ["boot.ipxe", ipxeScript(site)],
    ["server/dnsmasq-full.conf", dnsmasqFull(site)],
    ["server/dnsmasq-proxy.conf", dnsmasqProxy(site)],
    ["server/dhcpd.conf", iscConfig(site)],
    ["server/kea-dhcp4.conf", keaConfig(site)],
    ["server/exports", exportsLine(site)],
    ["server/ignite-ux/default", igniteDefault(site)],
    ["server/ignite-ux/dhcptab", igniteDhcptab(site)],
    ["server/ignite-ux/README.txt", igniteReadme],
    [TREE_README, treeReadme(site)],
  ]);
}

/** The parts of sets in a tree, by path. Pure. */
function treeSpans({ set, machines }: PxeSite): ReadonlyMap<string, FileSpan> {
  const sets = [set, ...machines.map((machine) => machine.set)];
  return new Map(
    sets.flatMap(({ place, kernel, initrd }) => [
      [`${place}vmlinuz-mondo`, kernel] as const,
      [`${place}initrd-mondo.img`, initrd] as const,
    ]),
  );
}

const isOurs = (host: Host, directory: string) =>
  (host.tryReadText(`${directory}/${TREE_README}`) ?? "").startsWith(MADE_BY);

/** The nearest existing directory of a path that need not exist yet. */
function existingPart(host: Host, directory: string): string {
  let path = directory;
  while (path !== "/" && !host.exists(path)) path = path.slice(0, path.lastIndexOf("/")) || "/";
  return path;
}

function checkBefore(host: Host, site: PxeSite, loaders: PxeLoaders, force: boolean): void {
  const { directory } = site;
  const existing = existingPart(host, directory);
  if (host.stat(existing)?.kind !== "directory") {
    throw new MondoError("usage", msg`--out ${directory}: ${existing} is not a directory`, {
      hint: msg`Name another one.`,
    });
  }
  const paths = [...treeTexts(site).keys(), ...treeSpans(site).keys(), ...loaders.copies.keys()];
  const foreign = force || isOurs(host, directory) ? [] : paths.filter((path) => host.exists(`${directory}/${path}`));
  if (foreign.length > 0) {
    throw new MondoError("refused", msg`${directory} holds files that mondo pxe did not make: ${foreign.join(", ")}`, {
      hint: msg`Name another directory, or add --force to replace them (configurations are kept as NAME.old).`,
    });
  }
  const needed = [...treeSpans(site).values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, SPARE_BYTES);
  const free = host.freeBytes(existing);
  if (free < needed) {
    const room = msg`${formatBytes(free)} free; ${formatBytes(needed)} are needed`;
    throw new MondoError("no-space", msg`${directory} has ${room}`, {
      hint: msg`Name another directory, or free some.`,
    });
  }
}

/** Copies a part of an image to a file, which gets its name only when it is complete. */
function copySpan(host: Host, { path, offset, sizeBytes }: FileSpan, target: string): void {
  const partial = `${target}.partial`;
  host.write(partial, "", 0o644);
  for (let done = 0; done < sizeBytes; ) {
    const bytes = host.readAt(path, offset + done, Math.min(CHUNK_BYTES, sizeBytes - done));
    if (bytes.byteLength === 0) {
      host.remove(partial);
      throw new MondoError("damaged", msg`${path} is cut short`, { hint: msg`Use another copy of the backup.` });
    }
    host.append(partial, bytes);
    done += bytes.byteLength;
  }
  host.rename(partial, target);
}

/** Writes a text; keeps a different one that was there as `NAME.old`. */
function writeText(host: Host, path: string, text: string): void {
  const before = host.tryReadText(path);
  if (before === text) return;
  if (before !== undefined) host.rename(path, `${path}.old`);
  host.write(path, text, 0o644);
}

function makeDirectories(host: Host, directory: string, paths: readonly string[]): void {
  for (const path of paths) {
    const at = path.lastIndexOf("/");
    host.makeDirectory(at < 0 ? directory : `${directory}/${path.slice(0, at)}`, 0o755);
  }
}

/** Checks everything, then writes the tree. Throws `refused`, `usage`, `no-space` or `damaged`. */
export async function writePxeTree(
  host: Host,
  site: PxeSite,
  loaders: PxeLoaders,
  options: { readonly force: boolean },
  reporter: Reporter,
): Promise<void> {
  const { directory } = site;
  checkBefore(host, site, loaders, options.force);
  const [texts, spans] = [treeTexts(site), treeSpans(site)];
  makeDirectories(host, directory, [...texts.keys(), ...spans.keys()]);
  for (const [path, span] of spans) {
    copySpan(host, span, `${directory}/${path}`);
    reporter.info(`${path}: ${formatBytes(span.sizeBytes)}`);
  }
  for (const [path, from] of loaders.copies) host.write(`${directory}/${path}`, host.read(from), 0o644);
  if (loaders.own) {
    await makeNetworkGrub(host, loaders.own, `${directory}/grub-http.efi`);
    if (!loaders.signed) host.write(`${directory}/bootx64.efi`, host.read(`${directory}/grub-http.efi`), 0o644);
  }
  for (const [path, text] of texts) writeText(host, `${directory}/${path}`, text);
}
