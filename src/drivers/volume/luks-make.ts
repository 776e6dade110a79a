import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Effect } from "../../effects/effect.ts";
import type { SecretId } from "../../effects/run-fields.ts";
import type { Layout, Luks, LuksPbkdf, NodeId } from "../../layout/types.ts";
import type { VolumeMaking } from "../volume-contract.ts";
import { edgesOf } from "./edges.ts";

const SECTOR = 512;
/** Argon2 may be made to take minutes. */
const UNLOCK_MS = 600_000;
/** Options of `open` by the flags that a header keeps. Source: cryptsetup-open(8). */
const FLAG_OPTIONS: Readonly<Record<string, string>> = {
  "allow-discards": "--allow-discards",
  "same-cpu-crypt": "--perf-same_cpu_crypt",
  "submit-from-crypt-cpus": "--perf-submit_from_crypt_cpus",
  "no-read-workqueue": "--perf-no_read_workqueue",
  "no-write-workqueue": "--perf-no_write_workqueue",
};

/** What opens a volume while a plan is carried out: a pass phrase or the content of a key file. */
export function luksSecret({ uuid }: Pick<Luks, "uuid">): SecretId {
  return `luks:${uuid}`;
}

/** Directory of decrypted headers during a restore, in memory. */
export const LUKS_HEADERS = "/run/mondo/luks";

/** Where the header of a volume lies during a restore, decrypted, in memory. */
export function luksHeaderFile({ uuid }: Pick<Luks, "uuid">): string {
  return `${LUKS_HEADERS}/${uuid}.header`;
}

/** cryptsetup lowers what this machine has too little memory or too few processors for. */
export function pbkdfWords(pbkdf: LuksPbkdf): string[] {
  const words = [`--pbkdf=${pbkdf.type}`, `--pbkdf-force-iterations=${pbkdf.iterations}`];
  if (pbkdf.type === "pbkdf2") return words;
  return [...words, `--pbkdf-memory=${pbkdf.memoryKib}`, `--pbkdf-parallel=${pbkdf.threads}`];
}

/** Options of luksFormat for a volume with a new key. */
export function formatWords(node: Luks): string[] {
  const [slot] = node.slots;
  if (!slot) throw new MondoError("bug", msg`${node.id} has no key slot`);
  const common = [
    ...["--batch-mode", `--type=luks${node.version}`, `--uuid=${node.uuid}`, `--cipher=${node.cipher}`],
    ...[`--key-size=${node.keyBytes * 8}`, `--hash=${node.hash}`, `--offset=${node.dataOffsetBytes / SECTOR}`],
    ...[`--key-slot=${slot.number}`, ...pbkdfWords(slot.pbkdf)],
  ];
  if (node.version === 1) return common;
  const ownCipher = slot.cipher !== undefined && slot.keyBytes !== undefined;
  return [
    ...common,
    `--sector-size=${node.sectorBytes}`,
    ...(node.metadataBytes === undefined ? [] : [`--luks2-metadata-size=${node.metadataBytes}`]),
    ...(node.keyslotsBytes === undefined ? [] : [`--luks2-keyslots-size=${node.keyslotsBytes}`]),
    ...(node.label === undefined ? [] : [`--label=${node.label}`]),
    ...(node.subsystem === undefined ? [] : [`--subsystem=${node.subsystem}`]),
    ...(ownCipher ? [`--keyslot-cipher=${slot.cipher}`, `--keyslot-key-size=${(slot.keyBytes ?? 0) * 8}`] : []),
  ];
}

function openWords(node: Luks): string[] {
  const flags = node.flags.flatMap((flag) => FLAG_OPTIONS[flag] ?? []);
  return flags.length > 0 && node.header === undefined ? ["--persistent", ...flags] : [];
}

/** With its own header, or a new one of the same kind; opened under its name, and blank inside. */
export function makeLuks(node: Luks, _layout: Layout, devices: Readonly<Record<NodeId, string>>): VolumeMaking {
  const device = devices[node.on];
  if (device === undefined) throw new MondoError("bug", msg`no target device for ${node.on}`);
  const secret = luksSecret(node);
  const cryptsetup = (...words: string[]): Effect => {
    return { do: "run", argv: ["cryptsetup", ...words], writes: [device], secret, timeoutMs: UNLOCK_MS };
  };
  const header: Effect =
    node.header === undefined
      ? cryptsetup("luksFormat", ...formatWords(node), "--key-file=-", device)
      : {
          do: "run",
          argv: ["cryptsetup", "luksHeaderRestore", "--batch-mode"].concat([
            `--header-backup-file=${luksHeaderFile(node)}`,
            device,
          ]),
          writes: [device],
          reads: [luksHeaderFile(node)],
          timeoutMs: UNLOCK_MS,
        };
  const effects: Effect[] = [
    { do: "run", argv: ["modprobe", "-q", "dm_crypt"], writes: [], accept: [0, 1] },
    header,
    cryptsetup("open", "--type=luks", ...openWords(node), "--key-file=-", device, node.name),
    // With the old key an old file system would come to light again.
    { do: "wipe", path: node.path, ranges: edgesOf(0, node.sizeBytes) },
  ];
  const how = node.header === undefined ? msg`a new key` : msg`its own header and key slots`;
  return { say: msg`Make the LUKS${node.version} volume ${node.path} on ${device} with ${how}`, effects };
}
