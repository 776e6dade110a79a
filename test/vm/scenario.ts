import type { Lab } from "../support/lab.ts";

/** What one whole-machine test gets. */
export interface ScenarioContext {
  readonly lab: Lab;
  /** Empty, for this scenario alone; removed when it passes. */
  readonly directory: string;
  /** A line for the person who watches. */
  readonly say: (text: string) => void;
}

/** A whole-machine test. It passes when `run` returns. */
export interface Scenario {
  readonly name: string;
  /** What must hold, as a sentence. */
  readonly says: string;
  /** Part of what continuous integration runs. */
  readonly ci: boolean;
  /** It never ran to its end yet: why, for the documentation. */
  readonly unproven?: string;
  readonly run: (context: ScenarioContext) => Promise<void>;
}
