import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Lease } from "../../src/network/dhcp-client.ts";
import { needing } from "../support/needing.ts";
import { attempt } from "../support/shell.ts";

/** dnsmasq and our client at the two ends of a cable, in a network namespace that ends with the script. */
const client = join(import.meta.dirname, "../support/dhcp-client.ts");
const directory = mkdtempSync(join(tmpdir(), "mondo-dhcp-"));
test.after(() => rmSync(directory, { recursive: true, force: true }));

const hasServer = existsSync("/usr/sbin/dnsmasq") && process.getuid?.() === 0;

interface Outcome {
  readonly lease?: Lease;
  readonly resolver?: string;
  readonly error?: string;
  readonly log: readonly string[];
  readonly routes: string;
}

/** Runs the client for `seconds`; dnsmasq with the options given, or no server at all. */
async function lent(options: readonly string[] | undefined, seconds: number): Promise<Outcome> {
  const serve = [
    `dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --interface=server --bind-interfaces --no-ping`,
    `--user=root --pid-file= --dhcp-authoritative --dhcp-leasefile=${directory}/leases ${(options ?? []).join(" ")}`,
  ].join(" ");
  // The client's namespace is another one than the server's, or the kernel would keep answers to its address to itself.
  const inside = `mount -t sysfs sysfs /sys
    until [ -e /sys/class/net/client ]; do sleep 0.05; done
    ${process.execPath} ${client} client ${seconds}
    ip route show dev client | sed 's/^/route: /'
    ip -brief address show dev client | sed 's/^/address: /'`;
  const script = `set -e
    ip link add server type veth peer name client
    ip address add 10.77.0.1/24 dev server
    ip link set server up
    unshare --net --mount bash -c "$INSIDE" & client=$!
    while [ "$(readlink /proc/$client/ns/net)" = "$(readlink /proc/$$/ns/net)" ]; do sleep 0.05; done
    ip link set client netns $client
    ${options === undefined ? "" : `${serve} >${directory}/log 2>&1 & server=$!`}
    wait $client
    ${options === undefined ? "" : "kill $server"}`;
  const env = { INSIDE: inside };
  const { exitCode, output } = await attempt(["unshare", "--net", "--mount", "bash", "-c", script], { env });
  assert.is(exitCode, 0, output);
  const line = output.split("\n").find((text) => text.startsWith("{")) ?? "{}";
  const routes = output
    .split("\n")
    .filter((text) => /^(route|address): /.test(text))
    .join("\n");
  return { ...(JSON.parse(line) as Omit<Outcome, "routes">), routes };
}

needing(test, hasServer)(
  "startDhcp() gets address, classless routes and name servers from dnsmasq, and renews in time",
  async () => {
    const options = [
      "--dhcp-range=10.77.0.50,10.77.0.59,255.255.255.0,2m",
      "--dhcp-option=option:classless-static-route,0.0.0.0/0,10.77.0.1,192.168.7.0/24,10.77.0.2",
      "--dhcp-option=option:T1,10",
      "--dhcp-option=option:dns-server,10.77.0.3",
      "--dhcp-option=option:domain-name,example.test",
    ];
    const { lease, resolver, log, routes, error } = await lent(options, 60);
    assert.is(error, undefined);
    assert.is(lease?.seconds, 120);
    assert.is(resolver, "search example.test\nnameserver 10.77.0.3\n");
    assert.match(routes, /address: client@\S+ +UP +10\.77\.0\.5\d\/24/);
    assert.match(routes, /route: default via 10\.77\.0\.1/);
    assert.match(routes, /route: 192\.168\.7\.0\/24 via 10\.77\.0\.2/);
    assert.is(log.length, 1);
    assert.match(log[0] ?? "", /^DHCP: 10\.77\.0\.5\d renewed for 120 s$/);
  },
);

needing(test, hasServer)("startDhcp() says that no server answers", async () => {
  const { error } = await lent(undefined, 0);
  assert.is(error, "no DHCP server answers");
});

test.run();
