import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";

/** Absolute, without a trailing slash, without `.` or `..`. `option`: who named it. */
export function absolutePath(path: string, option: string): string {
  if (!path.startsWith("/"))
    throw new MondoError("usage", msg`${option} ${path} is not an absolute path`, { hint: msg`Write it from / on.` });
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes(".."))
    throw new MondoError("usage", msg`${option} ${path} contains ".."`, { hint: msg`Write the path out.` });
  return `/${parts.join("/")}`;
}
