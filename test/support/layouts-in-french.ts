/**
 * Describes every recorded machine with all sentences translated to ⟦…⟧, and prints the names of those whose layout is
 * another than the recorded one.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { tellIn } from "../../src/base/message.ts";

const texts = new Proxy<Record<string, string>>({}, { get: (_, key) => `⟦${String(key)}⟧` });
tellIn({ language: "fr", texts });
// Tables are told while they are loaded.
const { layoutFrom } = await import("../../src/probe/layout-from.ts");
const machines = join(import.meta.dirname, "../machines");
for (const name of readdirSync(machines)) {
  const read = (file: string) => readFileSync(join(machines, name, file), "utf8");
  if (`${JSON.stringify(layoutFrom(JSON.parse(read("facts.json"))), null, 1)}\n` !== read("layout.json"))
    console.log(name);
}
