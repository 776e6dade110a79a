import type { Host } from "../host/host.ts";

/** Where dnf 4 and 5 look for repositories. */
const DIRECTORIES = ["/etc/yum.repos.d", "/etc/yum/repos.d", "/etc/distro.repos.d", "/usr/share/dnf5/repos.d"] as const;
const MAIN = "/etc/dnf/dnf.conf";

/** What `gpgcheck` (dnf 5: `pkg_gpgcheck`, too) of a section says; undefined: nothing. */
function gpgcheckIn(text: string, wanted: string): boolean | undefined {
  let section = "";
  let says: boolean | undefined;
  for (const line of text.split("\n")) {
    section = /^\[([^\]]+)\]/.exec(line)?.[1] ?? section;
    const value = section === wanted ? /^(?:pkg_)?gpgcheck\s*[=:]\s*(\S+)/i.exec(line)?.[1] : undefined;
    if (value !== undefined) says = !/^(0|no|false|off)$/i.test(value);
  }
  return says;
}

/** Whether the configuration of dnf says that packages of a repository need no signature. */
export function isUnchecked(host: Host, id: string): boolean {
  const files = DIRECTORIES.flatMap((directory) => host.list(directory).map((name) => `${directory}/${name}`));
  const said = files
    .filter((file) => file.endsWith(".repo"))
    .map((file) => gpgcheckIn(host.tryReadText(file) ?? "", id))
    .filter((says) => says !== undefined);
  // What nothing is said about is checked, though dnf 4 would not.
  const says = said.length > 0 ? said : [gpgcheckIn(host.tryReadText(MAIN) ?? "", "main") ?? true];
  return !says.includes(true);
}
