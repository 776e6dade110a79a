/** Address of one card, as `ipconf=` gives it. */
export type IpConf =
  | { readonly device: string; readonly method: "dhcp" }
  | {
      readonly device: string;
      readonly method: "static";
      readonly address: string;
      readonly netmask: string;
      readonly broadcast: string;
      readonly gateway: string;
    };

const DEVICE = /^[^\s:/]{1,15}$/;

/** An IPv4 address as a number; `undefined` when it isn't one. */
function parseIpv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** Ones, then zeros. */
function isNetmask(mask: number): boolean {
  const inverted = 0xffffffff - mask;
  return (inverted & (inverted + 1)) === 0;
}

/** `DEV:dhcp` or `DEV:IP:NETMASK:BROADCAST:GATEWAY`; `undefined` for anything else. */
export function parseIpConf(text: string): IpConf | undefined {
  const [device = "", address = "", netmask = "", broadcast = "", gateway = "", ...rest] = text.split(":");
  if (!DEVICE.test(device)) return undefined;
  if (address === "dhcp" && netmask === "" && text === `${device}:dhcp`) return { device, method: "dhcp" };
  const mask = parseIpv4(netmask);
  const others = [address, broadcast, gateway].map(parseIpv4);
  if (rest.length > 0 || mask === undefined || !isNetmask(mask) || others.includes(undefined)) return undefined;
  return { device, method: "static", address, netmask, broadcast, gateway };
}

/** `SERVER:/EXPORT`, a bracketed IPv6 address included; `undefined` for anything else. */
export function parseNfsMount(text: string): { readonly server: string; readonly path: string } | undefined {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+):(\/\S*)$/.exec(text);
  return match ? { server: match[1] ?? "", path: match[2] ?? "" } : undefined;
}
