import { linuxHost } from "../host/linux.ts";
import { waitFor } from "../host/spawn.ts";
import { askOn } from "../ui/ask.ts";
import { openConsoles } from "./console.ts";
import { runPid1, WORKER_ROLE } from "./pid1.ts";
import { runShell } from "./shell.ts";

export async function runInit(): Promise<number> {
  const host = linuxHost();
  if (process.pid === 1) return runPid1(host);
  if (host.env[WORKER_ROLE] !== "worker") return 2;
  const cons = openConsoles(host);
  cons.write(`worker ${host.tryReadText("/proc/uptime")} ${cons.paths.join(" ")}\n`);
  const ask = askOn(cons);
  for (;;) {
    const x = await ask.menu(
      "What",
      [
        { key: "shell", label: "Shell" },
        { key: "end", label: "End" },
      ],
      "shell",
    );
    if (x === "end") return 3;
    cons.suspend(cons.lastUsed());
    await runShell(host, cons.lastUsed(), async (pid) => {
      for (;;) {
        const r = waitFor(pid);
        if (r) return r.status;
        await host.sleep(50);
      }
    });
    cons.resume(cons.lastUsed());
  }
}
