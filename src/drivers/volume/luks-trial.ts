import { msg } from "../../base/message.ts";
import { Secret } from "../../base/secret.ts";
import { decodeLuksHeader } from "../../formats/storage/decode-luks-header.ts";
import { differing } from "../../layout/differing.ts";
import type { Luks, LuksPbkdf } from "../../layout/types.ts";
import type { VolumeTrial } from "../volume-contract.ts";
import { formatWords, luksSecret } from "./luks-make.ts";

/** What cryptsetup takes at the least: how slow a key slot is does not matter here. */
function cheap(pbkdf: LuksPbkdf): LuksPbkdf {
  if (pbkdf.type === "pbkdf2") return { ...pbkdf, iterations: 1000 };
  return { type: pbkdf.type, iterations: 4, memoryKib: 32, threads: 1 };
}

const HEADER = ["version", "uuid", "label", "subsystem", "cipher", "keyBytes", "sectorBytes", "hash"] as const;
const SIZES = ["dataOffsetBytes", "metadataBytes", "keyslotsBytes"] as const;

/**
 * Formats a file of the device's size as a restore would format the device, with a key of its own that costs no time.
 * A header that the set keeps is put back as it is: there is nothing to try.
 */
export function tryLuks(node: Luks, path: string): VolumeTrial | undefined {
  if (node.header !== undefined) return undefined;
  const slots = node.slots.map((slot) => ({ ...slot, pbkdf: cheap(slot.pbkdf) }));
  const argv = ["cryptsetup", "luksFormat", ...formatWords({ ...node, slots }), "--key-file=-", path];
  return {
    sizeBytes: node.dataOffsetBytes + node.sizeBytes,
    effects: [{ do: "run", argv, writes: [path], secret: luksSecret(node) }],
    secrets: new Map([[luksSecret(node), Secret.ofText(crypto.randomUUID())]]),
    differences(read) {
      const made = decodeLuksHeader(read);
      return made ? differing(node.path, node, made, [...HEADER, ...SIZES]) : [msg`${node.path}: no header came out`];
    },
  };
}
