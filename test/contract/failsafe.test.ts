import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { silentReporter } from "../../src/base/report.ts";
import type { Host } from "../../src/host/host.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { failsafeKernel } from "../../src/image/failsafe.ts";

const root = mkdtempSync(join(tmpdir(), "mondo-failsafe-"));
test.after(() => rmSync(root, { recursive: true, force: true }));

const version = "6.12.1-test";

/** As much of a kernel as tells its version. */
function kernelHead(): Uint8Array {
  const bytes = Buffer.alloc(4096);
  bytes.write("HdrS", 0x202, "latin1");
  bytes.writeUInt16LE(0x600, 0x20e);
  bytes.write(`${version} (debian)\0`, 0x800, "latin1");
  return bytes;
}

/** A package as Debian's: its modules lie in `modules`, which has no modules.dep. */
function kernelPackage(name: string, modules: string): string {
  const content = join(root, name);
  for (const directory of ["DEBIAN", "boot", `${modules}/${version}/kernel`]) {
    mkdirSync(join(content, directory), { recursive: true });
  }
  const control = `Package: ${name}\nVersion: 1\nArchitecture: all\nMaintainer: nobody\nDescription: a kernel\n`;
  writeFileSync(join(content, "DEBIAN/control"), control);
  writeFileSync(join(content, `boot/vmlinuz-${version}`), kernelHead());
  for (const list of ["modules.order", "modules.builtin"]) writeFileSync(join(content, modules, version, list), "");
  const file = `${content}.deb`;
  execFileSync("dpkg-deb", ["--root-owner-group", "--build", content, file], { stdio: "pipe" });
  return file;
}

/** This machine, whose apt has the one package. */
function hostWith(name: string, file: string): Host {
  const host = linuxHost();
  return {
    ...host,
    async run(command) {
      if (command.argv[0] === "apt-cache") return { code: 0, stdout: `x\n  Depends: ${name}\n`, stderr: "" };
      if (command.argv[0] !== "apt-get") return host.run(command);
      copyFileSync(file, join(command.cwd ?? "", `${name}.deb`));
      return { code: 0, stdout: "", stderr: "" };
    },
  };
}

for (const [release, modules] of [
  ["12", "lib/modules"],
  ["13", "usr/lib/modules"],
] as const) {
  test(`failsafeKernel() unpacks the package of Debian ${release}, whose modules lie in ${modules}`, async () => {
    const name = `linux-image-${release}`;
    const host = hostWith(name, kernelPackage(name, modules));
    const kernel = await failsafeKernel(host, join(root, "cache", release), silentReporter);
    assert.is(kernel.version, version);
    assert.ok(host.exists(join(kernel.modules, "modules.dep")));
  });
}

test.run();
