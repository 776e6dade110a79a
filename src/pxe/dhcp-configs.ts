import { formatIpv4, parseIpv4 } from "../base/ipv4.ts";
import { msg } from "../base/message.ts";
import { MADE_BY, type PxeSite, SERVER_PLACEHOLDER } from "./site.ts";

/**
 * Boot programs by the firmware's architecture (DHCP option 93). Source: RFC 4578, 2.1; IANA processor architecture
 * types.
 */
export const bootFiles = {
  bios: "pxelinux.0",
  efi: "bootx64.efi",
  efiHttp: "grub-http.efi",
  ipxe: "boot.ipxe",
} as const;

const serverOf = ({ server }: PxeSite) => server ?? SERVER_PLACEHOLDER;
const PLACEHOLDER_RANGE = { first: "FIRST-ADDRESS", last: "LAST-ADDRESS", netmask: "255.255.255.0" };
const rangeOf = ({ range }: PxeSite) => range ?? PLACEHOLDER_RANGE;

/** Machines with a given address: they boot over the network with that one, too. */
function fixed({ machines }: PxeSite): { mac: string; address: string; name: string }[] {
  return machines.flatMap(({ mac, set, ipconf }) =>
    ipconf?.method === "static" ? [{ mac, address: ipconf.address, name: set.prefix }] : [],
  );
}

const network = (address: string, netmask: string): string => {
  const [host, mask] = [parseIpv4(address), parseIpv4(netmask)];
  return host === undefined || mask === undefined ? "NETWORK-ADDRESS" : formatIpv4((host & mask) >>> 0);
};

function dnsmasqHead(site: PxeSite, what: string): string[] {
  return [
    `# ${MADE_BY}: ${what}`,
    "port=0",
    "log-dhcp",
    "leasefile-ro",
    ...(site.device === undefined ? [] : [`interface=${site.device}`, "bind-interfaces"]),
    "enable-tftp",
    `tftp-root=${site.directory}`,
  ];
}

/** dnsmasq as the only DHCP server of its network: it assigns addresses and says what to boot. Source: dnsmasq(8). */
export function dnsmasqFull(site: PxeSite): string {
  const { first, last, netmask } = rangeOf(site);
  const server = serverOf(site);
  return `${[
    ...dnsmasqHead(site, msg`the DHCP server of this network (no other may answer there)`),
    `dhcp-range=${first},${last},${netmask},1h`,
    ...fixed(site).map(({ mac, address }) => `dhcp-host=${mac},${address}`),
    "dhcp-match=set:efi,option:client-arch,7",
    "dhcp-match=set:efi,option:client-arch,9",
    "dhcp-match=set:efihttp,option:client-arch,16",
    `dhcp-boot=tag:!efi,tag:!efihttp,${bootFiles.bios}`,
    `dhcp-boot=tag:efi,${bootFiles.efi}`,
    msg`# HTTP boot of UEFI: a web server on this machine must serve the same directory.`,
    "dhcp-option-force=tag:efihttp,60,HTTPClient",
    `dhcp-boot=tag:efihttp,http://${server}/${bootFiles.efiHttp}`,
    msg`# For machines that run iPXE, its menu instead:`,
    `#dhcp-match=set:ipxe,175`,
    `#dhcp-boot=tag:ipxe,${bootFiles.ipxe}`,
  ].join("\n")}\n`;
}

/**
 * dnsmasq next to another DHCP server, which still assigns the addresses: it only says what to boot. Source:
 * dnsmasq(8), --pxe-service.
 */
export function dnsmasqProxy(site: PxeSite): string {
  const name = '"Mondo rescue"';
  return `${[
    ...dnsmasqHead(site, msg`next to the DHCP server of this network, which assigns the addresses`),
    `dhcp-range=${serverOf(site)},proxy`,
    `pxe-service=x86PC,${name},${bootFiles.bios}`,
    `pxe-service=BC_EFI,${name},${bootFiles.efi}`,
    `pxe-service=X86-64_EFI,${name},${bootFiles.efi}`,
  ].join("\n")}\n`;
}

/** dhcpd.conf of ISC. Source: dhcpd.conf(5), dhcp-options(5). */
export function iscConfig(site: PxeSite): string {
  const { first, last, netmask } = rangeOf(site);
  const hosts = fixed(site).map(
    ({ mac, address, name }, at) =>
      `host ${name.replace(/[^A-Za-z0-9-]/g, "-")}-${at + 1} { hardware ethernet ${mac}; fixed-address ${address}; }`,
  );
  return `${[
    msg`# ${MADE_BY}: for the dhcpd.conf of ISC DHCP`,
    "option arch code 93 = unsigned integer 16;",
    `subnet ${network(first, netmask)} netmask ${netmask} {`,
    `  range ${first} ${last};`,
    `  next-server ${serverOf(site)};`,
    "  if option arch = 00:07 or option arch = 00:09 {",
    `    filename "${bootFiles.efi}";`,
    "  } elsif option arch = 00:10 {",
    '    option vendor-class-identifier "HTTPClient";',
    `    filename "http://${serverOf(site)}/${bootFiles.efiHttp}";`,
    "  } else {",
    `    filename "${bootFiles.bios}";`,
    "  }",
    "}",
    ...hosts,
  ].join("\n")}\n`;
}

/** kea-dhcp4.conf. Source: Kea Administrator Reference Manual, "Client Classification" and "Host Reservation". */
export function keaConfig(site: PxeSite): string {
  const { first, last, netmask } = rangeOf(site);
  const server = serverOf(site);
  const length = (parseIpv4(netmask) ?? 0).toString(2).replaceAll("0", "").length;
  const tftp = (name: string, test: string, file: string) => ({
    ...{ name, test, "next-server": server, "boot-file-name": file },
  });
  const http = {
    name: "mondo-efi-http",
    test: "option[93].hex == 0x0010",
    "boot-file-name": `http://${server}/${bootFiles.efiHttp}`,
    "option-data": [{ name: "vendor-class-identifier", data: "HTTPClient", "always-send": true }],
  };
  const subnet = {
    id: 1,
    subnet: `${network(first, netmask)}/${length}`,
    pools: [{ pool: `${first} - ${last}` }],
    reservations: fixed(site).map(({ mac, address }) => ({ "hw-address": mac, "ip-address": address })),
  };
  const dhcp4 = {
    "interfaces-config": { interfaces: [site.device ?? "*"] },
    "client-classes": [
      tftp("mondo-bios", "option[93].hex == 0x0000", bootFiles.bios),
      tftp("mondo-efi", "option[93].hex == 0x0007 or option[93].hex == 0x0009", bootFiles.efi),
      http,
    ],
    subnet4: [subnet],
  };
  return msg`// ${MADE_BY}: for kea-dhcp4.conf\n${JSON.stringify({ Dhcp4: dhcp4 }, null, 2)}\n`;
}
