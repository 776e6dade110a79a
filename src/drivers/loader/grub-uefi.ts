import { msg } from "../../base/message.ts";
import type { Action, Effect } from "../../effects/effect.ts";
import type { Host } from "../../host/host.ts";
import type { Loader } from "../../layout/types.ts";
import { nodesOf } from "../../layout/types.ts";
import type { LoaderContext, LoaderDriver, LoaderFacts } from "../contracts.ts";
import { grubDefects } from "./check-grub.ts";
import {
  assumedOnEsps,
  type Esp,
  espHolding,
  espsOf,
  FALLBACK_FILE,
  fallbackDefects,
  firmwareWarnings,
  type LoaderFile,
} from "./esps.ts";
import { type GrubUefiDetails, grubUefiDetails, grubUefiFields } from "./grub-details.ts";
import { grubDetailsFrom } from "./grub-files.ts";
import { grubPaths } from "./grub-homes.ts";

const LOADER_FILE = /\/EFI\/[^/]+\/(shim|grub)(x64|aa64|ia32)\.efi$/i;
const FALLBACK_NAMES: Readonly<Record<string, string>> = {
  x64: "BOOTX64.EFI",
  aa64: "BOOTAA64.EFI",
  ia32: "BOOTIA32.EFI",
};

function detect(facts: LoaderFacts): Loader | undefined {
  if (nodesOf(facts.layout, "firmware")[0]?.mode !== "uefi") return undefined;
  // What lies at the fall-back path alone may be any loader.
  const hasMenu = facts.files.some((path) => /\/grub\.cfg$/i.test(path));
  const loaders = facts.files.filter((path) => LOADER_FILE.test(path) || (hasMenu && FALLBACK_FILE.test(path)));
  const found = loaders.flatMap((path) => espHolding(facts.layout, path) ?? []);
  const [esp] = found;
  if (!esp) return undefined;
  const on = [...new Set(found.map(({ fs }) => fs.id))];
  const mounts = new Set(found.map(({ mount }) => mount));
  const files = facts.files.filter(
    (path) => mounts.has(espHolding(facts.layout, path)?.mount ?? "") && /\/EFI\//i.test(path),
  );
  const details: GrubUefiDetails = { ...grubDetailsFrom(facts), esp: esp.mount, files };
  return { kind: "loader", id: "loader:grub-uefi", type: "grub-uefi", on, details };
}

/** The distribution's own loader on an ESP, named after its directory: shim where there is one. */
function ownLoader(context: LoaderContext, { mount }: Esp): LoaderFile | undefined {
  const files = grubUefiDetails(context.loader).files.filter((path) => path.startsWith(`${mount}/`));
  const own = files.filter((path) => LOADER_FILE.test(path) && !/\/EFI\/BOOT\//i.test(path));
  const preferred = own.find((path) => /\/shim/i.test(path)) ?? own[0];
  if (preferred === undefined) return undefined;
  return { label: preferred.split("/").at(-2) ?? "linux", file: preferred.slice(mount.length).replaceAll("/", "\\") };
}

/**
 * Copies of loader, its companion and MokManager where firmware looks when it knows no entry; none when the set has
 * them.
 */
function fallbackEffects(context: LoaderContext, esp: string): Effect[] {
  const files = grubUefiDetails(context.loader).files.filter((path) => path.startsWith(`${esp}/`));
  if (files.some((path) => FALLBACK_FILE.test(path))) return [];
  const preferred =
    files.find((path) => /\/shim(x64|aa64|ia32)\.efi$/i.test(path)) ?? files.find((path) => LOADER_FILE.test(path));
  const arch = /(x64|aa64|ia32)\.efi$/i.exec(preferred ?? "")?.[1]?.toLowerCase();
  if (preferred === undefined || arch === undefined) return [];
  const from = preferred.slice(0, preferred.lastIndexOf("/"));
  const directory = `${context.root}${esp}/EFI/BOOT`;
  const companions = files.filter(
    (path) => path !== preferred && path.startsWith(`${from}/`) && /\/(grub|mm)(x64|aa64|ia32)\.efi$/i.test(path),
  );
  const copy = (path: string, name: string): Effect => {
    const [from, to] = [`${context.root}${path}`, `${directory}/${name}`];
    return { do: "run", argv: ["cp", from, to], writes: [to], reads: [from] };
  };
  return [
    { do: "mkdir", path: directory },
    copy(preferred, FALLBACK_NAMES[arch] ?? "BOOTX64.EFI"),
    ...companions.map((path) => copy(path, path.slice(path.lastIndexOf("/") + 1))),
  ];
}

function plan(context: LoaderContext): readonly Action[] {
  const effects = espsOf(context).flatMap(({ mount }) => fallbackEffects(context, mount));
  const say = msg`Copy the loader to the path that firmware falls back to`;
  const fallback: Action = { id: "loader:uefi-fallback", node: context.loader.id, say, destroys: [], effects };
  return effects.length === 0 ? [] : [fallback];
}

async function verify(host: Host, context: LoaderContext): Promise<readonly string[]> {
  return [...espsOf(context).flatMap((esp) => fallbackDefects(host, context, esp)), ...grubDefects(host, context)];
}

/** GRUB 2 (behind shim or bare) as a file on the EFI system partition. */
export const grubUefiDriver: LoaderDriver = {
  type: "grub-uefi",
  needs: { tools: ["chroot", "cp"], optionalTools: ["efibootmgr"], modules: ["efivarfs"] },
  detailFields: grubUefiFields,
  paths: grubPaths,
  detect,
  assumedEntries: (context) => assumedOnEsps(context, (esp) => ownLoader(context, esp)),
  plan,
  warnings: firmwareWarnings,
  verify,
};
