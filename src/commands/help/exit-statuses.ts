/** What the exit status says. */
export const exitStatuses: readonly (readonly [number, string])[] = [
  [0, "done"],
  [1, "failed"],
  [2, "the command line is wrong, or the command must be run as root"],
  [3, "done, but some files could not be saved or restored as they were; they were listed"],
  [4, "differences were found"],
  [10, "refused; nothing was changed"],
  [130, "interrupted by Ctrl-C (129 by the end of its terminal, 143 by a request to end)"],
];
