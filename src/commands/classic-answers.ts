import { msg } from "../base/message.ts";

/** What an option of Mondo was for, and what does the same today: of those that a command does not have. */
export interface ClassicAnswer {
  /** What it did, as a noun. */
  readonly was: string;
  /** What to do now, as sentences. */
  readonly now: string;
}

/** By command and spelling. An option that a command learns answers for itself: this is asked about unknown ones. */
const answers: Readonly<Record<string, Readonly<Record<string, ClassicAnswer>>>> = {
  archive: {
    "-P": {
      was: msg`a tarball that runs after a restore`,
      now: msg`Put a program into /etc/mondo/hooks.d, named like 50-name: the backup takes it along, and a restore calls it at its end, with the word after-restore.`,
    },
  },
  restore: {
    "--live-grub": { was: msg`installing GRUB alone`, now: msg`Use --mbr, or --loader-only: both do that.` },
    "--stop-lvm-and-raid": { was: msg`stopping volumes`, now: msg`A restore stops what is in its way by itself.` },
    "-t": {
      was: msg`a tape to restore from`,
      now: msg`The rescue system restores from it, with the boot word mondo.source=tape:; here, name an ISO, a directory or a stream with --from.`,
    },
    "-u": { was: msg`a stream to restore from`, now: msg`Name it with --from.` },
    "-U": {
      was: msg`a USB disk to restore from`,
      now: msg`The rescue system finds sticks by itself; here, mount it, and name its directory with --from.`,
    },
  },
  image: {
    "--custom": {
      was: msg`what mondoarchive called`,
      now: msg`"mondo archive" builds its rescue system itself; leave the words out.`,
    },
    "--max-compressed-size": { was: msg`the size of floppies`, now: msg`There are none: leave it out.` },
  },
};

/** The answer to an option that `command` does not have, if Mondo had it. */
export function classicAnswer(command: string, spelling: string): ClassicAnswer | undefined {
  const known = Object.hasOwn(answers, command) ? answers[command] : undefined;
  return known && Object.hasOwn(known, spelling) ? known[spelling] : undefined;
}
