/** A program used through its standard input and output. */
export interface PipedProcess {
  readonly pid: number;
  send(bytes: Uint8Array): void;
  /** Closes its standard input. */
  end(): void;
  /** Kills it. */
  kill(): void;
}

/** What happens to such a program. */
export interface PipedEvents {
  readonly receive: (bytes: Uint8Array) => void;
  /** It ended; with the end of its standard error. */
  readonly ended: (stderr: string) => void;
}

const MOST_STDERR = 4096;

async function readAll(stream: ReadableStream<Uint8Array>, take: (bytes: Uint8Array) => void): Promise<void> {
  for await (const bytes of stream) take(bytes);
}

/** Starts a program with exactly this environment. Throws when it can't be started. */
export function startPiped(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  { receive, ended }: PipedEvents,
): PipedProcess {
  const child = Bun.spawn([...argv], { env: { ...env }, stdin: "pipe", stdout: "pipe", stderr: "pipe" });
  let stderr = "";
  const decoder = new TextDecoder();
  const said = readAll(child.stderr, (bytes) => {
    stderr = (stderr + decoder.decode(bytes, { stream: true })).slice(-MOST_STDERR);
  });
  // A failure to read ends it: the other end must not wait for an answer that nobody reads.
  const came = readAll(child.stdout, receive).catch((error: unknown) => {
    stderr += String(error instanceof Error ? error.message : error);
    child.kill("SIGKILL");
  });
  void Promise.all([child.exited, came, said]).then(() => ended(stderr.trim()));
  // `ended` reports a program that is ending: the broken pipe is thrown here, or comes later.
  const nothing = () => {};
  const attempt = (work: () => unknown) => {
    try {
      Promise.resolve(work()).catch(nothing);
    } catch {
      nothing();
    }
  };
  return {
    pid: child.pid,
    send(bytes) {
      attempt(() => child.stdin.write(bytes));
      attempt(() => child.stdin.flush());
    },
    end: () => attempt(() => child.stdin.end()),
    kill: () => child.kill("SIGKILL"),
  };
}
