import { msg } from "../../base/message.ts";

/** What the exit status says. */
export const exitStatuses: readonly (readonly [number, string])[] = [
  [0, msg`done`],
  [1, msg`failed`],
  [2, msg`the command line is wrong, or the command must be run as root`],
  [
    3,
    msg`done, with problems that were listed: files that could not be saved or restored as they were, hooks, a snapshot that got full`,
  ],
  [4, msg`differences were found`],
  [10, msg`refused; nothing was changed`],
  [130, msg`interrupted by Ctrl-C (129 by the end of its terminal, 143 by a request to end)`],
];
