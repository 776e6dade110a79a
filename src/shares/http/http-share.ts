import { msg } from "../../base/message.ts";
import type { Host } from "../../host/host.ts";
import { fetchPart, fetchText } from "../../host/http.ts";
import { parseWebUrl, urlBelow, withoutSecrets } from "../../network/web-url.ts";
import { attachRemote } from "../remote/attach-remote.ts";
import type { MountedShare, MountWish, Share, ShareDriver } from "../share-driver.ts";
import { HttpTree } from "./http-tree.ts";

/** What the child that serves it is to open. */
export interface HttpWish {
  readonly url: string;
  readonly tries: number;
  /** A file that should be there: its absence is no failure, but anything else that goes wrong with it is. */
  readonly expected: string;
  readonly patienceMs?: number | undefined;
}

async function mountDirectory(url: string, wish: MountWish): Promise<MountedShare> {
  const { host, modules, target, tries, expected, patienceMs } = wish;
  await modules.require("fuse");
  const share = httpAt(url);
  const open: HttpWish = { url, tries, expected, patienceMs };
  const unmount = await attachRemote(host, { protocol: httpShare.protocol, source: share.name, target, open });
  return { how: msg`read in parts`, share, unmount };
}

function httpAt(url: string): Share {
  return {
    ...{ driver: httpShare, server: new URL(url).hostname, text: url, name: withoutSecrets(url) },
    below: (more) => httpAt(more === "" ? url : urlBelow(url, more)),
    mount: (wish) => mountDirectory(url, wish),
  };
}

/** Web servers that give parts of files (ranges). */
export const httpShare: ShareDriver = {
  protocol: "http",
  syntax: ["http://SERVER/DIR", "https://SERVER/DIR"],
  takes: "nothing",
  needs: { tools: [], modules: ["fuse"] },
  parse(text) {
    const url = parseWebUrl(text);
    return url === undefined ? undefined : httpAt(url);
  },
  openTree(host: Host, wish, log) {
    const { url, tries, expected, patienceMs } = wish as HttpWish;
    return HttpTree.open({ host, fetchPart, fetchText, log, patienceMs }, url, tries, expected);
  },
};
