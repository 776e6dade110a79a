import { isFault, MondoError, messageOf, traceOf } from "../base/errors.ts";
import { eventTurn } from "../host/event-turn.ts";
import { startThread, type Thread, threadSide } from "../host/threads.ts";

/** One task done: its result, and the memory that goes along without a copy. */
export interface Done<Out> {
  readonly result: Out;
  readonly transfer?: readonly ArrayBuffer[];
}

/**
 * Something that does one task at a time. Its descriptors belong to the whole process: a Worker that ends does not
 * close them.
 */
export interface Job<In, Out> {
  run(task: In): Done<Out>;
  close(): void;
}

/** What a Worker does, made from its start-up data. */
export type Work<Data, In, Out> = (data: Data) => Job<In, Out>;

type Call<In> = { readonly id: number; readonly task: In } | { readonly id: number; readonly close: true };

type Reply<Out> = { readonly id: number; readonly result: Out } | { readonly id: number; readonly error: Failure };

/** An error on its way between threads; `trace` only of a fault. */
interface Failure {
  readonly code?: string;
  readonly message: string;
  readonly trace?: string;
}

/** The inside of a pool's Worker: takes tasks until the pool is closed. */
export function serveTasks<Data, In, Out>(work: Work<Data, In, Out>): void {
  const side = threadSide<Call<In>, Reply<Out>>();
  const job = work(side.data as Data);
  side.onMessage((call) => {
    const { id } = call;
    try {
      if ("close" in call) {
        job.close();
        side.post({ id, error: { message: "closed" } });
        return;
      }
      const { result, transfer } = job.run(call.task);
      side.post({ id, result }, transfer);
    } catch (error) {
      const code = error instanceof MondoError ? { code: error.code } : {};
      const trace = isFault(error) ? { trace: traceOf(error) } : {};
      side.post({ id, error: { ...code, ...trace, message: messageOf(error) } });
    }
  });
}

interface Waiting<Out> {
  readonly resolve: (result: Out) => void;
  readonly reject: (error: unknown) => void;
}

interface Member<In, Out> {
  readonly thread: Thread<Call<In>, Reply<Out>>;
  readonly waiting: Map<number, Waiting<Out>>;
  failure?: Error;
}

function revived(error: Failure): Error {
  if (error.trace !== undefined) return Object.assign(new Error(error.message), { stack: error.trace });
  return new MondoError((error.code ?? "bug") as MondoError["code"], error.message);
}

/** A rejection that nobody awaits yet must not count as unhandled: it is awaited when its turn comes. */
function observed<Out>(result: Promise<Out>): Promise<Out> {
  result.catch(() => {});
  return result;
}

/**
 * Workers that share tasks. Whoever uses it bounds the tasks under way (`window`) by awaiting the oldest first. With no
 * threads the work is done by the caller's thread.
 */
export class Pool<Data, In, Out> {
  readonly window: number;
  readonly #members: Member<In, Out>[] = [];
  readonly #inline: Job<In, Out> | undefined;
  #ids = 0;

  constructor(job: string, data: Data, threads: number, work: Work<Data, In, Out>) {
    // Three waiting behind each at work: on a busy machine the thread that hands out tasks, or a Worker with the oldest
    // of them, may not get a processor for a long while, and the others go on meanwhile.
    this.window = Math.max(1, threads * 4);
    this.#inline = threads > 0 ? undefined : work(data);
    for (let i = 0; i < threads; i++) this.#members.push(this.#start(job, data));
  }

  /** Runs a task on the least busy Worker; memory in `transfer` goes along without a copy. */
  run(task: In, transfer?: readonly ArrayBuffer[]): Promise<Out> {
    const inline = this.#inline;
    // A turn of the event loop, so that signals and timers get theirs.
    if (inline) return observed(eventTurn().then(() => inline.run(task).result));
    const member = this.#members.reduce((a, b) => (b.waiting.size < a.waiting.size ? b : a));
    return this.#call(member, (id) => ({ id, task }), transfer);
  }

  /** Ends the Workers after what they are doing. */
  async close(): Promise<void> {
    this.#inline?.close();
    await Promise.allSettled(this.#members.map((member) => this.#call(member, (id) => ({ id, close: true }))));
    await Promise.all(this.#members.map(({ thread }) => thread.terminate()));
  }

  #call(member: Member<In, Out>, message: (id: number) => Call<In>, transfer?: readonly ArrayBuffer[]): Promise<Out> {
    const { failure } = member;
    if (failure) return observed(Promise.reject(failure));
    const id = this.#ids++;
    const result = new Promise<Out>((resolve, reject) => member.waiting.set(id, { resolve, reject }));
    member.thread.post(message(id), transfer);
    return observed(result);
  }

  #start(job: string, data: Data): Member<In, Out> {
    const member: Member<In, Out> = { thread: startThread(job, data), waiting: new Map() };
    member.thread.onMessage((reply) => {
      const waiting = member.waiting.get(reply.id);
      member.waiting.delete(reply.id);
      if ("error" in reply) waiting?.reject(revived(reply.error));
      else waiting?.resolve(reply.result);
    });
    member.thread.onError((error) => {
      member.failure = error;
      for (const { reject } of member.waiting.values()) reject(error);
      member.waiting.clear();
    });
    return member;
  }
}
