import { msg } from "../../base/message.ts";
import { parseGrubEnvironment } from "../../formats/boot/grub-environment.ts";
import type { Host } from "../../host/host.ts";
import { knownSpecs, placedLayout, specChecker } from "../../layout/device-specs.ts";
import type { LoaderContext } from "../contracts.ts";
import { blsDefects } from "./bls-entries.ts";
import { espsOf } from "./esps.ts";
import { type GrubReferences, grubDetails } from "./grub-details.ts";
import { grubReferences } from "./grub-files.ts";

/** Each device that the configuration names must be one that the restore made; each string is a defect. */
export function danglingReferences(context: LoaderContext, references: GrubReferences): string[] {
  const { layout, targets, names } = context;
  const leads = specChecker(layout, knownSpecs(placedLayout(layout, targets)), names);
  const wrong = (what: string, values: readonly string[], tag: string) =>
    values
      .filter((value) => !leads(`${tag}${value}`))
      .map((value) => msg`GRUB's configuration names the ${what} ${value}, which is on none of the restored disks`);
  return [
    ...wrong(msg`file system`, references.uuids, "UUID="),
    ...wrong("partition", references.partitionUuids, "PARTUUID="),
    ...wrong("device", references.devices, ""),
  ];
}

/** GRUB's menu and the stubs on ESPs that lead to it, as they were restored. */
function restoredTexts(host: Host, context: LoaderContext, directory: string): string[] {
  const stubs = espsOf(context).flatMap(({ mount }) =>
    host.list(`${context.root}${mount}/EFI`).map((name) => `${mount}/EFI/${name}/grub.cfg`),
  );
  return [`${directory}/grub.cfg`, ...stubs].flatMap((path) => host.tryReadText(`${context.root}${path}`) ?? []);
}

/** The configuration and at least one kernel were restored. */
function missingBootFiles(host: Host, context: LoaderContext, directory: string): string[] {
  const config = `${context.root}${directory}/grub.cfg`;
  const kernels = host
    .list(`${context.root}/boot`)
    .filter((name) => /^(vmlinu[xz]|kernel|bzImage|[0-9a-f]{32})/.test(name));
  return [
    ...(host.exists(config) ? [] : [msg`${directory}/grub.cfg is missing in the restored system`]),
    ...(kernels.length > 0 ? [] : [msg`/boot of the restored system holds no kernel`]),
  ];
}

/** What of GRUB's files is missing, or names what isn't there. */
export function grubDefects(host: Host, context: LoaderContext): string[] {
  const { directory, bls } = grubDetails(context.loader);
  const variables = parseGrubEnvironment(host.tryReadText(`${context.root}${directory}/grubenv`) ?? "");
  return [
    ...danglingReferences(context, grubReferences(restoredTexts(host, context, directory))),
    ...missingBootFiles(host, context, directory),
    ...(bls === undefined ? [] : blsDefects(host, context, bls, variables)),
  ];
}
