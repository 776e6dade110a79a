import { bytesOfText } from "../../base/bytes.ts";
import type { Effect } from "../../effects/effect.ts";
import { decodeSwapHeader, SWAP_LABEL_OFFSET, SWAP_UUID_OFFSET } from "../../formats/fs/swap-header.ts";
import type { Swap } from "../../layout/types.ts";
import type { SwapDriver } from "../contracts.ts";

const FIELD_BYTES = 16;
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

const field = (bytes: Uint8Array) => {
  const padded = Buffer.alloc(FIELD_BYTES);
  padded.set(bytes.subarray(0, FIELD_BYTES));
  return padded.toString("base64");
};

/** mkswap draws a UUID when it is given none, and its word for "none" is of 2023. */
function make(swap: Swap, path: string): Effect[] {
  const { uuid, label } = swap;
  const noUuid = field(new Uint8Array(0));
  const odd = label !== undefined && !label.isWellFormed();
  return [
    { do: "run", argv: makeCommand(odd ? { ...swap, label: "x" } : swap, path), writes: [path] },
    ...(uuid === undefined ? [{ do: "writeAt", path, offset: SWAP_UUID_OFFSET, base64: noUuid } as const] : []),
    ...(odd ? [{ do: "writeAt", path, offset: SWAP_LABEL_OFFSET, base64: field(bytesOfText(label)) } as const] : []),
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
  make,
};
