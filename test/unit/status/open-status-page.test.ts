/** The end of a page: whoever looks on sees it, and nobody waits for those who have gone. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { newStatusPage } from "../../../src/status/open-status-page.ts";
import { fakeHost } from "../../support/fake-host.ts";

const open: { close(): void }[] = [];
test.after.each(() => {
  for (const page of open.splice(0)) page.close();
});

/** A page that is served here, whose time only passes where somebody waits. */
function served() {
  const host = fakeHost();
  const said: string[] = [];
  const say = (text: string) => void said.push(text);
  const page = newStatusPage(host, 0);
  open.push(page);
  page.serve({ step: say, info: say, warn: say });
  page.begin("Backup of web1");
  const [, port] = /:(\d+)\/|port (\d+)/.exec(said.join("\n"))?.filter(Boolean) ?? [];
  const codes = () => said.flatMap((line) => /browser is (\d{4} \d{4})/.exec(line)?.[1] ?? []);
  const get = async (cookie: string, body?: string) => {
    const answer = await fetch(`https://127.0.0.1:${port}/`, {
      ...{ headers: { cookie }, redirect: "manual", tls: { rejectUnauthorized: false } },
      ...(body === undefined ? {} : { method: "POST", body }),
    });
    return { text: await answer.text(), cookie: (answer.headers.get("set-cookie") ?? "").split(";")[0] ?? "" };
  };
  const logIn = async () => (await get("", `code=${codes().at(-1)}`)).cookie;
  const start = host.nowMs();
  return { host, page, get, logIn, passed: () => host.nowMs() - start };
}

test("finish() waits for nobody where nobody looks on, or only without the code", async () => {
  const { page, get, passed } = served();
  assert.match((await get("")).text, /Code from the console/);
  await page.finish();
  assert.is(passed(), 0);
});

test("finish() waits until every browser that looks on has the last page", async () => {
  const { page, get, logIn, host, passed } = served();
  const [first, second] = [await logIn(), await logIn()];
  assert.not.match((await get(first)).text, /the last page/);
  const looks = { count: 0 };
  const look = (cookie: string) => async () => {
    if (/the last page/.test((await get(cookie)).text)) looks.count += 1;
  };
  const slow = host.sleep;
  const due = [look(first), look(second)];
  // Each time that it waits, one browser comes.
  Object.assign(host, { sleep: async (ms: number) => slow(ms).then(() => due.shift()?.()) });
  await page.finish();
  assert.is(looks.count, 2);
  assert.ok(passed() < 3000, `${passed()}`);
});

test("finish() waits 15 s for a browser that was there a moment ago, and not for one that is long gone", async () => {
  const here = served();
  await here.get(await here.logIn());
  await here.page.finish();
  assert.ok(here.passed() >= 15_000 && here.passed() <= 16_000, `${here.passed()}`);
  const gone = served();
  await gone.get(await gone.logIn());
  await gone.host.sleep(20_000);
  await gone.page.finish();
  assert.is(gone.passed(), 20_000);
});

test.run();
