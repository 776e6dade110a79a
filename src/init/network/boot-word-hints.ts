import { msg } from "../../base/message.ts";
import type { SettingHints } from "../../network/setting.ts";

/** How settings are changed in the rescue: by boot words, or by typing their values when the network has failed. */
export const bootWordHints: SettingHints = {
  share: msg`give another place (nfsmount=, mondo.source=) or prefix=`,
  card: msg`name another card in ipconf=, by its name or its hardware address`,
  bond: msg`change bond=, such as bond=bond0:eth0,eth1:mode=active-backup`,
  address: msg`give the address yourself: ipconf=DEV:IP:NETMASK:BROADCAST:GATEWAY`,
  address6: msg`give the address yourself: ipconf=DEV:[ADDRESS]/64:[GATEWAY]`,
  gateway: msg`give the gateway that leads to it in ipconf=DEV:IP:NETMASK:BROADCAST:GATEWAY`,
  "name-server": msg`give a name server in nameserver=`,
  kernel: msg`use the ISO as a disc or a stick`,
  ssh: msg`use an image that has ssh: one whose backup was made with -n USER@SERVER:/DIR`,
  "ssh-key": msg`give a key that the server knows in mondo.ssh-key=DEVICE:/PATH, or type the password`,
  certificates: msg`add its authority to the machine that is saved (update-ca-certificates, or update-ca-trust) and back up again`,
};
