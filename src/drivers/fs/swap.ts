import { decodeSwapHeader } from "../../formats/fs/swap-header.ts";
import type { Swap } from "../../layout/types.ts";
import type { SwapDriver } from "../contracts.ts";

const NO_UUID = "00000000-0000-0000-0000-000000000000";

function makeCommand(swap: Swap, device: string): string[] {
  return [
    "mkswap",
    "-f",
    ...(swap.uuid === undefined ? [] : ["-U", swap.uuid]),
    ...(swap.label === undefined ? [] : ["-L", swap.label]),
    device,
  ];
}

/** Linux swap areas, version 1. */
export const swapDriver: SwapDriver = {
  needs: { tools: ["mkswap"], optionalTools: ["swapon", "swapoff", "swaplabel"], modules: [] },
  recognise(read) {
    const head = decodeSwapHeader(read);
    if (!head) return undefined;
    return {
      ...(head.uuid === NO_UUID ? {} : { uuid: head.uuid }),
      ...(head.label === "" ? {} : { label: head.label }),
      sizeBytes: head.sizeBytes,
    };
  },
  make: (swap, device) => [{ do: "run", argv: makeCommand(swap, device), writes: [device] }],
};
