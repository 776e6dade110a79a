import { msg } from "../../base/message.ts";
import type { Host } from "../../host/host.ts";
import { list, path } from "../../layout/kinds/field-schemas.ts";
import { ownEntries } from "../../layout/own-entries.ts";
import { type Loader, nodesOf } from "../../layout/types.ts";
import type { LoaderContext, LoaderDriver, LoaderFacts } from "../contracts.ts";
import { decodeDetails } from "../decode-details.ts";
import { EFI_MENUS, efiMenuDefects } from "./efi-menus.ts";
import { entryPath, espHolding, FALLBACK_FILE, firmwareWarnings } from "./esps.ts";

const detailFields = {
  /** What firmware starts, by its entries or by the fall-back path, as paths of the set. */
  programs: list(path),
};

/** The programs on the set's ESPs that boot entries name, and those at the fall-back path. */
function programsIn({ layout, files }: LoaderFacts): string[] {
  const named = ownEntries(layout).flatMap(
    ({ entry, partition }) => entryPath(layout, entry, partition)?.toLowerCase() ?? [],
  );
  return files.filter((file) => named.includes(file.toLowerCase()) || FALLBACK_FILE.test(file));
}

function detect(facts: LoaderFacts): Loader | undefined {
  if (nodesOf(facts.layout, "firmware")[0]?.mode !== "uefi") return undefined;
  const found = programsIn(facts).flatMap((program) => {
    const esp = espHolding(facts.layout, program);
    return esp ? [{ program, on: esp.fs.id }] : [];
  });
  if (found.length === 0) return undefined;
  const details = { programs: found.map(({ program }) => program) };
  return { kind: "loader", id: "loader:efi", type: "efi", on: [...new Set(found.map(({ on }) => on))], details };
}

const programsOf = ({ loader }: LoaderContext) => decodeDetails(detailFields, loader).programs;

/** Firmware without the entries, which a rescue that was started by BIOS can't make, finds only the fall-back path. */
function warnings(context: LoaderContext): readonly string[] {
  const known = firmwareWarnings(context);
  if (known.length === 0 || programsOf(context).some((program) => FALLBACK_FILE.test(program))) return known;
  const entries = ownEntries(context.layout).map(({ entry }) => `"${entry.label}" (${entry.file})`);
  return [
    msg`The set's system starts by UEFI, but this machine was started by BIOS: make the boot entry ${entries.join(", ")} by hand, or start the rescue by UEFI`,
  ];
}

async function verify(host: Host, context: LoaderContext): Promise<readonly string[]> {
  const missing = programsOf(context).filter((program) => !host.exists(`${context.root}${program}`));
  return [
    ...missing.map((program) => msg`${program}, which the firmware starts, wasn't restored`),
    ...efiMenuDefects(host, context),
  ];
}

/**
 * Whatever UEFI firmware starts from the set's ESPs and no other driver knows: a kernel with an EFI stub, a unified
 * kernel image, rEFInd, Limine. It comes back with the files, and its entries with the firmware's others.
 */
export const efiProgramDriver: LoaderDriver = {
  type: "efi",
  lastResort: true,
  needs: { tools: [], optionalTools: ["efibootmgr"], modules: ["efivarfs"] },
  detailFields,
  paths: { files: [], texts: EFI_MENUS },
  detect,
  plan: () => [],
  warnings,
  verify,
};
