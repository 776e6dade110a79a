import { FUSE_HEAD_BYTES, FUSE_WRITE_BYTES } from "../../formats/network/fuse.ts";
import { serveFuse } from "../../host/fuse-device.ts";
import type { RemoteTree } from "./remote-tree.ts";
import { TreeServer } from "./serve-tree.ts";

/** Where a directory on a server is mounted, and its name in /proc/mounts. */
export interface RemotePlace {
  readonly source: string;
  readonly target: string;
}

/** Mounts a directory on a server and serves it until it is unmounted. `mounted` is called once it is mounted. */
export function serveRemote(
  tree: RemoteTree,
  place: RemotePlace,
  log: (text: string) => void,
  mounted: () => void,
): Promise<void> {
  const server = new TreeServer(tree, log);
  const bytes = FUSE_HEAD_BYTES + (tree.writer ? FUSE_WRITE_BYTES.most : FUSE_WRITE_BYTES.least);
  const answer = (request: Uint8Array, write: (bytes: Uint8Array) => void) => {
    void server.answer(request).then((done) => {
      if (done) write(done);
    });
  };
  return serveFuse({ ...place, readOnly: tree.writer === undefined }, bytes, answer, mounted);
}
