import { ptr } from "bun:ffi";
import { viewOf } from "../base/bytes.ts";
import { c, closeFd, errno, ioctl, OpenFlag, openPath } from "./syscalls.ts";

const TCGETS = 0x5401;
const TCSETS = 0x5402;
const TIOCGWINSZ = 0x5413;
/** Bytes of the kernel's struct termios: four flag words, the line discipline and 19 control characters. */
const TERMIOS_BYTES = 36;
const EAGAIN = 11;
const EINTR = 4;
/** Flags that keep keys from us. Source: asm-generic/termbits.h. */
const LocalFlag = { signals: 0o1, canonical: 0o2, echo: 0o10, extended: 0o100000 } as const;
const InputFlag = { returnToNewline: 0o400, flowControl: 0o2000 | 0o4000 } as const;

/** A terminal that never blocks. */
export interface TerminalDevice {
  readonly path: string;
  readonly columns: number;
  /** As it is now; 24 rows of 80 columns where the terminal does not know, as on a serial line. */
  size(): { readonly columns: number; readonly rows: number };
  /** Number of bytes written: fewer than given, or 0, when the line is full or held up; `gone` after a hang-up. */
  write(bytes: Uint8Array): number | "gone";
  /** What was typed since the last call. */
  read(): Uint8Array;
  /** From now on keys arrive one by one, without echo, ^C included. */
  raw(): void;
  /** Back to the settings before. */
  restore(): void;
  close(): void;
}

function settingsOf(fd: number): Uint8Array | undefined {
  const settings = new Uint8Array(TERMIOS_BYTES);
  return ioctl(fd, TCGETS, settings) < 0 ? undefined : settings;
}

/** The same settings without line editing, echo, signals, flow control and CR → LF; output processing stays. */
function rawSettings(found: Uint8Array): Uint8Array {
  const raw = found.slice();
  const view = viewOf(raw);
  const local = LocalFlag.signals | LocalFlag.canonical | LocalFlag.echo | LocalFlag.extended;
  view.setUint32(0, view.getUint32(0, true) & ~(InputFlag.flowControl | InputFlag.returnToNewline), true);
  view.setUint32(12, view.getUint32(12, true) & ~local, true);
  return raw;
}

function sizeOf(fd: number): { columns: number; rows: number } {
  const size = new Uint8Array(8);
  const isKnown = ioctl(fd, TIOCGWINSZ, size) >= 0;
  const at = (offset: number) => (isKnown ? viewOf(size).getUint16(offset, true) : 0);
  return { rows: at(0) || 24, columns: at(2) || 80 };
}

/** Opens a terminal, not as our controlling one. Throws when it isn't there. */
export function openTerminal(path: string): TerminalDevice {
  const fd = openPath(path, OpenFlag.readWrite | OpenFlag.noCtty | OpenFlag.nonBlock);
  const found = settingsOf(fd);
  const buffer = new Uint8Array(256);
  return {
    path,
    columns: sizeOf(fd).columns,
    size: () => sizeOf(fd),
    write(bytes) {
      if (bytes.byteLength === 0) return 0;
      const written = Number(c.write(fd, ptr(bytes), bytes.byteLength));
      if (written >= 0) return written;
      const failure = errno();
      return failure === EAGAIN || failure === EINTR ? 0 : "gone";
    },
    read() {
      const count = Number(c.read(fd, ptr(buffer), buffer.byteLength));
      return count > 0 ? buffer.slice(0, count) : new Uint8Array(0);
    },
    raw() {
      if (found) ioctl(fd, TCSETS, rawSettings(found));
    },
    restore() {
      if (found) ioctl(fd, TCSETS, found);
    },
    close: () => closeFd(fd),
  };
}
