/** Filled in by build.ts: what the executable was built for. */
declare const MONDO_ARCHITECTURE: string | undefined;

/** What differs between the processors that this program is built for. */
export interface Architecture {
  /** As uname(1), RPM and pacman name it. */
  readonly machine: "x86_64" | "aarch64";
  /** As Debian's packages name it. */
  readonly debian: "amd64" | "arm64";
  /** `e_machine` of its programs. Source: System V ABI, supplements for each processor. */
  readonly elf: 62 | 183;
  /** The dynamic loader of the C library. */
  readonly interpreter: string;
  /** In names of EFI programs (`grubx64.efi`). Source: UEFI specification 2.10, 3.5.1.1. */
  readonly efi: "x64" | "aa64";
  /** GRUB's platform for UEFI. */
  readonly grub: "x86_64-efi" | "arm64-efi";
  /** Whether such machines may start by BIOS. */
  readonly bios: boolean;
  /** First serial ports by the names of their drivers; the kernel prefers the last one that is there as its console. */
  readonly serial: readonly string[];
}

/** Every one, by the name that the runtime has for it. */
export const architectures = {
  x64: {
    machine: "x86_64",
    debian: "amd64",
    elf: 62,
    interpreter: "ld-linux-x86-64.so.2",
    efi: "x64",
    grub: "x86_64-efi",
    bios: true,
    serial: ["ttyS0"],
  },
  arm64: {
    machine: "aarch64",
    debian: "arm64",
    elf: 183,
    interpreter: "ld-linux-aarch64.so.1",
    efi: "aa64",
    grub: "arm64-efi",
    bios: false,
    serial: ["ttyS0", "ttyAMA0"],
  },
} as const satisfies Readonly<Record<string, Architecture>>;

/** The one that this program was built for; x86-64 when it runs from source. */
export const architecture: Architecture =
  typeof MONDO_ARCHITECTURE === "string" && MONDO_ARCHITECTURE === "arm64" ? architectures.arm64 : architectures.x64;
