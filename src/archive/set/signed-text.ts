/** A volume as it is signed: whatever medium it lies on. */
const placeless = ({ medium: _, ...volume }: Record<string, unknown>) => volume;

/**
 * What is signed of a manifest, from its text: compact JSON without what tells where it lies (a set may be copied from
 * its discs into a directory), its digest and its signature; a newline. What boots has a signature of its own.
 */
export function signedTextOf(manifest: string): string {
  const { digest: _, signature: _s, media: _m, boot: _b, ...rest } = JSON.parse(manifest);
  return `${JSON.stringify({ ...rest, volumes: rest.volumes.map(placeless) })}\n`;
}
