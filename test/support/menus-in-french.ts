/** Prints the menus that machines start from, with signs in every sentence that boot loaders give a meaning to. */
import { tellIn } from "../../src/base/message.ts";

const texts = new Proxy<Record<string, string>>(
  {},
  { get: (_, key) => `l'« ${String(key)} » d'"hier" $root \\ ; {#}` },
);
tellIn({ language: "fr", texts });
// Tables are told while they are loaded.
const { stickConfig } = await import("../../src/drivers/media/stick-menu.ts");
const { networkGrubConfig } = await import("../../src/pxe/grub-config.ts");
const { ipxeScript } = await import("../../src/pxe/ipxe.ts");
const { pxelinuxConfig } = await import("../../src/pxe/pxelinux.ts");
const { site } = await import("../unit/pxe/site.ts");
const machine = { name: "web1", date: "2026-11-30", set: "s", directory: "/web1", restoreByDefault: false };
console.log(
  JSON.stringify({
    grub: [stickConfig([], "u"), stickConfig([machine], "u"), networkGrubConfig(site)],
    ipxe: ipxeScript(site),
    pxelinux: pxelinuxConfig(site, site.set),
  }),
);
