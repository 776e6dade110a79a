import * as v from "valibot";
import { decodeText } from "../../base/bytes.ts";
import { msg } from "../../base/message.ts";
import type { Action } from "../../effects/effect.ts";
import { type BootEntry, parseExtlinux } from "../../formats/boot/boot-entries.ts";
import type { Host } from "../../host/host.ts";
import { disksOf, mountHolding } from "../../layout/graph.ts";
import { base64, list, optional, path, word } from "../../layout/kinds/field-schemas.ts";
import type { Filesystem, Layout, Loader, NodeId } from "../../layout/types.ts";
import { nodeById, nodesOf } from "../../layout/types.ts";
import type { LoaderContext, LoaderDriver, LoaderFacts } from "../contracts.ts";
import { type DetailsOf, decodeDetails } from "../decode-details.ts";
import { entryDefects } from "./check-entries.ts";
import { hasGrubBootCode } from "./grub-bios.ts";
import { subvolumeNumbers } from "./grub-files.ts";

const detailFields = {
  /** Where `ldlinux.sys` and the menu lie. */
  directory: path,
  configs: list(path),
  /** What starts the active partition from the first sector of each disk, in base64: the same for any disk. */
  bootCode: v.record(v.string(), base64, msg`must be an object`),
  references: v.object({ subvolumes: optional(list(word)) }, msg`must be an object`),
};
type ExtlinuxDetails = DetailsOf<typeof detailFields>;

const BOOT_CODE_BYTES = 440;
const SECTOR = 512;
const CONFIG = /\/(extlinux\.conf|syslinux\.cfg)$/;
/** Where it keeps its loader and its menu, by distribution and by habit. */
const DIRECTORIES = ["/boot/extlinux", "/boot/syslinux", "/extlinux", "/syslinux"];
const inDirectories = (...names: string[]) => DIRECTORIES.flatMap((at) => names.map((name) => `${at}/${name}`));
/** Its boot sector lies where XFS keeps its superblock: extlinux puts it elsewhere there. */
const WITHOUT_BOOT_SECTOR = new Set(["xfs"]);

const detailsOf = ({ loader }: LoaderContext) => decodeDetails(detailFields, loader);

function filesystemHolding(layout: Layout, path: string): Filesystem | undefined {
  const holder = mountHolding(layout, path);
  const fs = holder && nodeById(layout, holder.mount.of);
  return fs?.kind === "filesystem" ? fs : undefined;
}

/** The first sectors' code by disk, without the table that follows it. */
function bootCodes(facts: LoaderFacts, disks: readonly NodeId[]): Record<NodeId, string> {
  const codes = disks.map((id) => [id, facts.bootSector(id).subarray(0, BOOT_CODE_BYTES)] as const);
  const used = codes.filter(([, code]) => code.some((byte) => byte !== 0));
  return Object.fromEntries(used.map(([id, code]) => [id, Buffer.from(code).toString("base64")]));
}

function detect(facts: LoaderFacts): Loader | undefined {
  if (nodesOf(facts.layout, "firmware")[0]?.mode === "uefi") return undefined;
  const program = facts.files.find((path) => path.endsWith("/ldlinux.sys"));
  const directory = program?.slice(0, program.lastIndexOf("/"));
  const configs = Object.keys(facts.texts).filter((path) => CONFIG.test(path) && path.startsWith(`${directory}/`));
  const fs = directory === undefined ? undefined : filesystemHolding(facts.layout, directory);
  if (directory === undefined || !fs || configs.length === 0) return undefined;
  const disks = disksOf(facts.layout, fs.on).map(({ id }) => id);
  // What an earlier installation left behind starts nothing any more.
  if (disks.some((id) => hasGrubBootCode(facts.bootSector(id)))) return undefined;
  const subvolumes = subvolumeNumbers(configs.map((path) => facts.texts[path] ?? ""));
  const references = subvolumes.length === 0 ? {} : { subvolumes };
  const details: ExtlinuxDetails = { directory, configs, bootCode: bootCodes(facts, disks), references };
  return { kind: "loader", id: "loader:extlinux", type: "extlinux", on: disks, details };
}

function plan(context: LoaderContext): readonly Action[] {
  const { directory, bootCode } = detailsOf(context);
  const at = `${context.root}${directory}`;
  const fs = filesystemHolding(context.layout, directory);
  const device = fs && context.targets[fs.on];
  // Its boot sector goes to the device of the file system, which it finds by itself.
  const writes = [at, ...(device === undefined ? [] : [device])];
  const install: Action = {
    id: "loader:extlinux",
    node: context.loader.id,
    say: msg`Install extlinux in ${directory}`,
    destroys: [],
    effects: [{ do: "run", argv: ["extlinux", "--install", at], writes, timeoutMs: 300_000 }],
  };
  const codes = Object.entries(bootCode).flatMap(([id, base64]): Action[] => {
    const path = context.targets[id];
    if (path === undefined) return [];
    const say = msg`Write the code that starts the active partition to the first sector of ${path}`;
    const effects = [{ do: "writeAt", path, offset: 0, base64 } as const];
    return [{ id: `loader:boot-code:${id}`, node: context.loader.id, say, destroys: [], effects }];
  });
  return [install, ...codes];
}

function warnings(context: LoaderContext): readonly string[] {
  if (context.firmware === "bios") return [];
  return [
    msg`The set's system starts by BIOS, but this machine was started by UEFI: it will only start with the firmware in BIOS (CSM, legacy) mode`,
  ];
}

function bootCodeDefects(host: Host, context: LoaderContext): string[] {
  return Object.entries(detailsOf(context).bootCode).flatMap(([id, base64]) => {
    const device = context.targets[id];
    if (device === undefined) return [];
    const found = Buffer.from(host.readAt(device, 0, BOOT_CODE_BYTES)).toString("base64");
    return found === base64 ? [] : [msg`the first sector of ${device} doesn't hold the boot code that it had`];
  });
}

/** extlinux's own boot sector on the device of its file system. */
function bootSectorDefects(host: Host, context: LoaderContext): string[] {
  const fs = filesystemHolding(context.layout, detailsOf(context).directory);
  const device = fs && context.targets[fs.on];
  if (!fs || device === undefined || WITHOUT_BOOT_SECTOR.has(fs.type)) return [];
  const maker = decodeText(host.readAt(device, 0, SECTOR).subarray(3, 11));
  return /^(EXT|SYS)LINUX$/.test(maker) ? [] : [msg`the boot sector of ${device} holds no extlinux`];
}

/** A path of a menu as one from the root of its file system: relative ones start where the menu lies. */
function fromTop(context: LoaderContext, directory: string, file: string): string {
  if (file.startsWith("/")) return file;
  const inside = mountHolding(context.layout, directory)?.rest ?? directory;
  const parts: string[] = [];
  for (const part of `${inside}/${file}`.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

function menuDefects(host: Host, context: LoaderContext, where: string): string[] {
  const { directory } = detailsOf(context);
  const text = host.tryReadText(`${context.root}${where}`);
  if (text === undefined) return [msg`${where} is missing in the restored system`];
  const placed = (entry: BootEntry) => ({
    ...entry,
    files: entry.files.map((file) => fromTop(context, directory, file)),
  });
  return parseExtlinux(text).flatMap((entry) => entryDefects(host, context, { where, top: directory }, placed(entry)));
}

async function verify(host: Host, context: LoaderContext): Promise<readonly string[]> {
  const { directory, configs } = detailsOf(context);
  return [
    ...bootCodeDefects(host, context),
    ...bootSectorDefects(host, context),
    ...(host.exists(`${context.root}${directory}/ldlinux.sys`) ? [] : [msg`${directory}/ldlinux.sys is missing`]),
    ...configs.flatMap((where) => menuDefects(host, context, where)),
  ];
}

/** extlinux in the boot sector of a partition that the code in the disk's first sector starts. */
export const extlinuxDriver: LoaderDriver = {
  type: "extlinux",
  needs: { tools: ["extlinux"], modules: [] },
  detailFields,
  paths: {
    files: inDirectories("ldlinux.sys", "extlinux.conf", "syslinux.cfg"),
    texts: inDirectories("extlinux.conf", "syslinux.cfg"),
  },
  detect,
  plan,
  warnings,
  verify,
};
