import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeEfiLoadOption } from "../../../../src/formats/boot/efi-load-option.ts";

// As efibootmgr 17 wrote it: -d /dev/vda -p 1 -L debian -l '\EFI\debian\shimx64.efi'.
function option(label: string, guid: readonly number[], file: string): Uint8Array {
  const utf16 = (text: string) => [...`${text}\0`].flatMap((char) => [char.charCodeAt(0), 0]);
  const drive = [4, 1, 42, 0, 1, 0, 0, 0, ...new Array(16).fill(0), ...guid, 2, 2];
  const name = utf16(file);
  const node = [4, 4, (name.length + 4) & 0xff, (name.length + 4) >> 8, ...name];
  const path = [...drive, ...node, 0x7f, 0xff, 4, 0];
  return Uint8Array.from([1, 0, 0, 0, path.length & 0xff, path.length >> 8, ...utf16(label), ...path]);
}

const guid = [0x01, 0x20, 0x6f, 0x6d, 0x6e, 0x64, 0x00, 0x40, 0x80, 0, 0, 0, 0, 0, 0, 0x11];

test("decodeEfiLoadOption() gives label, partition and file", () => {
  assert.equal(decodeEfiLoadOption(option("debian", guid, "\\EFI\\debian\\shimx64.efi")), {
    label: "debian",
    active: true,
    partitionUuid: "6D6F2001-646E-4000-8000-000000000011",
    file: "\\EFI\\debian\\shimx64.efi",
  });
});

test("decodeEfiLoadOption() of a cut or random variable is undefined or harmless", () => {
  const whole = option("debian", guid, "\\EFI\\x.efi");
  for (let length = 0; length < whole.byteLength; length++) decodeEfiLoadOption(whole.subarray(0, length));
  for (let round = 0; round < 300; round++) decodeEfiLoadOption(crypto.getRandomValues(new Uint8Array(200)));
  assert.is(decodeEfiLoadOption(whole.subarray(0, 20)), undefined);
});

test.run();
