import { MondoError } from "../../base/errors.ts";
import { type NamedFile, readNamedFile } from "../../restore/key-file.ts";
import type { Rescue } from "../rescue.ts";

const [MOST_MS, CALM_MS, LOOK_EVERY_MS] = [60_000, 8000, 500];

/**
 * The content of a file that a boot word names (`readNamedFile`). A stick shows seconds after its driver was loaded: it
 * is waited for until no device has come for 8 s, and no longer than 60 s. No restore writes to it from then on. Throws
 * what `readNamedFile` does.
 */
export async function readFromStick(
  { host, modules, sticks }: Pick<Rescue, "host" | "modules" | "sticks">,
  named: NamedFile,
): Promise<Uint8Array> {
  const found = (device: string) => sticks.add(device);
  const began = host.nowMs();
  for (;;) {
    try {
      return await readNamedFile(host, { ...named, found }, []);
    } catch (error) {
      const waited = host.nowMs() - began;
      const isCalm = Math.min(waited, modules.quietMs()) >= CALM_MS;
      if (!(error instanceof MondoError) || error.code !== "not-found" || isCalm || waited >= MOST_MS) throw error;
    }
    await host.sleep(LOOK_EVERY_MS);
  }
}
