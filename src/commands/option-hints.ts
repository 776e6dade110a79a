import { msg } from "../base/message.ts";
import type { SettingHints } from "../network/setting.ts";
import type { MountWish, Share } from "../shares/share-driver.ts";

const shareHints = {
  write: (form: string, option: string) => ({
    share: msg`give another ${option} ${form}`,
    kernel: msg`write to a local directory (-i -d DIR)`,
  }),
  read: (form: string) => ({
    share: msg`name another SET, such as ${form}`,
    kernel: msg`copy the ISO to this machine`,
  }),
} as const;

/**
 * How settings are changed for a command that was given a share. Cards and addresses are those of the running system.
 */
export function optionHints({ driver }: Share, access: MountWish["access"]): SettingHints {
  const ipAddress = msg`give this machine another address (ip address)`;
  return {
    ...shareHints[access](driver.syntax[0], driver.takes === "objects" ? "--to" : "-n"),
    card: msg`use another network card (ip link)`,
    bond: msg`change the bond (ip link)`,
    address: ipAddress,
    address6: ipAddress,
    gateway: msg`give this machine a route to it (ip route)`,
    "name-server": msg`look at /etc/resolv.conf`,
    ssh: msg`install it (apt-get install openssh-client)`,
    "ssh-key": msg`let the server know a key of this machine (ssh-copy-id)`,
    certificates: msg`add its authority to those of this machine (update-ca-certificates, or update-ca-trust)`,
  };
}
