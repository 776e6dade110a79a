import * as v from "valibot";
import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { freezeNow } from "../../host/freeze.ts";
import type { Host } from "../../host/host.ts";
import { answerLines } from "../../host/line-child.ts";

/** First word of this program when it is started as the child that holds all who write. */
export const FREEZE_TASK = "freeze-task";

const question = v.variant("do", [
  v.object({
    do: v.literal("freeze"),
    paths: v.array(v.pipe(v.string(), v.startsWith("/"))),
    /** After so long all go on, whatever the parent does. */
    mostMs: v.pipe(v.number(), v.minValue(1), v.maxValue(60_000)),
  }),
  v.object({ do: v.literal("thaw") }),
]);

/** What the child is asked. */
export type FreezeQuestion = v.InferInput<typeof question>;

/** What the child answers to `thaw`. */
export interface Thawed {
  /** Whether all were held until then. */
  readonly wasHeld: boolean;
}

/**
 * The child's work. Who writes to a frozen file system can't be killed, so no crash may leave one: what is frozen is
 * thawed on request, after a time, and when the parent is gone.
 */
export async function runFreezeTask(host: Host): Promise<void> {
  const frozen: (() => void)[] = [];
  let cancel = () => {};
  const thaw = (): boolean => {
    cancel();
    const wasHeld = frozen.length > 0;
    for (const goOn of frozen.splice(0).reverse()) goOn();
    return wasHeld;
  };
  const freeze = (paths: readonly string[], mostMs: number) => {
    const end = host.nowMs() + mostMs;
    try {
      for (const path of paths) {
        if (host.nowMs() > end) throw new MondoError("system", msg`${path}: it takes longer than ${mostMs / 1000} s`);
        frozen.push(freezeNow(path));
      }
    } catch (error) {
      thaw();
      throw new MondoError("system", msg`the file systems can't be held: ${messageOf(error)}`, { cause: error });
    }
    cancel = host.after(mostMs, () => void thaw());
  };
  try {
    await answerLines((asked) => {
      const wish = v.parse(question, asked);
      if (wish.do === "thaw") return { wasHeld: thaw() } satisfies Thawed;
      freeze(wish.paths, wish.mostMs);
      return {};
    });
  } finally {
    thaw();
  }
}
