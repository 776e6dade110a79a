import { architecture } from "../base/architecture.ts";

/**
 * By processor: numbers of system calls that libc has no name for, or that glibc 2.28, the oldest we run on, hasn't.
 * Source: arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h.
 */
export const callNumbersOf = {
  x86_64: {
    syslog: 103,
    initModule: 175,
    getdents64: 217,
    mknodat: 259,
    finitModule: 313,
    memfdCreate: 319,
    kexecFileLoad: 320,
    openTree: 428,
  },
  aarch64: {
    syslog: 116,
    initModule: 105,
    getdents64: 61,
    mknodat: 33,
    finitModule: 273,
    memfdCreate: 279,
    kexecFileLoad: 294,
    openTree: 428,
  },
} as const;

/** Numbers of system calls on this processor. */
export const callNumbers = callNumbersOf[architecture.machine];
