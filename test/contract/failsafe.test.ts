import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { silentReporter } from "../../src/base/report.ts";
import type { Host } from "../../src/host/host.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { failsafeKernel } from "../../src/image/failsafe.ts";
import { needing } from "../support/needing.ts";

const root = mkdtempSync(join(tmpdir(), "mondo-failsafe-"));
test.after(() => rmSync(root, { recursive: true, force: true }));

const version = "6.12.1-test";
const here = (...names: string[]) => names.every((name) => linuxHost().which(name) !== undefined);

/** As much of a kernel as tells its version. */
function kernelHead(): Uint8Array {
  const bytes = Buffer.alloc(4096);
  bytes.write("HdrS", 0x202, "latin1");
  bytes.writeUInt16LE(0x600, 0x20e);
  bytes.write(`${version} (somebody)\0`, 0x800, "latin1");
  return bytes;
}

/** The files of a kernel package: `modules` has no modules.dep, and `kernel` is the kernel's file. */
function kernelFiles(content: string, modules: string, kernel: string | undefined): void {
  mkdirSync(join(content, modules, version, "kernel"), { recursive: true });
  for (const list of ["modules.order", "modules.builtin"]) writeFileSync(join(content, modules, version, list), "");
  if (kernel === undefined) return;
  mkdirSync(join(content, kernel, ".."), { recursive: true });
  writeFileSync(join(content, kernel), kernelHead());
}

/** A package as Debian's: its modules lie in `modules`. */
function debPackage(name: string, modules: string): string {
  const content = join(root, name);
  kernelFiles(content, modules, `boot/vmlinuz-${version}`);
  mkdirSync(join(content, "DEBIAN"));
  const control = `Package: ${name}\nVersion: 1\nArchitecture: all\nMaintainer: nobody\nDescription: a kernel\n`;
  writeFileSync(join(content, "DEBIAN/control"), control);
  const file = `${content}.deb`;
  execFileSync("dpkg-deb", ["--root-owner-group", "--build", content, file], { stdio: "pipe" });
  return file;
}

/** This machine with one package manager, which is called with further options. */
function onlyWith(tools: readonly string[], options: Readonly<Record<string, readonly string[]>>): Host {
  const host = linuxHost();
  const others = ["apt-get", "dnf", "zypper", "pacman"].filter((name) => !tools.includes(name));
  return {
    ...host,
    which: (name) => (others.includes(name) ? undefined : host.which(name)),
    run(command) {
      const [tool = "", ...rest] = command.argv;
      return host.run({ ...command, argv: [tool, ...(options[tool] ?? []), ...rest] });
    },
  };
}

/** This machine, whose apt has the one package. */
function hostWithDeb(name: string, file: string): Host {
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
    const host = hostWithDeb(name, debPackage(name, modules));
    const kernel = await failsafeKernel(host, join(root, "cache", release), silentReporter);
    assert.is(kernel.version, version);
    assert.ok(host.exists(join(kernel.modules, "modules.dep")));
  });
}

/** A repository of RPM packages, each with its files. */
function rpmRepository(
  name: string,
  packages: Readonly<Record<string, { modules: string; kernel?: string }>>,
  change: (file: string) => void = () => {},
): string {
  const [work, repository] = [join(root, `${name}-work`), join(root, name)];
  mkdirSync(repository, { recursive: true });
  for (const [title, { modules, kernel }] of Object.entries(packages)) {
    const content = join(work, title);
    kernelFiles(content, modules, kernel);
    const top = modules.split("/")[0];
    const spec = `Name: ${title}\nVersion: 6.12.1\nRelease: 4.el9\nSummary: kernel\nLicense: GPL
%global __os_install_post %{nil}\nAutoReqProv: no\n%description\nkernel\n%install\nmkdir -p %{buildroot}
cp -a ${content}/. %{buildroot}\n%files\n/${top}\n${kernel?.startsWith("boot") ? "/boot\n" : ""}`;
    writeFileSync(join(work, `${title}.spec`), spec);
    const defined = ["--define", `_topdir ${work}`, "--define", `_rpmdir ${repository}`, "--target", "x86_64"];
    execFileSync("rpmbuild", ["-bb", ...defined, join(work, `${title}.spec`)], { stdio: "pipe" });
    change(join(repository, "x86_64", `${title}-6.12.1-4.el9.x86_64.rpm`));
  }
  execFileSync("createrepo_c", ["-q", repository], { stdio: "pipe" });
  return repository;
}

const RED_HAT = {
  "kernel-core": { modules: "lib/modules", kernel: `lib/modules/${version}/vmlinuz` },
  "kernel-modules-core": { modules: "lib/modules" },
  "kernel-modules": { modules: "lib/modules" },
};

/** This machine with dnf alone, which knows the one repository. */
function dnfWith(repository: string): Host {
  const [own, file] = [`${repository}-dnf`, `${repository}.conf`];
  const places = ["cachedir", "persistdir", "logdir"].map((name) => `${name}=${own}`).join("\n");
  const main = `[main]\ngpgcheck=0\nreposdir=/nonexistent\nreleasever=9\n${places}\n`;
  writeFileSync(file, `${main}[ours]\nname=ours\nbaseurl=file://${repository}\n`);
  return onlyWith(["dnf"], { dnf: ["-c", file] });
}

const dnfTest = needing(test, here("dnf", "rpmbuild", "createrepo_c"));

dnfTest("failsafeKernel() takes the packages of RHEL's kernel from dnf, whose download plugin is missing", async () => {
  const host = dnfWith(rpmRepository("redhat", RED_HAT));
  const cache = join(root, "cache/redhat");
  const kernel = await failsafeKernel(host, cache, silentReporter);
  assert.is(kernel.version, version);
  assert.is(kernel.path, join(cache, "failsafe/kernel-core-6.12.1-4.el9/lib/modules", version, "vmlinuz"));
  assert.ok(host.exists(join(kernel.modules, "modules.dep")));
  const asked: string[] = [];
  const counting: Host = {
    ...host,
    run(command) {
      asked.push(command.argv[2] ?? "");
      return host.run(command);
    },
  };
  const again = await failsafeKernel(counting, cache, silentReporter);
  assert.equal(asked, ["repoquery"]);
  assert.equal(again, kernel);
});

dnfTest("failsafeKernel() refuses an RPM package with another content than it was built with", async () => {
  const damage = (file: string) => {
    const bytes = readFileSync(file);
    bytes[bytes.length - 9] = (bytes[bytes.length - 9] ?? 0) ^ 0xff;
    writeFileSync(file, bytes);
  };
  const host = dnfWith(rpmRepository("damaged", { kernel: RED_HAT["kernel-core"] }, damage));
  const cache = join(root, "cache/damaged");
  try {
    await failsafeKernel(host, cache, silentReporter);
    assert.unreachable();
  } catch (error) {
    assert.match(String(error), "rpm doesn't accept the signature or the digests of kernel-6.12.1-4.el9.x86_64.rpm");
    assert.equal(host.list(join(cache, "failsafe")), []);
  }
});

needing(test, here("zypper", "rpmbuild", "createrepo_c"))(
  "failsafeKernel() takes SUSE's kernel-default from zypper",
  async () => {
    const files = { modules: "usr/lib/modules", kernel: `usr/lib/modules/${version}/vmlinuz` };
    const repository = rpmRepository("suse", { "kernel-default": files });
    const repos = join(root, "suse-repos");
    mkdirSync(repos);
    const lines = ["[ours]", "name=ours", "enabled=1", "autorefresh=0", `baseurl=dir://${repository}`, "gpgcheck=0"];
    writeFileSync(join(repos, "ours.repo"), `${lines.join("\n")}\n`);
    const host = onlyWith(["zypper"], { zypper: ["--reposd-dir", repos, "--cache-dir", join(root, "suse-cache")] });
    const home = join(root, "cache/suse/failsafe/kernel-default-6.12.1-4.el9");
    const kernel = await failsafeKernel(host, join(root, "cache/suse"), silentReporter);
    assert.is(kernel.version, version);
    assert.is(kernel.path, join(home, "lib/modules", version, "vmlinuz"));
    assert.ok(host.exists(join(home, "usr/lib/modules", version, "modules.dep")));
  },
);

/** A repository of pacman with a package of a kernel. */
function pacmanRepository(): string {
  const [content, repository, lists] = [join(root, "arch-package"), join(root, "arch"), join(root, "arch-lists")];
  const file = "linux-6.12.1.arch1-1-x86_64.pkg.tar.zst";
  kernelFiles(content, "usr/lib/modules", `usr/lib/modules/${version}/vmlinuz`);
  const info = ["pkgname = linux", "pkgver = 6.12.1.arch1-1", "arch = x86_64", "size = 2", "depend = coreutils"];
  writeFileSync(join(content, ".PKGINFO"), `${info.join("\n")}\n`);
  mkdirSync(repository);
  const packed = join(repository, file);
  execFileSync("bsdtar", ["-c", "--zstd", "-f", packed, "-C", content, ".PKGINFO", "usr"], { stdio: "pipe" });
  const bytes = readFileSync(packed);
  const fields = {
    FILENAME: file,
    NAME: "linux",
    VERSION: "6.12.1.arch1-1",
    CSIZE: bytes.length,
    SHA256SUM: createHash("sha256").update(bytes).digest("hex"),
    ARCH: "x86_64",
    DEPENDS: "coreutils",
  };
  mkdirSync(join(lists, "linux-6.12.1.arch1-1"), { recursive: true });
  const text = Object.entries(fields).map(([name, value]) => `%${name}%\n${value}\n`);
  writeFileSync(join(lists, "linux-6.12.1.arch1-1/desc"), `${text.join("\n")}\n`);
  execFileSync("bsdtar", ["-czf", join(repository, "core.db"), "-C", lists, "linux-6.12.1.arch1-1"], { stdio: "pipe" });
  return repository;
}

needing(test, here("pacman", "bsdtar"))("failsafeKernel() takes Arch's kernel from pacman", async () => {
  const [own, file] = [join(root, "pacman"), join(root, "pacman.conf")];
  for (const name of ["db", "cache"]) mkdirSync(join(own, name), { recursive: true });
  const options = [`DBPath=${own}/db`, `CacheDir=${own}/cache`, "SigLevel=Never", "Architecture=x86_64"];
  writeFileSync(file, `[options]\n${options.join("\n")}\n[core]\nServer=file://${pacmanRepository()}\n`);
  const host = onlyWith(["pacman"], { pacman: ["--config", file] });
  const cache = join(root, "cache/arch");
  try {
    await failsafeKernel(host, cache, silentReporter);
    assert.unreachable("its lists are empty");
  } catch (error) {
    assert.match(String(error), "pacman knows no kernel package: its lists may be empty (pacman -Sy)");
  }
  execFileSync("pacman", ["--config", file, "-Sy"], { stdio: "pipe" });
  const kernel = await failsafeKernel(host, cache, silentReporter);
  assert.is(kernel.version, version);
  assert.ok(kernel.path.startsWith(join(cache, "failsafe/linux-6.12.1.arch1-1/")), kernel.path);
});

test("failsafeKernel() says what a system without a package manager lacks", async () => {
  try {
    await failsafeKernel(onlyWith([], {}), join(root, "cache/none"), silentReporter);
    assert.unreachable();
  } catch (error) {
    assert.match(String(error), "none of apt-get, dnf, zypper and pacman");
  }
});

test.run();
