/** A kind of volume that nobody has: one row, one driver, one line of the list of drivers. */
import { volumeDrivers } from "../../src/drivers/volume/volume-drivers.ts";
import type { KernelVolume, PlacedMember, VolumeDriver, VolumeStart } from "../../src/drivers/volume-contract.ts";
import { count, devicePath, filledList, identifier, reference } from "../../src/layout/kinds/field-schemas.ts";
import { kinds } from "../../src/layout/kinds.ts";
import type { Disk, LayoutNode } from "../../src/layout/types.ts";

export interface Vault {
  readonly kind: "vault";
  readonly id: string;
  readonly parts: readonly string[];
  readonly path: string;
  readonly uuid: string;
  readonly sizeBytes: number;
  readonly doors: number;
}

const GIB = 2 ** 30;
/** The first bytes of a part. */
export const VAULT_HEAD = "VAULT 1234-ABCD 3";

/** The vault on the disks sda and sdb. */
export const vault: Vault = {
  kind: "vault",
  id: "vault:v",
  parts: ["disk:sda", "disk:sdb"],
  path: "/dev/vault0",
  uuid: "1234-ABCD",
  sizeBytes: GIB,
  doors: 3,
};

/** A disk of 1 GiB, or as large as is wanted. */
export const vaultDisk = (name: string, sizeBytes = GIB): Disk => ({
  kind: "disk",
  id: `disk:${name}`,
  path: `/dev/${name}`,
  sizeBytes,
  logicalSectorBytes: 512,
  physicalSectorBytes: 512,
  serial: `serial-${name}`,
  rotational: false,
  removable: false,
});

const vaultKind = {
  role: "volume",
  noun: "vault",
  fields: { parts: filledList(reference), path: devicePath, uuid: identifier, sizeBytes: count, doors: count },
  madeOf: ({ parts }: Vault) => parts,
  carries: true,
  line: ({ path, sizeBytes, doors }: Vault) => ({ name: path, sizeBytes, what: `vault with ${doors} doors` }),
  mountlistSize: () => "vault",
  mountlistMember: "vault",
  aliases: () => ["/dev/mapper/the-vault"],
  compared: ["doors"],
};

type VaultMember = PlacedMember<{ readonly uuid: string; readonly doors: number }>;

function assemble(members: readonly VaultMember[], kernel: readonly KernelVolume[]) {
  const device = kernel.find(({ slaves }) => members.every((member) => slaves.includes(member.device)));
  const [first] = members;
  if (!first || !device) return { nodes: [], devices: new Map() };
  const { uuid, doors } = first.member.details;
  const parts = members.map(({ on }) => on);
  const node: Vault = {
    kind: "vault",
    id: "vault:v",
    parts,
    path: device.path,
    uuid,
    sizeBytes: device.sizeBytes,
    doors,
  };
  return { nodes: [node], devices: new Map([[node.id, device.name]]) };
}

const vaultDriver = {
  type: "vault",
  kind: "vault",
  needs: { tools: ["vault"], modules: [] },
  recognise(read: (offset: number, length: number) => Uint8Array) {
    const [word, uuid = "", doors] = new TextDecoder().decode(read(0, VAULT_HEAD.length)).split(" ");
    const details = { uuid, doors: Number(doors) };
    return word === "VAULT" ? { group: uuid, name: "v", what: "a part of a vault", expected: 2, details } : undefined;
  },
  assemble,
  // It has room for as much as its smaller part.
  demand({ id, sizeBytes }: Vault, _part: string, context: { demandOf(id: string, bytes: number): unknown }) {
    return context.demandOf(id, sizeBytes);
  },
  equalMembers: ({ parts }: Vault) => parts,
  resized(node: Vault, changes: Readonly<Record<string, number>>) {
    const change = Math.min(...node.parts.map((id) => changes[id] ?? 0));
    return { nodes: [{ ...node, sizeBytes: node.sizeBytes + change }], changes: { [node.id]: change } };
  },
  make(node: Vault, _layout: unknown, devices: Readonly<Record<string, string>>) {
    const parts = node.parts.map((id) => devices[id] ?? id);
    return {
      say: `Build the vault ${node.path}`,
      effects: [{ do: "run", argv: ["vault", "build", ...parts], writes: parts }],
    };
  },
  complete([node]: readonly Vault[], { root }: { readonly root: string }) {
    const effects = [{ do: "write", path: `${root}/etc/vault`, text: `${node?.uuid}\n` }];
    return node ? [{ id: "vault", node: node.id, say: "Write the vault's number down", destroys: [], effects }] : [];
  },
  warnings: ({ path }: Vault) => [`the guard of ${path} will not know you`],
  differences: (wanted: Vault, found: Vault) => (wanted.path === found.path ? [] : [`${found.path} has moved`]),
  async start({ uuid, path }: Vault, { host, look }: VolumeStart) {
    const { devices, idleMember } = await look();
    if (devices.some((device) => device.path === path)) return false;
    await host.run({ argv: ["vault", "open", idleMember(uuid)?.path ?? "nowhere"] });
    return true;
  },
  stopCommand: ({ name, path }: { readonly name: string; readonly path: string }) =>
    name.startsWith("vault") ? ["vault", "close", path] : undefined,
};

/** The vault as a node of a layout. */
export const vaultNode = (change: Partial<Vault> = {}): LayoutNode =>
  ({ ...vault, ...change }) as unknown as LayoutNode;

/** Adds the kind to those that mondo knows. */
export function installVault(): void {
  Object.assign(kinds, { vault: vaultKind });
  (volumeDrivers as VolumeDriver[]).push(vaultDriver as unknown as VolumeDriver);
}

/** Takes it out again. */
export function removeVault(): void {
  Reflect.deleteProperty(kinds, "vault");
  (volumeDrivers as VolumeDriver[]).pop();
}
