/** One connection of a Unix socket's server: writes are queued while the other end is slow. */
export interface UnixConnection {
  send(bytes: Uint8Array): void;
}

/** Serves a Unix socket; `receive` gets what comes, and `closed` is called when a connection ends. */
export function serveUnixSocket(
  path: string,
  receive: (connection: UnixConnection, bytes: Uint8Array) => void,
  closed: () => void,
): void {
  const queues = new WeakMap<object, Uint8Array[]>();
  const flush = (socket: { write(data: Uint8Array): number }) => {
    const queue = queues.get(socket) ?? [];
    while (queue[0]) {
      const taken = Math.max(0, socket.write(queue[0]));
      if (taken < queue[0].byteLength) {
        queue[0] = queue[0].subarray(taken);
        return;
      }
      queue.shift();
    }
  };
  Bun.listen({
    unix: path,
    socket: {
      open: (socket) => void queues.set(socket, []),
      data(socket, bytes) {
        const send = (more: Uint8Array) => {
          queues.get(socket)?.push(more);
          flush(socket);
        };
        receive({ send }, new Uint8Array(bytes));
      },
      drain: flush,
      close: closed,
      error: closed,
    },
  });
}
