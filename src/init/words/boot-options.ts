import type { Host } from "../../host/host.ts";
import type { BootWordTable, WordValues } from "./boot-word.ts";
import { allWords, type BootWords, bootWords } from "./boot-words.ts";
import { type CardOptions, cardOptions } from "./card-words.ts";
import { type KernelWords, kernelWords } from "./kernel-words.ts";
import { chooseMode, type ModeOptions } from "./mode-words.ts";
import { type PlaceOptions, placeOptions } from "./place-words.ts";
import type { rescueWords } from "./rescue-words.ts";
import { misspelt, sortWords, splitCommandLine, valuesOf } from "./sort-words.ts";

/** What the words about the network ask for. */
export type NetworkOptions = PlaceOptions & CardOptions & Pick<KernelWords, "bootMac">;

/** The meaning of the kernel command line: the options of the tables, the mode, and the network. */
export type BootOptions<Rescue extends BootWordTable = typeof rescueWords> = WordValues<Rescue> &
  ModeOptions &
  Omit<KernelWords, "bootMac"> & {
    readonly network: NetworkOptions;
    /** Our words that are invalid or contradict each other, one sentence each. */
    readonly complaints: readonly string[];
    /** Names of words, without their values, that nobody understands: one may be the wish to keep something. */
    readonly misunderstood: readonly string[];
  };

/** Pure: the meaning of a command line, according to tables of words. */
export function understand<Rescue extends BootWordTable>(line: string, words: BootWords<Rescue>): BootOptions<Rescue> {
  const known = allWords(words);
  const sorted = sortWords(splitCommandLine(line), known);
  const unclear = misspelt(sorted.others, known);
  const complain = (text: string) => void unclear.push(text);
  const ignored: string[] = [];
  const ignore = (text: string) => void ignored.push(text);
  const { bootMac, ...kernel } = kernelWords(sorted.others);
  const network = {
    ...placeOptions(valuesOf(words.places, sorted, complain), ignore),
    ...cardOptions(valuesOf(words.cards, sorted, complain)),
    ...(bootMac === undefined ? {} : { bootMac }),
  };
  return {
    ...valuesOf(words.rescue, sorted, complain),
    ...chooseMode(Object.values(valuesOf(words.modes, sorted, complain)), ignore),
    ...kernel,
    network,
    complaints: [...unclear, ...ignored],
    misunderstood: unclear.map((text) => text.replace(/[=:].*$/s, "")),
  };
}

/** Pure: the meaning of a command line. Words of the kernel and old words of Mondo are ignored. */
export const parseBootOptions = (line: string): BootOptions => understand(line, bootWords);

/** The meaning of the command line that the running kernel was started with. */
export const readBootOptions = (host: Host): BootOptions => parseBootOptions(host.tryReadText("/proc/cmdline") ?? "");
