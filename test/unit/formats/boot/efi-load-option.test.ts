import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeEfiLoadOption, encodeEfiLoadOption } from "../../../../src/formats/boot/efi-load-option.ts";

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
    attributes: 1,
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

const parts = {
  label: "Arch \ud800 Linux",
  attributes: 0,
  partition: 1,
  firstSector: 2048,
  sectors: 409600,
  file: "\\EFI\\arch\\vmlinuz-linux.efi",
  data: Uint8Array.from([0x72, 0, 0x6f, 0, 0xff, 0]),
};

test("encodeEfiLoadOption() writes what decodeEfiLoadOption() reads: data, attributes, either kind of table", () => {
  for (const partitionUuid of ["6D6F2001-646E-4000-8000-000000000011", "6d6f6e03-01"]) {
    const { label, attributes, file, data } = parts;
    const found = decodeEfiLoadOption(encodeEfiLoadOption({ ...parts, partitionUuid }));
    assert.equal(found, { label, active: false, attributes, partitionUuid, file, data });
  }
});

test("encodeEfiLoadOption() writes the same bytes as efibootmgr, and a partition without a file", () => {
  const written = option("debian", guid, "\\EFI\\debian\\shimx64.efi");
  const partitionUuid = "6D6F2001-646E-4000-8000-000000000011";
  const place = { partition: 1, firstSector: 0, sectors: 0, partitionUuid };
  const file = "\\EFI\\debian\\shimx64.efi";
  assert.equal(encodeEfiLoadOption({ ...place, label: "debian", attributes: 1, file }), written);
  const bare = decodeEfiLoadOption(encodeEfiLoadOption({ ...place, label: "UEFI OS", attributes: 9 }));
  assert.equal(bare, { label: "UEFI OS", active: true, attributes: 9, partitionUuid });
});

test.run();
