/** One line of /proc/self/mountinfo. Source: proc(5). */
export interface MountLine {
  readonly mountPoint: string;
  readonly type: string;
  readonly source: string;
  readonly readOnly: boolean;
}

const decodeOctal = (text: string) =>
  text.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)));

/** Pure: the mounts of /proc/self/mountinfo, in the order in which they were made. */
export function parseMountInfo(text: string): MountLine[] {
  return text
    .split("\n")
    .filter((line) => line.includes(" - "))
    .map((line) => {
      const [before = "", after = ""] = line.split(" - ", 2);
      const fields = before.split(" ");
      const [type = "", source = "", options = ""] = after.split(" ");
      const flags = [...(fields[5] ?? "").split(","), ...options.split(",")];
      return {
        mountPoint: decodeOctal(fields[4] ?? ""),
        type,
        source: decodeOctal(source),
        readOnly: flags.includes("ro"),
      };
    });
}

/** The rescue system runs on these: they stay mounted. */
const OWN = new Set(["/", "/proc", "/sys", "/dev", "/dev/pts", "/dev/shm", "/run"]);

/** Pure: what to unmount before the machine stops, innermost first. */
export function mountsToRelease(text: string): MountLine[] {
  return parseMountInfo(text)
    .filter(({ mountPoint }) => !OWN.has(mountPoint))
    .reverse();
}
