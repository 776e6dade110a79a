/** What a program is given on its standard input, and how it may be stopped. */
export interface PipedInput {
  /** Bytes, or a file of this machine. Default: nothing. */
  readonly input?: Uint8Array | { readonly file: string };
  readonly signal?: AbortSignal | undefined;
}

/** How a program ended that gives bytes. */
export interface PipedOutput {
  /** 128 of one that was killed. */
  readonly code: number;
  readonly stdout: Uint8Array;
  /** The end of it. */
  readonly stderr: string;
}

const MOST_STDERR = 4096;

/** Runs a program with exactly this environment. Throws when it can't be started, or the signal's reason. */
export async function runPiped(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  { input, signal }: PipedInput,
): Promise<PipedOutput> {
  signal?.throwIfAborted();
  const stdin = input === undefined ? "ignore" : input instanceof Uint8Array ? input : Bun.file(input.file);
  const child = Bun.spawn([...argv], { env: { ...env }, stdin, stdout: "pipe", stderr: "pipe" });
  const stop = () => child.kill("SIGKILL");
  signal?.addEventListener("abort", stop, { once: true });
  try {
    const [stdout, stderr, code] = await Promise.all([child.stdout.bytes(), child.stderr.text(), child.exited]);
    signal?.throwIfAborted();
    return { code: child.signalCode === null ? code : 128, stdout, stderr: stderr.slice(-MOST_STDERR).trim() };
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}
