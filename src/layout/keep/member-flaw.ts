import { msg } from "../../base/message.ts";
import { calledOf } from "../graph.ts";
import type { LayoutNode } from "../types.ts";
import { type HeldPart, type MemberRole, SPARE } from "./held-part.ts";

/** A crash between two writes leaves members that differ by one; md and LVM take them as the same. */
const TOLERATED = 1;

/**
 * Why members of a volume, or parts of a file system on several devices, don't make it as it was. `gives` are the nodes
 * that it has to give, by UUID.
 */
export function memberFlaw(
  what: string,
  members: readonly HeldPart[],
  gives: ReadonlyMap<string, LayoutNode>,
): string | undefined {
  const roles = members.flatMap(({ role }) => role ?? []);
  const [first, ...rest] = roles;
  if (!first) return undefined;
  const newest = rest.reduce<MemberRole>((a, b) => (b.age > a.age ? b : a), first);
  if (roles.some(({ age }) => age < newest.age - TOLERATED))
    return msg`a member of ${what} was left behind by the others`;
  const there = new Set(roles.map(({ own }) => own).filter((own) => own !== SPARE)).size;
  if (there < newest.total) return msg`of ${what}, ${there} of ${newest.total} members are here`;
  const lost = [...gives].find(([uuid]) => newest.gives !== undefined && !newest.gives.includes(uuid))?.[1];
  return lost && msg`${what} no longer has ${calledOf(lost)}`;
}
