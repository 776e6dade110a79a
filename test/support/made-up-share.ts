/**
 * A program of its own, since the list of protocols holds for a whole process: adds the protocol test://SERVER/DIR to
 * that list and nowhere else, and shows as JSON what the rest of the program makes of it.
 */
import type { MountWish, Share, ShareDriver } from "../../src/shares/share-driver.ts";
import { shareDrivers } from "../../src/shares/share-drivers.ts";
import { fakeHost } from "./fake-host.ts";

const mounts: string[] = [];

async function mount({ text }: Share, { target, access }: MountWish) {
  mounts.push(`${text} on ${target} to ${access}`);
  return { how: "made up", share: shareAt(text), unmount: async () => void mounts.push("unmounted") };
}

function shareAt(text: string): Share {
  const share: Share = {
    ...{ driver, text, name: text, server: new URL(text).hostname },
    below: (path) => shareAt(text + path),
    mount: (wish) => mount(share, wish),
  };
  return share;
}

const driver: ShareDriver = {
  protocol: "test",
  syntax: ["test://SERVER/DIR"],
  takes: "files",
  needs: { tools: ["test-tool"], modules: ["test-module"] },
  parse: (text) => (text.startsWith("test://") ? shareAt(text) : undefined),
};
(shareDrivers as ShareDriver[]).push(driver);

// What reads the list when it is loaded must find the protocol there.
const { imageRequestOf } = await import("../../src/backup/image-request.ts");
const { decodeArchiveOptions } = await import("../../src/commands/archive-options.ts");
const { archiveSpec } = await import("../../src/commands/archive-spec.ts");
const { parseWords } = await import("../../src/commands/parse.ts");
const { sharedWord } = await import("../../src/commands/with-shared-set.ts");
const { SET_HELP } = await import("../../src/commands/set-words.ts");
const { listCommand } = await import("../../src/commands/list-command.ts");
const { forBackup, withShare } = await import("../../src/commands/with-share.ts");
const { attachShare } = await import("../../src/init/medium/attach-share.ts");
const { newNetworkSession } = await import("../../src/init/network/network-session.ts");
const { parseBootOptions } = await import("../../src/init/words/boot-options.ts");
const { renderBootWords } = await import("../../src/init/words/boot-words.ts");
const { sharedPlace } = await import("../../src/shares/share-words.ts");

const host = fakeHost({ files: { "/proc/self/mountinfo": "" } });
const { share } = decodeArchiveOptions(parseWords(archiveSpec, ["-O", "-n", "test://nas/b", "-p", "web1"]), true);
const written = share && (await withShare(host, share, forBackup, async ({ archived }) => archived("/monday")));
const { network, complaints } = parseBootOptions(`mondo.source=${written?.source}/web1-1.iso`);
const place = sharedPlace(network.source ?? "");
const rescue = { host, modules: {}, identity: {}, network: newNetworkSession(network) };
if (place) await attachShare(rescue as unknown as Parameters<typeof attachShare>[0], place);
const listed = parseWords(listCommand.spec, ["test://nas/b/web1-1.iso", "/etc"]);
const set = sharedWord(listCommand.spec, host, listed);
const seed = { set: "", host: "", created: 0, network: { source: "test://nas/b", prefix: "web1" } };
const request = imageRequestOf({ version: 1, nodes: [] }, seed, {} as Parameters<typeof imageRequestOf>[2]);

console.log(
  JSON.stringify({
    ...{ written, complaints, image: place?.image, mounts, needs: request.needs.at(-1) },
    set: [set?.place.share.text, set?.place.image, set?.replacedBy("/x/web1-1.iso").operands],
    isInHelp: [renderBootWords(80), JSON.stringify(archiveSpec), SET_HELP].map((help) =>
      help.includes(driver.syntax[0]),
    ),
  }),
);
