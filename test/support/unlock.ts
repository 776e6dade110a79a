import type { Machine } from "./qemu.ts";

/**
 * Types the pass phrase that a guest's initramfs asks for on the serial console; returns at once for a guest that asks
 * nothing.
 */
export async function unlock(vm: Machine, passPhrase: string | undefined): Promise<void> {
  if (passPhrase === undefined) return;
  await vm.expect(/Please unlock disk [^\n]*: ?/, 600_000);
  await Bun.sleep(1000);
  vm.serial.send(`${passPhrase}\r`);
}
