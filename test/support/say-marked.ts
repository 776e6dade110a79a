/** Prints the manual page with every translated sentence between ⟦ and ⟧: what is outside is in no catalog. */
import { tellIn } from "../../src/base/message.ts";

const texts = new Proxy<Record<string, string>>({}, { get: (_, key) => `⟦${String(key)}⟧` });
tellIn({ language: "fr", texts });
// Tables are told while they are loaded.
const { runProgram } = await import("../../src/commands/program.ts");
process.exitCode = await runProgram("mondo", ["man"]);
