import { MondoError } from "../../base/errors.ts";
import type { Ask } from "../../ui/ask.ts";
import type { NetworkOptions } from "../cmdline.ts";
import { parseIpConf, parseNfsMount, renderIpConf } from "../network-words.ts";

const CONF = "expected DEV:IP:NETMASK:BROADCAST:GATEWAY or DEV:dhcp";
const NONE = "-";

/** Asks for the network words anew, with the present ones as answers to an empty line. ^C leaves them as they are. */
export async function editNetworkWishes(ask: Ask, wishes: NetworkOptions): Promise<NetworkOptions> {
  const { ipconf, nfsMount, prefix, ...rest } = wishes;
  try {
    const conf = await ask.line(`ipconf (${NONE}: DHCP on the card that has a cable)`, {
      initial: ipconf ? renderIpConf(ipconf) : NONE,
      check: (line) => (line.trim() === NONE || parseIpConf(line.trim()) ? undefined : CONF),
    });
    const mount = await ask.line("nfsmount", {
      ...(nfsMount ? { initial: `${nfsMount.server}:${nfsMount.path}` } : {}),
      check: (line) => (parseNfsMount(line.trim()) ? undefined : "expected SERVER:/EXPORT"),
    });
    const name = await ask.line(`prefix (${NONE}: none)`, {
      initial: prefix ?? NONE,
      check: (line) => (/^[^/\s]+$/.test(line.trim()) ? undefined : "expected a name without / and blanks"),
    });
    const [newConf, newMount] = [parseIpConf(conf.trim()), parseNfsMount(mount.trim())];
    return {
      ...rest,
      ...(newConf ? { ipconf: newConf } : {}),
      ...(newMount ? { nfsMount: newMount } : {}),
      ...(name.trim() === NONE ? {} : { prefix: name.trim() }),
    };
  } catch (error) {
    if (error instanceof MondoError && error.code === "cancelled") return wishes;
    throw error;
  }
}
