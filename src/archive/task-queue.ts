import type { Pool } from "./pool.ts";

/**
 * Tasks of a pool that are under way. Results are taken in the order of the tasks; whoever adds a task waits while the
 * pool is full.
 */
export class TaskQueue<In, Out, About = undefined> {
  readonly #pool: Pool<unknown, In, Out>;
  readonly #take: (result: Out, about: About) => void | Promise<void>;
  readonly #underWay: { readonly result: Promise<Out>; readonly about: About }[] = [];

  #taken = 0;

  /** `take` gets each result together with what `add` was given about its task; the next when it is done. */
  constructor(pool: Pool<unknown, In, Out>, take: (result: Out, about: About) => void | Promise<void>) {
    this.#pool = pool;
    this.#take = take;
  }

  /**
   * Starts a task; memory in `transfer` goes along without a copy. Rejects with the error of any task taken meanwhile.
   */
  async add(task: In, about: About, transfer?: readonly ArrayBuffer[]): Promise<void> {
    this.#underWay.push({ result: this.#pool.run(task, transfer), about });
    await this.#drain(this.#pool.window);
  }

  /** How many tasks have been added so far. */
  get added(): number {
    return this.#taken + this.#underWay.length;
  }

  /** Waits until so many of the tasks are done and their results taken. */
  async reach(count: number): Promise<void> {
    await this.#drain(Math.max(0, this.added - count));
  }

  /** Takes all results that are still to come. */
  async finish(): Promise<void> {
    await this.#drain(0);
  }

  /** Waits for the end of all tasks and takes none of their results. */
  async abandon(): Promise<void> {
    await Promise.allSettled(this.#underWay.map(({ result }) => result));
  }

  async #drain(most: number): Promise<void> {
    for (let next = this.#underWay[0]; next && this.#underWay.length > most; next = this.#underWay[0]) {
      const result = await next.result;
      this.#underWay.shift();
      this.#taken++;
      await this.#take(result, next.about);
    }
  }
}
