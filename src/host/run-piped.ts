/** What a program is given on its standard input, and how it may be stopped. */
export interface PipedInput {
  /** Bytes, or a file of this machine. Default: nothing. */
  readonly input?: Uint8Array | { readonly file: string };
  readonly signal?: AbortSignal | undefined;
  /** How long nothing may come from it before it is killed. Default: for ever. */
  readonly silenceMs?: number;
}

/** How a program ended that gives bytes. */
export interface PipedOutput {
  /** 128 of one that was killed. */
  readonly code: number;
  readonly stdout: Uint8Array;
  /** The end of it. */
  readonly stderr: string;
  /** It was killed for its silence. */
  readonly isSilent?: boolean;
}

const MOST_STDERR = 4096;

async function bytesOf(stream: ReadableStream<Uint8Array>, alive: () => void): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) {
    alive();
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** Runs a program with exactly this environment. Throws when it can't be started, or the signal's reason. */
export async function runPiped(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  { input, signal, silenceMs }: PipedInput,
): Promise<PipedOutput> {
  signal?.throwIfAborted();
  const stdin = input === undefined ? "ignore" : input instanceof Uint8Array ? input : Bun.file(input.file);
  const child = Bun.spawn([...argv], { env: { ...env }, stdin, stdout: "pipe", stderr: "pipe" });
  const stop = () => child.kill("SIGKILL");
  let isSilent = false;
  const giveUp = () => {
    isSilent = true;
    stop();
  };
  const timer = silenceMs === undefined ? undefined : setTimeout(giveUp, silenceMs);
  signal?.addEventListener("abort", stop, { once: true });
  try {
    const stdout = bytesOf(child.stdout, () => timer?.refresh());
    const [bytes, stderr, code] = await Promise.all([stdout, child.stderr.text(), child.exited]);
    signal?.throwIfAborted();
    const ended = { code: child.signalCode === null ? code : 128, stderr: stderr.slice(-MOST_STDERR).trim() };
    return { ...ended, stdout: bytes, isSilent };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}
