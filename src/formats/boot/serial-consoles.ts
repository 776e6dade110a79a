/** A serial port that a kernel's command line makes a console. */
export interface SerialConsole {
  /** `ttyS0` */
  readonly port: string;
  /** Number of a ttyS port; undefined for others. */
  readonly unit?: number;
  /** Baud. */
  readonly speed: number;
  /** The word, as it was: `console=ttyS0,9600n8`. */
  readonly word: string;
}

/** What a console without options has. Source: Linux, drivers/tty/serial/8250/8250_core.c. */
const KERNEL_SPEED = 9600;
const WORD = /^console=((?:ttyS|ttyAMA|ttyUSB|hvc|ttysclp)(\d{1,2}))(?:,(\d{2,7})(?:[noe][5-8]?r?)?)?$/;

/**
 * The serial consoles of a command line, in its order, each port once, as it is named last. Source: Linux,
 * Documentation/admin-guide/serial-console.rst.
 */
export function serialConsoles(line: string): SerialConsole[] {
  const found = new Map<string, SerialConsole>();
  for (const word of line.split(/\s+/)) {
    const [, port, number, speed] = WORD.exec(word) ?? [];
    if (port === undefined) continue;
    const unit = /^ttyS\d/.test(port) ? { unit: Number(number) } : {};
    found.delete(port);
    found.set(port, { port, ...unit, speed: speed === undefined ? KERNEL_SPEED : Number(speed), word });
  }
  return [...found.values()];
}
