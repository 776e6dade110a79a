import { test } from "uvu";
import * as assert from "uvu/assert";
import { type HttpAnswer, httpExchange, Silence } from "../../../../src/host/http-exchange.ts";
import { askPatiently } from "../../../../src/shares/http/patient-exchange.ts";

const HOUR_MS = 3_600_000;
const PATIENCE_MS = 600_000;
const good: HttpAnswer = { status: 201, headers: new Headers(), bytes: new Uint8Array(0), isWhole: true };

/** Sends something to a server where each try takes an hour; how many there were, and what was said in the end. */
async function sends(tryOnce: (number: number) => HttpAnswer) {
  let [ms, tries] = [0, 0];
  const host = {
    nowMs: () => ms,
    sleep: async (pauseMs: number) => {
      ms += pauseMs;
    },
  };
  const wire = { host, exchange: httpExchange, patienceMs: PATIENCE_MS, log: () => {} };
  const asking = {
    ...{ origin: "http://nas", what: "write x", isSending: true },
    tryOnce: async () => {
      tries += 1;
      ms += HOUR_MS;
      return tryOnce(tries);
    },
    isGood: () => true,
    finalProblem: () => undefined,
    hint: () => "",
  };
  const said = await askPatiently(wire, asking).then(
    ({ status }) => String(status),
    (error: Error) => error.message,
  );
  return { tries, said };
}

test("what breaks off after an hour is sent again, a dozen times", async () => {
  const broken = () => {
    throw new Error("connection reset");
  };
  assert.equal(await sends((number) => (number < 12 ? broken() : good)), { tries: 12, said: "201" });
  const { tries, said } = await sends(broken);
  assert.is(said, "nas can't be brought to write x: connection reset");
  assert.is(tries, 12);
});

test("a server that takes it and says nothing is given up when that took longer than the patience lasts", async () => {
  const { tries, said } = await sends(() => {
    throw new Silence("nothing came for 3600 s");
  });
  assert.equal({ tries, said }, { tries: 1, said: "nas can't be brought to write x: nothing came for 3600 s" });
});

test("httpExchange() tells silence from other failures", async () => {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Promise<Response>(() => {}) });
  const request = { method: "PUT", headers: {}, body: new Uint8Array(64), silenceMs: 30, mostBytes: 1 };
  const failure = (url: string) => httpExchange({ ...request, url }).catch((error: unknown) => error);
  try {
    assert.instance(await failure(`http://127.0.0.1:${server.port}/x`), Silence);
  } finally {
    await server.stop(true);
  }
  const refused = await failure(`http://127.0.0.1:${server.port}/x`);
  assert.instance(refused, Error);
  assert.not.instance(refused, Silence);
});

test.run();
