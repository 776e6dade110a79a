import { TapeDevice, type TapeOperation, type TapePort, type TapeRead, type TapeStatus } from "../../host/tape.ts";
import { type Job, Pool, type Work } from "../pool.ts";

/** One call of a drive. */
type TapeTask =
  | { readonly call: "open"; readonly access: "read" | "write" }
  | { readonly call: "close" | "status" }
  | { readonly call: "do"; readonly operation: TapeOperation; readonly count: number }
  | { readonly call: "read"; readonly recordBytes: number; readonly count: number }
  | { readonly call: "write"; readonly bytes: Uint8Array; readonly recordBytes: number };

type TapeResult = number | TapeStatus | TapeRead | { readonly written: number; readonly error: number };

/** Name of the Worker's job. */
const TAPE_JOB = "archive-tape";

/** What the Worker of a drive does: one call after the other. */
export const tapeWork: Work<string, TapeTask, TapeResult> = (path): Job<TapeTask, TapeResult> => {
  const device = new TapeDevice(path);
  const run = (task: TapeTask): TapeResult => {
    if (task.call === "open") return device.open(task.access);
    if (task.call === "do") return device.do(task.operation, task.count);
    if (task.call === "read") return device.read(task.recordBytes, task.count);
    if (task.call === "write") return device.write(task.bytes, task.recordBytes);
    if (task.call === "status") return device.status();
    device.close();
    return 0;
  };
  return { run: (task) => ({ result: run(task) }), close: () => device.close() };
};

/** A drive whose calls block a Worker of its own. `end` when it is not needed any more. */
export function openTapeThread(path: string): TapePort & { end(): Promise<void> } {
  const pool = new Pool<string, TapeTask, TapeResult>(TAPE_JOB, path, 1, tapeWork);
  return {
    open: (access) => pool.run({ call: "open", access }) as Promise<number>,
    close: async () => void (await pool.run({ call: "close" })),
    do: (operation, count) => pool.run({ call: "do", operation, count }) as Promise<number>,
    status: () => pool.run({ call: "status" }) as Promise<TapeStatus | number>,
    read: (recordBytes, count) => pool.run({ call: "read", recordBytes, count }) as Promise<TapeRead>,
    write: (bytes, recordBytes) =>
      pool.run({ call: "write", bytes, recordBytes }) as Promise<{ written: number; error: number }>,
    end: () => pool.close(),
  };
}
