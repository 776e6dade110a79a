import { MondoError } from "../../base/errors.ts";
import { parseIpConf, parseMount, parseSource, parseWebUrl, renderIpConf } from "../../network/network-words.ts";
import { withoutSecrets } from "../../network/web-url.ts";
import type { Ask } from "../../ui/ask.ts";
import type { NetworkOptions } from "../words/boot-options.ts";

const CONF = "expected DEV:IP:NETMASK:BROADCAST:GATEWAY or DEV:dhcp";
const PLACE =
  "expected SERVER:/EXPORT, USER@SERVER:/DIR, //SERVER/SHARE, or the http, https, sftp or cifs URL of an ISO or directory";
const NONE = "-";

/** A web URL may hold a password, which is not for the screen. */
const shownSource = (source: string | undefined) =>
  source === undefined || parseWebUrl(source) === undefined ? source : withoutSecrets(source);

/** Asks for the network words anew, with the present ones as answers to an empty line. ^C leaves them as they are. */
export async function editNetworkWishes(ask: Ask, wishes: NetworkOptions): Promise<NetworkOptions> {
  const { ipconf, nfsMount, source, prefix, ...rest } = wishes;
  try {
    const conf = await ask.line(`ipconf (${NONE}: DHCP on the card that has a cable)`, {
      initial: ipconf ? renderIpConf(ipconf) : NONE,
      check: (line) => (line.trim() === NONE || parseIpConf(line.trim()) ? undefined : CONF),
    });
    const place = nfsMount ? `${nfsMount.server}:${nfsMount.path}` : shownSource(source);
    const typed = await ask.line("nfsmount", {
      ...(place === undefined ? {} : { initial: place }),
      check: (line) => (parseMount(line.trim()) || parseSource(line.trim()) ? undefined : PLACE),
    });
    const name = await ask.line(`prefix (${NONE}: none)`, {
      initial: prefix ?? NONE,
      check: (line) => (/^[^/\s]+$/.test(line.trim()) ? undefined : "expected a name without / and blanks"),
    });
    // What was only shown without its password keeps it.
    const where = typed.trim() === place && source !== undefined && !nfsMount ? source : typed;
    const [newConf, newSource] = [parseIpConf(conf.trim()), parseSource(where.trim())];
    return {
      ...rest,
      ...(newConf ? { ipconf: newConf } : {}),
      ...(newSource === undefined ? parseMount(where.trim()) : { source: newSource }),
      ...(name.trim() === NONE ? {} : { prefix: name.trim() }),
    };
  } catch (error) {
    if (error instanceof MondoError && error.code === "cancelled") return wishes;
    throw error;
  }
}
