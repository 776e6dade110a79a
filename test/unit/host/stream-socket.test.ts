import { test } from "uvu";
import * as assert from "uvu/assert";
import { StreamSocket } from "../../../src/host/stream-socket.ts";

test("a read may be given more time than the other steps", async () => {
  const server = Bun.listen({
    ...{ hostname: "127.0.0.1", port: 0 },
    socket: {
      open: (socket) => void setTimeout(() => socket.write("late"), 300),
      data: () => {},
    },
  });
  try {
    const place = { host: "127.0.0.1", port: server.port, silenceMs: 20 };
    const patient = await StreamSocket.open({ ...place, connectMs: 10_000 });
    assert.is(Buffer.from((await patient.read(10_000)) ?? []).toString(), "late");
    patient.close();
    const other = await StreamSocket.open({ ...place, connectMs: 10_000 });
    const said = await other.read().then(String, (error: Error) => error.message);
    assert.is(said, "nothing came for 0.02 s");
    other.close();
  } finally {
    server.stop(true);
  }
});

test.run();
