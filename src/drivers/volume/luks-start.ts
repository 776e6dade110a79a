import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Luks } from "../../layout/types.ts";
import type { KernelVolume, VolumeStart } from "../volume-contract.ts";
import { notStarted } from "./not-started.ts";

const UNLOCK_MS = 600_000;
/** Exit status of cryptsetup when the key is wrong. Source: cryptsetup(8), RETURN CODES. */
const WRONG_KEY = 2;

/** How device mapper's identifier of an open volume begins; its name follows. */
export const luksDmUuid = ({ version, uuid }: Pick<Luks, "version" | "uuid">): string =>
  `CRYPT-LUKS${version}-${uuid.replaceAll("-", "")}-`;

/** The device that has the volume's header; undefined when the volume is open already, as it is to be. */
async function closedDevice(
  luks: Luks,
  { look, release, writable = false }: VolumeStart,
): Promise<KernelVolume | undefined> {
  const { devices, idleMember } = await look();
  const open = devices.find((device) => device.dmUuid?.startsWith(luksDmUuid(luks)));
  if (open && !(writable && open.readOnly)) return undefined;
  if (open) {
    // A comparison has opened it read-only, and no device mapper lets that be changed.
    const below = devices.find(({ name }) => open.slaves.includes(name));
    if (below) await release(below.path);
    return below;
  }
  const found = idleMember(luks.uuid);
  if (found) return found;
  throw new MondoError(
    "not-found",
    msg`the LUKS volume ${luks.path} (UUID ${luks.uuid}) is on no disk of this machine`,
    {
      hint: msg`Compare works on the machine that was backed up, or on one that was restored from it.`,
    },
  );
}

/** Opens a volume, by default read-only; asks for keys until one fits. */
export async function openLuks(luks: Luks, start: VolumeStart): Promise<boolean> {
  const { host, give, writable = false } = start;
  const device = await closedDevice(luks, start);
  if (!device) return false;
  if (!give) throw new MondoError("refused", msg`nobody gave the pass phrase of the LUKS volume ${luks.path}`);
  await host.run({ argv: ["modprobe", "-q", "dm_crypt"], accept: "any" });
  const argv = [
    "cryptsetup",
    "open",
    "--type=luks",
    ...(writable ? [] : ["--readonly"]),
    "--key-file=-",
    device.path,
    luks.name,
  ];
  for (let failed = false; ; failed = true) {
    const input = (await give(luks, failed)).reveal();
    try {
      const { code } = await host.run({ argv, input, timeoutMs: UNLOCK_MS, accept: [0, WRONG_KEY] });
      if (code === 0) return true;
    } catch (cause) {
      throw notStarted(msg`${luks.path} can't be opened`, cause);
    }
  }
}
