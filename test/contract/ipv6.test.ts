import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { needing } from "../support/needing.ts";
import { attempt } from "../support/shell.ts";

/** A router, or nobody, and our card at the two ends of a cable, in network namespaces that end with the script. */
const client = join(import.meta.dirname, "../support/ipv6-client.ts");
const directory = mkdtempSync(join(tmpdir(), "mondo-ipv6-"));
test.after(() => rmSync(directory, { recursive: true, force: true }));

const NAMES = "--dhcp-option=option6:dns-server,[fd00:77::53] --dhcp-option=option6:domain-search,example.test";
const RESOLVER = "search example.test\nnameserver fd00:77::53\n";

const canTest = existsSync("/usr/sbin/dnsmasq") && existsSync("/proc/net/if_inet6") && process.getuid?.() === 0;

interface Outcome {
  readonly address?: string;
  readonly reached?: string;
  readonly how?: string;
  readonly resolver?: string;
  readonly log?: readonly string[];
  readonly error?: string;
}

/**
 * What the client says of a word and a server; the other end has fd00:77::1, listens there, and is a router with these
 * options of dnsmasq.
 */
async function tried(word: string, server: string, router?: string): Promise<Outcome & { routes: string }> {
  const serve = `dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --interface=server --bind-interfaces --user=root \
    --pid-file= --enable-ra --ra-param=server,5 ${router} --dhcp-leasefile=${directory}/leases`;
  const listen = `Bun.listen({ hostname: "fd00:77::1", port: 2049, socket: { data() {} } });`;
  writeFileSync(join(directory, "hosts"), "10.77.0.1 twofold\nfd00:77::1 twofold\n");
  const inside = `mount -t sysfs sysfs /sys; mount --bind ${directory}/hosts /etc/hosts
    until [ -e /sys/class/net/client ]; do sleep 0.05; done
    ${process.execPath} ${client} client '${word}' '${server}'
    ip -6 route show default | sed 's/^/route: /'`;
  const script = `set -e
    ip link add server type veth peer name client
    ip address add fd00:77::1/64 dev server nodad
    ip link set server up
    unshare --net --mount bash -c "$INSIDE" & client=$!
    while [ "$(readlink /proc/$client/ns/net)" = "$(readlink /proc/$$/ns/net)" ]; do sleep 0.05; done
    ip link set client netns $client
    ${process.execPath} -e '${listen}' & listener=$!
    ${router !== undefined ? `${serve} >${directory}/log 2>&1 & router=$!` : ""}
    wait $client
    kill $listener ${router !== undefined ? "$router" : ""}`;
  const { exitCode, output } = await attempt(["unshare", "--net", "--mount", "bash", "-c", script], {
    env: { INSIDE: inside },
  });
  assert.is(exitCode, 0, output);
  const line = output.split("\n").find((text) => text.startsWith("{")) ?? "{}";
  const routes = output.split("\n").filter((text) => text.startsWith("route: "));
  return { ...(JSON.parse(line) as Outcome), routes: routes.join("\n") };
}

needing(test, canTest)(
  "applyStatic6() gives a card its address and gateway, and a server is reached by its own",
  async () => {
    const found = await tried("client:[fd00:77::9]/64:[fd00:77::1]", "[fd00:77::1]");
    assert.is(found.error, undefined);
    assert.equal([found.address, found.reached], ["fd00:77::9/64", "reached"]);
    assert.match(found.routes, /^route: default via fd00:77::1 dev client/m);
  },
);

needing(test, canTest)(
  "resolveServer() takes the IPv6 address of a server that has both where the machine has no IPv4",
  async () => {
    const found = await tried("client:[fd00:77::9]/64", "twofold");
    assert.equal([found.error, found.reached], [undefined, "reached"]);
  },
);

needing(test, canTest)("applyStatic6() refuses an address that somebody else on the network has", async () => {
  const { error = "" } = await tried("client:[fd00:77::1]/64", "[fd00:77::1]");
  assert.match(error, /another machine on the network of client .* has fd00:77::1/);
});

needing(test, canTest)("startAuto6() takes address, route and name servers from what a router advertises", async () => {
  const options = `--dhcp-range=fd00:77::,ra-only ${NAMES}`;
  const found = await tried("client:auto6", "[fd00:77:0::1]", options);
  assert.is(found.error, undefined);
  assert.equal([found.how, found.resolver], [", by router advertisement", RESOLVER]);
  assert.match(found.address ?? "", /^fd00:77:.*\/64$/);
  assert.is(found.reached, "reached");
  assert.match(found.routes, /^route: default via fe80:/m);
});

needing(test, canTest)("startAuto6() asks a DHCPv6 server for an address when the router says so", async () => {
  const options = `--dhcp-range=fd00:77::100,fd00:77::1ff,64,2m ${NAMES}`;
  const found = await tried("client:auto6", "[fd00:77::1]", options);
  assert.is(found.error, undefined);
  assert.match(found.address ?? "", /^fd00:77::1[0-9a-f]{2}\/128$/);
  assert.equal([found.how, found.resolver, found.reached], [", by DHCPv6", RESOLVER, "reached"]);
});

needing(test, canTest)("startAuto6() asks a DHCPv6 server for name servers alone when the router says so", async () => {
  const options = `--dhcp-range=fd00:77::,ra-stateless --dhcp-option=option6:dns-server,[fd00:77::54]`;
  const found = await tried("client:auto6", "[fd00:77::1]", options);
  assert.is(found.error, undefined);
  assert.equal([found.how, found.log], [", by router advertisement", []]);
  assert.match(found.resolver ?? "", /^nameserver fd00:77::54\n$/);
});

needing(test, canTest)("waitForServer() says what is wrong with an IPv6 server, too", async () => {
  const { reached = "" } = await tried("client:[fd00:77::9]/64", "[fd00:99::1]");
  assert.match(reached, /there is no route to \[fd00:99::1\]/);
});

test.run();
