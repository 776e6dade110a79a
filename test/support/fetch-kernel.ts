import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { executable } from "./mondo.ts";
import { run } from "./shell.ts";

/** Fetches the kernel that `-k FAILSAFE` takes where there is no network, as in User-Mode Linux. */
export async function fetchKernel(): Promise<void> {
  const image = mkdtempSync(join(tmpdir(), "mondo-image-"));
  await run([executable, "image", "-d", image, "-k", "FAILSAFE"]);
  rmSync(image, { recursive: true });
}
