import { msg } from "../../base/message.ts";
import { formatBytes, KIB, MIB } from "../../base/units.ts";
import { nodesOn } from "../../layout/nodes-on.ts";
import type { Layout, Luks } from "../../layout/types.ts";
import { nodeById, nodesOf } from "../../layout/types.ts";
import { without } from "./content-edits.ts";
import type { Edit } from "./edit.ts";
import { findDevice } from "./find-node.ts";
import { cannot } from "./flaw.ts";
import { freeId, uuidFor } from "./new-ids.ts";
import { withTypes } from "./raid-edits.ts";
import { moved, withNodes } from "./rebuild.ts";

type EditOf<D extends Edit["do"]> = Extract<Edit, { do: D }>;

/** cryptsetup's defaults for LUKS2, with a key slot that small machines can open, too. */
const DEFAULTS = {
  version: 2,
  cipher: "aes-xts-plain64",
  keyBytes: 64,
  sectorBytes: 512,
  hash: "sha256",
  dataOffsetBytes: 16 * MIB,
  slots: [{ number: 0, pbkdf: { type: "argon2id", iterations: 4, memoryKib: 512 * KIB, threads: 4 } }],
  flags: [],
  tokens: [],
} as const;

/** Encryption below what lies on a device. */
export function encrypt(layout: Layout, edit: EditOf<"encrypt">): Layout {
  const device = findDevice(layout, edit.node);
  const there = nodesOn(layout, device.id);
  const { name } = edit;
  if (nodesOf(layout, "luks").some((luks) => luks.name === name)) {
    throw cannot(name, msg`there is an encrypted volume of that name already`, msg`Choose another name.`);
  }
  const sizeBytes = device.sizeBytes - DEFAULTS.dataOffsetBytes;
  if (sizeBytes < MIB) {
    const what = msg`its ${formatBytes(device.sizeBytes)} are too few for LUKS, whose header takes 16 MiB`;
    throw cannot(device.path, what, msg`Make it larger.`);
  }
  const id = freeId(layout, `luks:${name}`);
  const own = { id, on: device.id, path: `/dev/mapper/${name}`, name, uuid: uuidFor(layout, id), sizeBytes };
  const luks: Luks = { kind: "luks", ...own, ...DEFAULTS };
  return withTypes(moved(withNodes(layout, [luks]), device, luks, there), [device]);
}

/** What was encrypted on the device itself, in the clear. */
export function decrypt(layout: Layout, edit: EditOf<"decrypt">): Layout {
  const luks = findDevice(layout, edit.node);
  if (luks.kind !== "luks") {
    const names = nodesOf(layout, "luks").map(({ path }) => path);
    throw cannot(
      luks.path,
      msg`it is no encrypted volume`,
      msg`Encrypted volumes are ${names.join(", ") || msg`none`}.`,
    );
  }
  const device = nodeById(layout, luks.on);
  if (!device) return layout;
  const lower = findDevice(layout, device.id);
  return withTypes(without(moved(layout, luks, lower), new Set([luks.id])), [lower]);
}
