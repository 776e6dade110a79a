import { isCancelled } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { parseIpConf, renderIpConf } from "../../network/ip-conf.ts";
import { shownPlace } from "../../network/web-url.ts";
import { parseSource, shareSyntax } from "../../shares/share-words.ts";
import type { Ask } from "../../ui/ask.ts";
import type { NetworkOptions } from "../words/boot-options.ts";
import { parsePrefix } from "../words/word-values.ts";

const CONF = msg`expected DEV:IP:NETMASK:BROADCAST:GATEWAY or DEV:dhcp`;
const expectedPlace = () => msg`expected ${shareSyntax("all").join(", ")}, or an ISO there`;
const NONE = "-";

/** Asks for the network words again; an empty line keeps the old value, ^C keeps all of them. */
export async function editNetworkWishes(ask: Ask, wishes: NetworkOptions): Promise<NetworkOptions> {
  const { ipconf, source, prefix, ...rest } = wishes;
  try {
    const conf = await ask.line(msg`ipconf (${NONE}: DHCP on the card that has a cable)`, {
      initial: ipconf ? renderIpConf(ipconf) : NONE,
      check: (line) => (line.trim() === NONE || parseIpConf(line.trim()) ? undefined : CONF),
    });
    const place = source === undefined ? undefined : shownPlace(source);
    const typed = await ask.line("nfsmount", {
      ...(place === undefined ? {} : { initial: place }),
      shown: shownPlace,
      check: (line) => (parseSource(line.trim()) === undefined ? expectedPlace() : undefined),
    });
    const name = await ask.line(msg`prefix (${NONE}: none)`, {
      initial: prefix ?? NONE,
      check: (line) => (parsePrefix(line.trim()) === undefined ? msg`expected a name without / and blanks` : undefined),
    });
    // The password was only hidden: an unchanged place keeps it.
    const where = typed.trim() === place && source !== undefined ? source : typed;
    const [newConf, newSource] = [parseIpConf(conf.trim()), parseSource(where.trim())];
    return {
      ...rest,
      ...(newConf ? { ipconf: newConf } : {}),
      ...(newSource === undefined ? {} : { source: newSource }),
      ...(name.trim() === NONE ? {} : { prefix: name.trim() }),
    };
  } catch (error) {
    if (isCancelled(error)) return wishes;
    throw error;
  }
}
