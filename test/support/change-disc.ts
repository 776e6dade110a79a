import type { Machine } from "./qemu.ts";

/**
 * Takes the disc out of the drive and puts another one in, as a hand would. A guest that has locked the tray is asked
 * again.
 */
export async function changeDisc(vm: Machine, filename: string): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      await vm.qmp.execute("blockdev-change-medium", { device: "cd", filename, format: "raw" });
      return;
    } catch (error) {
      if (tries === 5) throw error;
      await Bun.sleep(3000);
    }
  }
}
