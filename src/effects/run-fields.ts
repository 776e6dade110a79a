/** Identifies a secret without holding it: `luks:UUID`. */
export type SecretId = string;

/** A command, run without a shell. */
export interface RunFields {
  readonly argv: readonly string[];
  /**
   * Every device that it writes to (a disk stands for its partitions, too), and files of the restored system. Empty for
   * a command that writes to neither. A device that only `argv` or `input` names is refused.
   */
  readonly writes: readonly string[];
  /** Devices and files that it only reads or names. Default: none. */
  readonly reads?: readonly string[];
  /** Text for standard input. Default: none. */
  readonly input?: string;
  /** Secret for standard input, in place of `input`: known only while the plan is carried out. */
  readonly secret?: SecretId;
  /** Inside the restored system (with /proc, /sys, /dev, /run bound). */
  readonly chroot?: boolean;
  /** What /proc/cmdline says inside the restored system. Default: what the running kernel was started with. */
  readonly commandLine?: string;
  /**
   * Files of the restored system, and directories whose boot menus, that are afterwards what they were before,
   * whatever the command does to them. Default: none.
   */
  readonly keeps?: readonly string[];
  readonly timeoutMs?: number;
  /** Exit codes that count as success. Default: `[0]`. */
  readonly accept?: readonly number[];
  /** The restore goes on if it fails; the failure is reported at the end. */
  readonly optional?: boolean;
}
