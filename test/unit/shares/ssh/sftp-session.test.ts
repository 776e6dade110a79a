import { test } from "uvu";
import * as assert from "uvu/assert";
import { concatBytes, encodeText } from "../../../../src/base/bytes.ts";
import type { StartPipe } from "../../../../src/shares/ssh/sftp-connection.ts";
import { SftpSession } from "../../../../src/shares/ssh/sftp-session.ts";
import { SftpTree } from "../../../../src/shares/ssh/sftp-tree.ts";
import { fakeHost } from "../../../support/fake-host.ts";

const number = (value: number) => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, false);
  return bytes;
};
const packet = (type: number, ...parts: Uint8Array[]) => {
  const body = concatBytes([Uint8Array.of(type), ...parts]);
  return concatBytes([number(body.byteLength), body]);
};

const content = new Uint8Array(300_000).map((_, at) => (at * 11 + (at >> 7)) % 256);

/** Of one file: answers `stat`, `open` and `read`, gives at most 10000 bytes at once, and dies when `dies` says so. */
function serve(options: { dies: (request: number) => boolean; mtime?: () => number; starts?: number }) {
  const state = { requests: 0, starts: 0 };
  const start: StartPipe = ({ receive, ended }) => {
    state.starts += 1;
    let dead = state.starts > (options.starts ?? 1000);
    const end = (why: string) => {
      dead = true;
      queueMicrotask(() => ended(why));
    };
    if (dead) end("ssh: connect to host nas port 22: Connection refused");
    const answer = (type: number, id: Uint8Array, body: Uint8Array): Uint8Array => {
      const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
      if (type === 17) {
        const mtime = number(options.mtime?.() ?? 7);
        return packet(105, id, number(0xd), number(0), number(content.byteLength), number(0o100644), mtime, mtime);
      }
      if (type === 3) return packet(102, id, number(1), Uint8Array.of(9));
      const [offset, length] = [view.getUint32(9, false), view.getUint32(13, false)];
      const part = content.subarray(offset, offset + Math.min(length, 10_000));
      return part.byteLength === 0
        ? packet(101, id, number(1), number(0))
        : packet(103, id, number(part.byteLength), part);
    };
    return {
      send(bytes) {
        if (dead) return;
        if (bytes[4] === 1) return receive(packet(2, number(3)));
        state.requests += 1;
        if (options.dies(state.requests)) return end("Connection to nas closed by remote host.");
        const reply = answer(bytes[4] ?? 0, bytes.slice(5, 9), bytes.subarray(9));
        queueMicrotask(() => dead || receive(reply));
      },
      kill: () => end(""),
    };
  };
  const said: string[] = [];
  const wire = { host: fakeHost(), start, log: (text: string) => said.push(text), patienceMs: 60_000 };
  return { tree: new SftpTree(new SftpSession(wire), "/srv", "read"), state, said };
}

test("SftpTree.read() gives every byte, though the server gives little at once and connections break", async () => {
  const { tree, state, said } = serve({ dies: (request) => request === 3 || request === 20 || request === 31 });
  const bytes = await tree.read("file", 1000, 250_000);
  assert.ok(Buffer.from(bytes).equals(Buffer.from(content.subarray(1000, 251_000))));
  assert.is(state.starts, 4);
  assert.ok(said.every((line) => /closed by remote host\.; trying again/.test(line)));
});

test("SftpTree.read() refuses to go on with a file that was replaced while the connection was gone", async () => {
  let mtime = 7;
  const { tree } = serve({
    dies: (request) => {
      if (request === 5) mtime = 8;
      return request === 5;
    },
    mtime: () => mtime,
  });
  const message = await tree.read("file", 0, 10).then(String, (error: Error) => error.message);
  assert.match(message, /\/srv\/file was replaced on the server while it was read/);
});

test("SftpSession.use() gives up when the server does not come back within its patience, and says what ssh says", async () => {
  const { tree } = serve({ dies: (request) => request === 2, starts: 1 });
  await tree.stat("file");
  const message = await tree.stat("file").then(String, (error: Error) => error.message);
  assert.match(message, /^the server does not come back: ssh: connect to host nas port 22: Connection refused$/);
});

test("SftpSession.connect() gives up on a server that takes the connection and says nothing for 30 s", async () => {
  const host = fakeHost();
  const start: StartPipe = ({ ended }) => ({ send() {}, kill: () => ended("") });
  const session = new SftpSession({ host, start, log() {}, patienceMs: 0 });
  let outcome = "none";
  const done = session.connect().catch((error: Error) => {
    outcome = error.message;
  });
  await host.sleep(29_999);
  assert.is(outcome, "none");
  await host.sleep(1);
  await done;
  assert.is(outcome, "the server takes connections, but says nothing");
});

test("SftpConnection tells of a login shell that speaks", async () => {
  const said: string[] = [];
  const start: StartPipe = ({ receive, ended }) => {
    let why = "";
    return {
      send() {
        try {
          receive(encodeText("Welcome to nas\n"));
        } catch (error) {
          why = (error as Error).message;
        }
        queueMicrotask(() => ended(why));
      },
      kill() {},
    };
  };
  const session = new SftpSession({ host: fakeHost(), start, log: (text) => said.push(text), patienceMs: 0 });
  await session.use(async () => {}).catch(() => {});
  assert.match(said[0] ?? "", /does not speak SFTP: it says "Welcome to nas/);
});

test.run();
