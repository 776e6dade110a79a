/** `MAJOR:MINOR` of a number as stat(2) gives it. Source: glibc, bits/sysmacros.h. */
export function deviceNumber(dev: number): string {
  const big = BigInt(dev);
  const major = ((big >> 8n) & 0xfffn) | ((big >> 32n) & ~0xfffn);
  const minor = (big & 0xffn) | ((big >> 12n) & ~0xffn);
  return `${major}:${minor}`;
}
