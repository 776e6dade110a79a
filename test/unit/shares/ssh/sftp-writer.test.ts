import { test } from "uvu";
import * as assert from "uvu/assert";
import { viewOf } from "../../../../src/base/bytes.ts";
import type { SftpAnswer, SftpField } from "../../../../src/formats/network/sftp.ts";
import type { SftpSession } from "../../../../src/shares/ssh/sftp-session.ts";
import { SftpWriter } from "../../../../src/shares/ssh/sftp-writer.ts";

/** A server with one file of `size` bytes and room for `room`. */
function server(room: number) {
  const state = { size: 0, room, names: ["a"] };
  const status = (code: number) => ({ kind: "status", code, message: "Failure" }) as unknown as SftpAnswer;
  const answers: Record<string, (fields: readonly SftpField[]) => SftpAnswer> = {
    open: () => ({ kind: "handle", handle: Uint8Array.of(1) }) as unknown as SftpAnswer,
    stat: () => ({ kind: "attributes", attributes: { permissions: 0o100600, sizeBytes: state.size } }) as SftpAnswer,
    setstat: (fields) => {
      const last = fields.at(-1);
      state.size = last instanceof Uint8Array ? Number(viewOf(last).getBigUint64(0)) : Number(last);
      return status(0);
    },
    write: ([, offset, bytes]) => {
      const end = Number(offset) + (bytes as Uint8Array).byteLength;
      if (end > state.room) return status(4);
      state.size = Math.max(state.size, end);
      return status(0);
    },
    extended: () => status(0),
  };
  const connection = {
    extensions: new Set(["posix-rename@openssh.com", "fsync@openssh.com"]),
    request: async (kind: string, fields: readonly SftpField[]) => answers[kind]?.(fields) ?? status(8),
    release: async () => undefined,
    handle: (_: string, __: string, open: () => Promise<Uint8Array>) => open(),
  };
  const session = { use: (work: (one: unknown, again: boolean) => unknown) => work(connection, false) };
  const writer = new SftpWriter(
    session as unknown as SftpSession,
    (path) => `/srv/${path}`,
    () => undefined,
  );
  return { state, writer };
}

const failure = (work: Promise<unknown>) =>
  work.then(
    () => "",
    (error: Error) => error.message,
  );

test("a file of which a write failed keeps its name until what lies behind that place is cut off", async () => {
  const { state, writer } = server(1000);
  await writer.create("a");
  await writer.write("a", 0, new Uint8Array(800));
  assert.match(await failure(writer.write("a", 800, new Uint8Array(400))), /write a/);
  state.room = 2000;
  await writer.truncate("a", 900);
  assert.match(await failure(writer.rename("a", "b")), /is not whole and keeps its name/);
  assert.match(await failure(writer.write("a", 0, new Uint8Array(1))), /write a/);
  await writer.truncate("a", 800);
  await writer.write("a", 800, new Uint8Array(100));
  await writer.flush("a");
  assert.is(await failure(writer.rename("a", "b")), "");
});

test("a file that has lost what the server had taken is not filled up by a cut, and stays given up", async () => {
  const { state, writer } = server(2000);
  await writer.create("a");
  await writer.write("a", 0, new Uint8Array(800));
  state.size = 300;
  assert.match(await failure(writer.truncate("a", 700)), /had taken 800 bytes of a, which has 300 bytes now/);
  assert.is(state.size, 300);
  await writer.truncate("a", 200);
  assert.match(await failure(writer.write("a", 200, new Uint8Array(1))), /had taken 800 bytes/);
  await writer.truncate("a", 0);
  await writer.write("a", 0, new Uint8Array(10));
  assert.is(await failure(writer.rename("a", "b")), "");
});

test.run();
