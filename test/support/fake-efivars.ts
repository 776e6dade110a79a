import { type EfiLoadOptionParts, encodeEfiLoadOption } from "../../src/formats/boot/efi-load-option.ts";
import type { Host } from "../../src/host/host.ts";

const GUID = "8be4df61-93ca-11d2-aa0d-00e098032b8c";
const EFIVARS = "/sys/firmware/efi/efivars";

/** A boot option of the firmware's own: a label and an empty path. */
export function plainOption(label: string): Uint8Array {
  const text = [...label].flatMap((char) => [char.charCodeAt(0), 0]);
  return new Uint8Array([1, 0, 0, 0, 4, 0, ...text, 0, 0, 0x7f, 0xff, 4, 0]);
}

/** A boot option that starts a file. */
export function fileOption(parts: Partial<EfiLoadOptionParts> & { readonly partitionUuid: string }): Uint8Array {
  return encodeEfiLoadOption({ label: "debian", attributes: 1, partition: 1, firstSector: 2048, sectors: 8, ...parts });
}

/** A firmware's boot menu, as efivarfs shows it. */
export class FakeEfivars {
  readonly files = new Map<string, Uint8Array>();

  constructor(entries: Readonly<Record<string, Uint8Array>>, order: readonly number[]) {
    this.files.set("BootOrder", Uint8Array.from(order.flatMap((number) => [number & 255, number >> 8])));
    for (const [number, bytes] of Object.entries(entries)) this.files.set(`Boot${number}`, bytes);
  }

  get order(): number[] {
    const bytes = this.files.get("BootOrder") ?? new Uint8Array(0);
    return [...new Uint16Array(Uint8Array.from(bytes).buffer)];
  }

  /** The variables as facts of a machine. */
  get facts(): { name: string; base64: string }[] {
    return [...this.files].map(([name, bytes]) => {
      return { name, base64: Buffer.from([7, 0, 0, 0, ...bytes]).toString("base64") };
    });
  }

  get host(): Host {
    const name = (path: string) => path.slice(`${EFIVARS}/`.length, -GUID.length - 1);
    return {
      list: () => [...this.files.keys()].map((key) => `${key}-${GUID}`),
      exists: (path: string) => this.files.has(name(path)),
      read: (path: string) => Uint8Array.from([7, 0, 0, 0, ...(this.files.get(name(path)) ?? [])]),
      realPath: (path: string) => path,
      tryReadText: () => undefined,
      poke: (path: string, data: Uint8Array) => void this.files.set(name(path), data.subarray(4)),
    } as unknown as Host;
  }
}
