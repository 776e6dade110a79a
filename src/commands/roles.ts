import { FREEZE_TASK, runFreezeTask } from "../backup/snapshot/freeze-task.ts";
import { runViewTask, VIEW_TASK } from "../backup/snapshot/view-task.ts";
import { msg } from "../base/message.ts";
import { linuxHost } from "../host/linux.ts";
import { writeError, writeOutput } from "../host/standard-streams.ts";
import { DEVICE_LINKS_TASK, makeDeviceLinks } from "../init/devices/device-links.ts";
import { readIdentity } from "../init/image-identity.ts";
import { runInit } from "../init/init.ts";
import { moduleWishesOf } from "../init/module-wishes.ts";
import { isPowerRequest, requestPower } from "../init/pid1/power-command.ts";
import { readBootOptions } from "../init/words/boot-options.ts";
import { runModprobe } from "../modules/modprobe-command.ts";
import { RESOLVE_TASK, runResolveTask } from "../network/resolve-server.ts";
import { restoreModes } from "../restore/restore-modes.ts";
import { MOUNT_TASK, runMountTask } from "../shares/mount-in-child.ts";
import { REMOTE_TASK } from "../shares/remote/attach-remote.ts";
import { runRemoteTask } from "../shares/remote/remote-task.ts";
import { ASK_PASS_NAME, SECRET_FILE } from "../shares/ssh/ssh-command.ts";
import { runTapeTask, TAPE_TASK } from "../tapes/tape-task.ts";

/** How the executable was started. */
export interface Start {
  /** The name that it was started by, without directories. */
  readonly called: string;
  readonly words: readonly string[];
  readonly isPid1: boolean;
}

/** Something the executable does for the system or for itself; not a command for users. */
export interface Role {
  readonly name: string;
  /** What it does, as a phrase. */
  readonly does: string;
  /** Whether the executable was started for this. */
  isMeant(start: Start): boolean;
  /** Returns the exit status. */
  run(start: Start): Promise<number> | number;
}

/**
 * A child of this program, started with the role's name as its first word. PID 1 gets unknown boot words as arguments.
 */
const task = (name: string, does: string, run: (words: readonly string[]) => Promise<void>): Role => ({
  name,
  does,
  isMeant: ({ words, isPid1 }) => words[0] === name && !isPid1,
  async run({ words }) {
    await run(words.slice(1));
    return 0;
  },
});

function modprobe({ words }: Start): Promise<number> {
  const host = linuxHost();
  const wishes = moduleWishesOf(readBootOptions(host), readIdentity(host));
  return runModprobe(host, words, wishes, (text) => writeError(`${text}\n`));
}

/** Every role; the first match runs. Tasks come first: in the rescue system they, too, are started as `/init`. */
export const roles: readonly Role[] = [
  task(RESOLVE_TASK, msg`resolves a name, which may hang`, async ([name = ""]) =>
    writeOutput(await runResolveTask(linuxHost(), name)),
  ),
  task(MOUNT_TASK, msg`mounts a share, which may hang`, async () => writeOutput(await runMountTask(linuxHost()))),
  task(DEVICE_LINKS_TASK, msg`updates the links in /dev/disk`, () => makeDeviceLinks(linuxHost())),
  task(VIEW_TASK, msg`mounts snapshots where nobody else sees them`, () => runViewTask(linuxHost())),
  task(FREEZE_TASK, msg`holds those who write while snapshots are made`, () => runFreezeTask(linuxHost())),
  task(TAPE_TASK, msg`serves the set on tapes as a FUSE file system`, ([target = ""]) =>
    runTapeTask(linuxHost(), target),
  ),
  task(REMOTE_TASK, msg`serves a remote directory as a FUSE file system`, ([target = ""]) =>
    runRemoteTask(linuxHost(), target),
  ),
  {
    name: ASK_PASS_NAME,
    does: msg`gives ssh the password that was typed`,
    isMeant: ({ called }) => called === ASK_PASS_NAME,
    run() {
      const host = linuxHost();
      writeOutput(host.readText(host.env[SECRET_FILE] ?? ""));
      return 0;
    },
  },
  {
    name: "init",
    does: msg`is PID 1 of the rescue system, and the worker that PID 1 starts`,
    isMeant: ({ called, isPid1 }) => called === "init" || isPid1,
    run: () => runInit(restoreModes),
  },
  {
    name: "reboot, poweroff, halt",
    does: msg`asks PID 1 of the rescue system to stop the machine`,
    isMeant: ({ called }) => isPowerRequest(called),
    run: ({ called }) => (isPowerRequest(called) && requestPower(called) ? 0 : 1),
  },
  {
    name: "modprobe",
    does: msg`loads a kernel module, for the kernel and in the shell of the rescue system`,
    isMeant: ({ called }) => called === "modprobe",
    run: modprobe,
  },
];
