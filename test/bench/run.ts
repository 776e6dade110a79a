/**
 * Measures mondo beside its peers and prints Markdown tables, also into out/bench.md. Usage: bun test/bench/run.ts
 * [image] [archive] [growth] [rto] [--quick] [--rounds N] [--no-cold] [--usr MB] [--file MB] [--tiny FILES] [--trees
 * usr,text,random,tiny] [--with mondo,fsarchiver,restic,borg,dar,afio]
 * Without a name: image, archive and growth, of 200,000 files (quick: 20,000) unless --files 100000,1000000 says
 * otherwise; growth: --with mondo,restic,borg,tar. rto saves and restores whole machines in QEMU: --with
 * mondo,rear,rear-zstd,partclone --from iso,nfs
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { benchArchive } from "./archive.ts";
import { benchGrowth } from "./growth.ts";
import { benchImage } from "./image.ts";
import { benchRto } from "./rto.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    "no-cold": { type: "boolean", default: false },
    trees: { type: "string", default: "" },
    with: { type: "string", default: "" },
    usr: { type: "string" },
    file: { type: "string" },
    tiny: { type: "string" },
    files: { type: "string" },
    from: { type: "string", default: "" },
  },
});
const { quick } = values;
const rounds = Number(values.rounds ?? (quick ? 1 : 3));
const sizes = {
  usrMB: Number(values.usr ?? (quick ? 200 : 1500)),
  fileMB: Number(values.file ?? (quick ? 100 : 1000)),
  tinyFiles: Number(values.tiny ?? (quick ? 10_000 : 200_000)),
};
const files = (values.files ?? (quick ? "20000" : "200000")).split(",").map(Number);
for (const figure of [rounds, ...files, ...Object.values(sizes)]) {
  if (!Number.isInteger(figure) || figure < 1) throw new Error("rounds and sizes are whole numbers from 1 on");
}
const words = (list: string) => list.split(",").filter(Boolean);
const say = (line: string) => void process.stderr.write(`${line}\n`);

const benches: Readonly<Record<string, () => Promise<string>>> = {
  image: () => benchImage({ rounds, quick, say }),
  archive: () =>
    benchArchive({
      sizes,
      trees: words(values.trees),
      archivers: words(values.with),
      rounds,
      cold: !quick && !values["no-cold"],
      say,
    }),
  growth: () => benchGrowth({ files, savers: words(values.with), say }),
  rto: () =>
    benchRto({
      rounds: Number(values.rounds ?? 1),
      usrMB: sizes.usrMB,
      savers: words(values.with),
      targets: words(values.from),
      say,
    }),
};

const [processor] = cpus();
const parts = [`Medians of ${rounds}, in turn. ${cpus().length} × ${processor?.model ?? "processor"}.`];
for (const name of positionals.length > 0 ? positionals : ["image", "archive", "growth"]) {
  const bench = benches[name];
  if (!bench) throw new Error(`no benchmark "${name}": there are ${Object.keys(benches).join(", ")}`);
  parts.push(`## ${name}`, await bench());
}
const text = `${parts.join("\n\n")}\n`;
const out = join(import.meta.dirname, "../../out");
mkdirSync(out, { recursive: true });
writeFileSync(join(out, "bench.md"), text);
process.stdout.write(text);
