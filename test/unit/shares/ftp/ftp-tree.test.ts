import { test } from "uvu";
import * as assert from "uvu/assert";
import type { MondoError } from "../../../../src/base/errors.ts";
import { FtpSession } from "../../../../src/shares/ftp/ftp-session.ts";
import { FtpTree } from "../../../../src/shares/ftp/ftp-tree.ts";
import { REMOTE_ERRNO } from "../../../../src/shares/remote/remote-tree.ts";
import { FtpDouble } from "../../../support/ftp-double.ts";

/** Why a file can't be read that the server knew the size of, and answers to RETR as real ones do. */
async function refusal(goes: boolean): Promise<MondoError> {
  const server = new FtpDouble((word) => {
    if (word !== "RETR") return undefined;
    if (goes) server.files.clear();
    return "550 Failed to open file.";
  });
  server.files.set("/b/web1-1.iso", new Uint8Array(5000));
  const host = { sleep: async () => {}, nowMs: () => Date.now() };
  const who = { isEncrypted: false, server: "nas", address: "127.0.0.1", user: "joe", password: "secret" };
  const session = new FtpSession({ ...who, port: server.port }, { host, patienceMs: 2000, log: () => {} });
  try {
    return await new FtpTree(session, "/b").read("web1-1.iso", 0, 100).then(
      () => {
        throw new Error("it was read");
      },
      (error: MondoError) => error,
    );
  } finally {
    session.close();
    server.stop();
  }
}

test("a file that is there, but can't be opened, is told from one that is gone", async () => {
  const closed = await refusal(false);
  assert.is(closed.data.errno, REMOTE_ERRNO.denied);
  assert.match(closed.message, /^web1-1\.iso is there, but closed to this user: .*550 Failed to open file/);
  assert.is((await refusal(true)).data.errno, REMOTE_ERRNO.notFound);
});

test.run();
