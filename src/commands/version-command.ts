import { decodeText } from "../base/bytes.ts";
import { msg } from "../base/message.ts";
import { commit, version } from "../base/program-version.ts";
import { decompress } from "../host/decompress.ts";
import type { Command } from "./command.ts";

/** The word "mondo", compressed by the stock tools: what the built-in decoders must give back. */
const SAMPLES = {
  xz: "/Td6WFoAAAFpIt42AgAhARwAAAAQz1jMAQAFbW9uZG8KAAAAASBdiAABGgbF6sh5kEKZDQEAAAAAAVla",
  zst: "KLUv/QRYMQAAbW9uZG8K7lXMWA==",
  gz: "H4sIAAAAAAACA8vNz0vJ5wIAASBdiAYAAAA=",
} as const;

/** One line: version, commit and runtime. */
export const versionLine = (): string => `mondo ${version} (commit ${commit}, Bun ${Bun.version})\n`;

/** `mondo version`: the version line, and whether each built-in decoder works here. */
export const versionCommand: Command = {
  spec: {
    name: "version",
    summary: msg`print the version, and try the built-in decoders`,
    usage: "",
    description: [
      msg`Prints version, commit and Bun version, then decodes a sample with each built-in decoder (xz, zst, gz).`,
    ],
    options: [],
  },
  async run({ write }) {
    write(versionLine());
    for (const kind of ["xz", "zst", "gz"] as const) {
      const text = decodeText(await decompress(kind, Buffer.from(SAMPLES[kind], "base64"), msg`the ${kind} sample`));
      const works = text === "mondo\n";
      write(`${works ? msg`${kind} decoder: works` : msg`${kind} decoder: gave "${text}"`}\n`);
      if (!works) return 1;
    }
    return 0;
  },
};
