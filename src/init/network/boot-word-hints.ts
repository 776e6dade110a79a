import type { SettingHints } from "../../network/setting.ts";

/** How settings are changed in the rescue: by boot words, or by typing their values when the network has failed. */
export const bootWordHints: SettingHints = {
  share: "give another place (nfsmount=, mondo.source=) or prefix=",
  card: "name another card in ipconf=, by its name or its hardware address",
  bond: "change bond=, such as bond=bond0:eth0,eth1:mode=active-backup",
  address: "give the address yourself: ipconf=DEV:IP:NETMASK:BROADCAST:GATEWAY",
  address6: "give the address yourself: ipconf=DEV:[ADDRESS]/64:[GATEWAY]",
  gateway: "give the gateway that leads to it in ipconf=DEV:IP:NETMASK:BROADCAST:GATEWAY",
  "name-server": "give a name server in nameserver=",
  kernel: "use the ISO as a disc or a stick",
  ssh: "use an image that has ssh: one whose backup was made with -n USER@SERVER:/DIR",
  "ssh-key": "give a key that the server knows in mondo.ssh-key=DEVICE:/PATH, or type the password",
  certificates:
    "add its authority to the machine that is saved (update-ca-certificates, or update-ca-trust) and back up again",
};
