import { parseQuotaGroups, parseSubvolumeList } from "../../formats/fs/btrfs-listings.ts";
import { unescapeOctal } from "../../formats/fs/mount-tables.ts";
import type { Host } from "../../host/host.ts";
import { isBackupSubvolume } from "../../layout/own-snapshots.ts";
import type { MountedDescription, MountedFacts } from "../contracts.ts";
import type { BtrfsMounted } from "./btrfs-details.ts";

const SYSFS = "/sys/fs/btrfs";
const COMMANDS = {
  subvolumes: ["subvolume", "list", "-p", "-u", "-q"],
  readOnly: ["subvolume", "list", "-r"],
  default: ["subvolume", "get-default"],
  quotaGroups: ["qgroup", "show", "--raw", "-p", "-r", "-e"],
} as const;

/** Profiles by the bytes that they have, as `raid1 1073741824`. */
function profileText(host: Host, directory: string): string {
  const names = host.list(directory).filter((name) => host.exists(`${directory}/${name}/total_bytes`));
  return names.map((name) => `${name} ${host.tryReadText(`${directory}/${name}/total_bytes`)?.trim()}`).join("\n");
}

/** The UUID of the mounted btrfs on a device: sysfs names its devices by their kernel names. */
function uuidOf(host: Host, source: string): string | undefined {
  const name = (host.realPath(source) ?? source).replace(/^\/dev\//, "").replaceAll("/", "!");
  // Without udev a mapped device is a node of its own in /dev/mapper, and no link.
  const mapped = (devices: string, device: string) =>
    name === `mapper!${host.tryReadText(`${devices}/${device}/dm/name`)?.trim()}`;
  return host.list(SYSFS).find((uuid) => {
    const devices = `${SYSFS}/${uuid}/devices`;
    return host.list(devices).some((device) => device === name || mapped(devices, device));
  });
}

/** Texts of sysfs and of btrfs-progs about a mounted btrfs; undefined when the kernel knows none on that device. */
export async function readMountedBtrfs(
  host: Host,
  mount: { readonly source: string; readonly path: string; readonly options: string; readonly root: string },
): Promise<MountedFacts | undefined> {
  const uuid = uuidOf(host, mount.source);
  const subvolume = unescapeOctal(/(?:^|,)subvol=([^,]*)/.exec(mount.options)?.[1] ?? mount.root);
  // A directory or a file of it that is mounted elsewhere is no place to ask the tools about.
  if (uuid === undefined || subvolume !== mount.root) return undefined;
  const texts: Record<string, string> = { listedFrom: /(?:^|,)subvolid=(\d+)/.exec(mount.options)?.[1] ?? "5" };
  for (const kind of ["data", "metadata", "mixed"]) {
    const text = profileText(host, `${SYSFS}/${uuid}/allocation/${kind}`);
    if (text !== "") texts[`${kind}Profiles`] = text;
  }
  const mode = host.tryReadText(`${SYSFS}/${uuid}/qgroups/mode`)?.trim();
  if (mode !== undefined) texts.quotaMode = mode;
  for (const [key, words] of Object.entries(COMMANDS)) {
    if (!host.which("btrfs")) break;
    const argv = ["btrfs", ...words, mount.path];
    const { code, stdout, stderr } = await host.run({ argv, accept: "any", timeoutMs: 120_000 });
    if (code === 0) texts[key] = stdout;
    else if (key !== "quotaGroups") texts.failed = (stderr || stdout).trim().split("\n")[0] ?? `exit code ${code}`;
  }
  return { uuid, texts };
}

/** Of several profiles (a conversion was not finished) the one with most bytes. */
function foremost(text: string | undefined): string | undefined {
  const lines = (text ?? "").split("\n").map((line) => line.split(" "));
  const sorted = lines.filter(([name]) => name).sort((a, b) => Number(b[1]) - Number(a[1]));
  return sorted[0]?.[0];
}

function numbersIn(text: string | undefined): Set<number> {
  return new Set([...(text ?? "").matchAll(/^ID (\d+) gen /gm)].map((match) => Number(match[1])));
}

function quotasOf(texts: MountedFacts["texts"]): Pick<BtrfsMounted, "quotas" | "quotaGroups"> {
  if (texts.quotaGroups === undefined) return {};
  const groups = parseQuotaGroups(texts.quotaGroups);
  const told = groups.filter(
    ({ id, maxReferenced, maxExclusive, parents }) =>
      !id.startsWith("0/") || maxReferenced !== undefined || maxExclusive !== undefined || parents.length > 0,
  );
  return {
    quotas: texts.quotaMode === "squota" ? "simple" : "full",
    ...(told.length === 0 ? {} : { quotaGroups: told }),
  };
}

/** Makes profiles, quotas and subvolumes of the texts. */
export function describeMountedBtrfs({ texts }: MountedFacts): MountedDescription {
  const data = foremost(texts.dataProfiles ?? texts.mixedProfiles);
  const metadata = foremost(texts.metadataProfiles ?? texts.mixedProfiles);
  const details: BtrfsMounted = {
    ...(data === undefined ? {} : { dataProfile: data }),
    ...(metadata === undefined ? {} : { metadataProfile: metadata }),
    ...quotasOf(texts),
    ...(texts.failed === undefined ? {} : { unlisted: texts.failed }),
  };
  const sealed = numbersIn(texts.readOnly);
  const chosen = Number(/^ID (\d+)/.exec(texts.default ?? "")?.[1] ?? 5);
  const listed = parseSubvolumeList(texts.subvolumes ?? "", Number(texts.listedFrom));
  const own = listed.filter(({ number, path }) => !(sealed.has(number) && isBackupSubvolume(path)));
  const subvolumes = own.map(({ number, path, uuid, parentUuid }) => ({
    path,
    number,
    ...(uuid === undefined ? {} : { uuid }),
    ...(parentUuid === undefined ? {} : { snapshotOf: parentUuid }),
    readOnly: sealed.has(number),
    isDefault: number === chosen,
  }));
  return { details, subvolumes };
}
