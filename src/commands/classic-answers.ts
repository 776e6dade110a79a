import { msg } from "../base/message.ts";

/** What an option of Mondo was for, and what does the same today: of those that a command does not have. */
export interface ClassicAnswer {
  /** What it did, as a noun. */
  readonly was: string;
  /** What to do now, as sentences. */
  readonly now: string;
}

/** Where the boot loader, and whatever else a person wants to mend, is within reach. */
const BY_HAND = msg`Boot the medium, choose expert, start the volumes with "mondorestore --activate", mount the system below /mnt and work there.`;

/** By command and spelling. An option that a command learns answers for itself: this is asked about unknown ones. */
const answers: Readonly<Record<string, Readonly<Record<string, ClassicAnswer>>>> = {
  archive: {
    "-P": {
      was: msg`a tarball that runs after a restore`,
      now: msg`Nothing is run after a restore yet: keep the script in the backup, and start it in the restored system.`,
    },
  },
  restore: {
    "--live-grub": { was: msg`installing GRUB alone`, now: BY_HAND },
    "--stop-lvm-and-raid": { was: msg`stopping volumes`, now: msg`A restore stops what is in its way by itself.` },
    "-t": { was: msg`a tape to restore from`, now: msg`Name an ISO, a directory or a stream with --from.` },
    "-u": { was: msg`a stream to restore from`, now: msg`Name it with --from.` },
    "-U": { was: msg`a USB disk to restore from`, now: msg`Mount it, and name its directory with --from.` },
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
