import * as v from "valibot";
import { msg } from "../../base/message.ts";
import type { Action, Effect } from "../../effects/effect.ts";
import { parseBlsEntry } from "../../formats/boot/boot-entries.ts";
import { unifiedCommandLine } from "../../formats/boot/unified-kernel.ts";
import type { Host } from "../../host/host.ts";
import { mountHolding } from "../../layout/graph.ts";
import { list, optional, path, word } from "../../layout/kinds/field-schemas.ts";
import type { Layout, Loader } from "../../layout/types.ts";
import { nodesOf } from "../../layout/types.ts";
import type { AssumedEntry, LoaderContext, LoaderDriver, LoaderFacts } from "../contracts.ts";
import { type DetailsOf, decodeDetails } from "../decode-details.ts";
import { blsDefects, blsEntryFiles } from "./bls-entries.ts";
import { commandLineDefects } from "./check-entries.ts";
import {
  assumedOnEsps,
  type Esp,
  espHolding,
  espsOf,
  FALLBACK_FILE,
  fallbackDefects,
  firmwareWarnings,
} from "./esps.ts";
import { subvolumeNumbers } from "./grub-files.ts";

/** A copy of an initramfs that the loader reads, of the one that the distribution's tool makes. */
const initramfsCopy = v.object({ from: path, to: path }, msg`must be an object`);
type InitramfsCopy = v.InferOutput<typeof initramfsCopy>;

const detailFields = {
  /** The loader's program on each ESP, as a path of the set. */
  programs: list(path),
  /** Whether each ESP has a program at the fall-back path. */
  fallbacks: list(path),
  /** Where file systems with entries are mounted: ESPs, and the extended boot loader partition. */
  tops: list(path),
  /** Texts that say what is started. */
  configs: list(path),
  copies: list(initramfsCopy),
  references: v.object({ subvolumes: optional(list(word)) }, msg`must be an object`),
};
type SystemdBootDetails = DetailsOf<typeof detailFields>;

const PROGRAM = /\/EFI\/systemd\/systemd-boot(x64|aa64|ia32)\.efi$/i;
const UNIFIED = /\/EFI\/Linux\/[^/]+\.efi$/i;
/** Source: uapi-group.org, Discoverable Partitions Specification. */
const XBOOTLDR = "BC13C2FF-59E6-4262-A352-B275FD6F7172";

const detailsOf = ({ loader }: LoaderContext) => decodeDetails(detailFields, loader);

/** Mount point of the extended boot loader partition, where kernels and entries may lie besides the ESP. */
function extendedBoot(layout: Layout): string[] {
  const partitions = nodesOf(layout, "partition").filter(({ type }) => type === XBOOTLDR);
  const filesystems = nodesOf(layout, "filesystem").filter((fs) => partitions.some(({ id }) => id === fs.on));
  return nodesOf(layout, "mount").flatMap((mount) => (filesystems.some(({ id }) => id === mount.of) ? mount.path : []));
}

/** Initial RAM disks on a boot file system that are copies of what lies in /boot. */
function copiesIn(facts: LoaderFacts, config: string): InitramfsCopy[] {
  const mount = mountHolding(facts.layout, config)?.mount.path ?? "/";
  const top = mount === "/" ? "" : mount;
  return parseBlsEntry(facts.texts[config] ?? "").files.flatMap((file) => {
    const from = `/boot/${file.slice(file.lastIndexOf("/") + 1)}`;
    const to = `${top}${file.startsWith("/") ? "" : "/"}${file}`;
    return /^\/boot\/init/.test(from) && from !== to && facts.files.includes(from) ? [{ from, to }] : [];
  });
}

function detect(facts: LoaderFacts): Loader | undefined {
  if (nodesOf(facts.layout, "firmware")[0]?.mode !== "uefi") return undefined;
  const programs = facts.files.filter((path) => PROGRAM.test(path) && espHolding(facts.layout, path));
  if (programs.length === 0) return undefined;
  const found = programs.flatMap((path) => espHolding(facts.layout, path) ?? []);
  const tops = [...new Set([...found.map(({ mount }) => mount), ...extendedBoot(facts.layout)])];
  const configs = Object.keys(facts.texts).filter((path) =>
    tops.some((top) => path === `${top}/loader/loader.conf` || path.startsWith(`${top}/loader/entries/`)),
  );
  const subvolumes = subvolumeNumbers(configs.map((path) => facts.texts[path] ?? ""));
  const details: SystemdBootDetails = {
    programs,
    fallbacks: facts.files.filter((path) => FALLBACK_FILE.test(path) && espHolding(facts.layout, path)),
    tops,
    configs,
    copies: configs.flatMap((config) => copiesIn(facts, config)),
    references: subvolumes.length === 0 ? {} : { subvolumes },
  };
  const on = [...new Set(found.map(({ fs }) => fs.id))];
  return { kind: "loader", id: "loader:systemd-boot", type: "systemd-boot", on, details };
}

const programOn = (context: LoaderContext, { mount }: Esp) =>
  detailsOf(context).programs.find((path) => path.startsWith(`${mount}/`));

/** A copy of the loader where firmware looks when it knows no entry; none when the set has something there. */
function fallbackEffects(context: LoaderContext, esp: Esp): Effect[] {
  const program = programOn(context, esp);
  const arch = PROGRAM.exec(program ?? "")?.[1];
  if (arch === undefined || detailsOf(context).fallbacks.some((path) => path.startsWith(`${esp.mount}/`))) return [];
  const directory = `${context.root}${esp.mount}/EFI/BOOT`;
  const [from, to] = [`${context.root}${program}`, `${directory}/BOOT${arch.toUpperCase()}.EFI`];
  return [
    { do: "mkdir", path: directory },
    { do: "run", argv: ["cp", from, to], writes: [to], reads: [from] },
  ];
}

function plan(context: LoaderContext): readonly Action[] {
  const effects = espsOf(context).flatMap((esp) => fallbackEffects(context, esp));
  const say = msg`Copy systemd-boot to the path that firmware falls back to`;
  const fallback: Action = { id: "loader:systemd-fallback", node: context.loader.id, say, destroys: [], effects };
  return effects.length === 0 ? [] : [fallback];
}

function assumedEntries(context: LoaderContext): readonly AssumedEntry[] {
  return assumedOnEsps(context, (esp) => {
    const file = programOn(context, esp)?.slice(esp.mount.length).replaceAll("/", "\\");
    return file === undefined ? undefined : { label: "Linux Boot Manager", file };
  });
}

/** Unified kernel images of a boot file system, as paths of the set. */
function unifiedImages(host: Host, root: string, top: string): string[] {
  const below = (path: string, name: string) =>
    host.list(`${root}${path}`).flatMap((found) => (found.toLowerCase() === name ? [`${path}/${found}`] : []));
  const directories = below(top, "efi").flatMap((efi) => below(efi, "linux"));
  const files = directories.flatMap((directory) =>
    host.list(`${root}${directory}`).map((name) => `${directory}/${name}`),
  );
  return files.filter((path) => UNIFIED.test(path));
}

function imageDefects(host: Host, context: LoaderContext, image: string): string[] {
  const line = unifiedCommandLine((offset, length) => host.readAt(`${context.root}${image}`, offset, length));
  return line === undefined
    ? [msg`${image} is no unified kernel image any more`]
    : commandLineDefects(context, image, line);
}

async function verify(host: Host, context: LoaderContext): Promise<readonly string[]> {
  const { tops, programs } = detailsOf(context);
  const images = tops.flatMap((top) => unifiedImages(host, context.root, top));
  const entries = tops.flatMap((top) => blsEntryFiles(host, context.root, top));
  return [
    ...programs.filter((path) => !host.exists(`${context.root}${path}`)).map((path) => msg`${path} wasn't restored`),
    ...espsOf(context).flatMap((esp) => fallbackDefects(host, context, esp)),
    ...(images.length + entries.length > 0
      ? []
      : [msg`systemd-boot has nothing to start: ${tops.join(", ")} hold no entry`]),
    ...tops.flatMap((top) => blsDefects(host, context, top)),
    ...images.flatMap((image) => imageDefects(host, context, image)),
  ];
}

/** systemd-boot on EFI system partitions, with entries of the Boot Loader Specification of both types. */
export const systemdBootDriver: LoaderDriver = {
  type: "systemd-boot",
  needs: { tools: ["cp"], optionalTools: ["efibootmgr"], modules: ["efivarfs"] },
  detailFields,
  detect,
  assumedEntries,
  plan,
  warnings: firmwareWarnings,
  verify,
};
