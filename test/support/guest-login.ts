import type { Machine } from "./qemu.ts";

const LOGIN_MS = 300_000;

/** Logs in at the serial console of a guest, and types a command there. */
export async function typeAt(vm: Machine, command: string): Promise<void> {
  await vm.expect(/login: /, LOGIN_MS);
  vm.serial.send("root\r");
  await vm.expect(/Password: /, LOGIN_MS);
  await Bun.sleep(500);
  vm.serial.send("mondo\r");
  await vm.expect(/[#$] /, LOGIN_MS);
  await Bun.sleep(500);
  vm.serial.send(`${command}\r`);
}
