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

/** This machine with dnf alone, which knows the one repository; RPM knows the keys of `keys`, if any. */
function dnfWith(repository: string, gpgcheck: 0 | 1, keys?: string): Host {
  const [own, repos] = [`${repository}-dnf`, `${repository}-repos`];
  mkdirSync(repos);
  const [main, ours] = [join(root, "dnf.conf"), join(repos, "ours.repo")];
  const places = ["cachedir", "persistdir", "logdir"].map((name) => `${name}=${own}`).join("\n");
  writeFileSync(main, "[main]\ngpgcheck=1\n");
  writeFileSync(ours, `[ours]\nname=ours\nbaseurl=file://${repository}\ngpgcheck=${gpgcheck}\n`);
  // As the plugin `download` does, it does not check what it downloads.
  const config = `${own}.conf`;
  writeFileSync(config, `[main]\ngpgcheck=0\nreposdir=${repos}\nreleasever=9\n${places}\n`);
  const host = onlyWith(["dnf"], {
    dnf: ["-c", config, "--setopt=*.gpgcheck=0"],
    rpmkeys: keys ? ["--dbpath", keys] : [],
  });
  const here = (path: string) => path.replace("/etc/dnf/dnf.conf", main).replace("/etc/yum.repos.d", repos);
  return { ...host, list: (path) => host.list(here(path)), tryReadText: (path) => host.tryReadText(here(path)) };
}

/** A key that signs packages, and a database in which RPM knows it. */
function signer(): { keys: string; sign(file: string): void } {
  const [home, keys] = [join(root, "gnupg"), join(root, "keys")];
  mkdirSync(home, { mode: 0o700 });
  const gpg = (...words: string[]) => execFileSync("gpg", ["--homedir", home, "--batch", ...words], { stdio: "pipe" });
  gpg("--passphrase", "", "--quick-generate-key", "kernels@mondo.invalid", "rsa2048", "sign");
  writeFileSync(join(root, "key.asc"), gpg("--armor", "--export"));
  execFileSync("rpmkeys", ["--dbpath", keys, "--import", join(root, "key.asc")], { stdio: "pipe" });
  const defined = ["_gpg_name kernels@mondo.invalid", `_gpg_path ${home}`, "__gpg /usr/bin/gpg"];
  const options = defined.flatMap((text) => ["--define", text]);
  return { keys, sign: (file) => void execFileSync("rpmsign", [...options, "--addsign", file], { stdio: "pipe" }) };
}

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return String(error);
  }
  return assert.unreachable() as never;
}

const dnfTest = needing(test, here("dnf", "rpmbuild", "createrepo_c"));

dnfTest("failsafeKernel() takes the packages of RHEL's kernel from dnf, whose download plugin is missing", async () => {
  const host = dnfWith(rpmRepository("redhat", RED_HAT), 0);
  const cache = join(root, "cache/redhat");
  const warnings: string[] = [];
  const kernel = await failsafeKernel(host, cache, { ...silentReporter, warn: (text) => void warnings.push(text) });
  assert.equal(warnings, ["The signature of the fail-safe kernel is not checked: gpgcheck=0 holds for ours"]);
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
  const host = dnfWith(rpmRepository("damaged", { kernel: RED_HAT["kernel-core"] }, damage), 0);
  const cache = join(root, "cache/damaged");
  const why = await refusal(failsafeKernel(host, cache, silentReporter));
  assert.match(why, "rpm doesn't accept the signature or the digests of kernel-6.12.1-4.el9.x86_64.rpm");
  assert.equal(host.list(join(cache, "failsafe")), []);
});

needing(test, here("dnf", "rpmbuild", "createrepo_c", "gpg"))(
  "failsafeKernel() takes RPM packages that are signed, and refuses one whose signature a mirror has stripped",
  async () => {
    const { keys, sign } = signer();
    const host = dnfWith(rpmRepository("signed", RED_HAT, sign), 1, keys);
    const kernel = await failsafeKernel(host, join(root, "cache/signed"), silentReporter);
    assert.is(kernel.version, version);
    const strip = (file: string) => {
      sign(file);
      if (file.includes("kernel-core")) execFileSync("rpmsign", ["--delsign", file], { stdio: "pipe" });
    };
    const stripped = dnfWith(rpmRepository("stripped", RED_HAT, strip), 1, keys);
    const cache = join(root, "cache/stripped");
    const why = await refusal(failsafeKernel(stripped, cache, silentReporter));
    assert.match(why, "rpm doesn't accept the signature or the digests of kernel-core-6.12.1-4.el9.x86_64.rpm");
    assert.equal(host.list(join(cache, "failsafe")), []);
  },
);

needing(test, here("zypper", "rpmbuild", "createrepo_c"))(
  "failsafeKernel() takes SUSE's kernel-default from zypper, which refuses it without a signature",
  async () => {
    const files = { modules: "usr/lib/modules", kernel: `usr/lib/modules/${version}/vmlinuz` };
    const repository = rpmRepository("suse", { "kernel-default": files });
    const repos = join(root, "suse-repos");
    mkdirSync(repos);
    const configure = (...checks: string[]) => {
      const lines = ["[ours]", "name=ours", "enabled=1", "autorefresh=0", `baseurl=dir://${repository}`, ...checks];
      writeFileSync(join(repos, "ours.repo"), `${lines.join("\n")}\n`);
    };
    const host = onlyWith(["zypper"], { zypper: ["--reposd-dir", repos, "--cache-dir", join(root, "suse-cache")] });
    configure("gpgcheck=1", "repo_gpgcheck=0", "pkg_gpgcheck=1");
    execFileSync("zypper", ["--reposd-dir", repos, "--cache-dir", join(root, "suse-cache"), "-n", "refresh"]);
    const why = await refusal(failsafeKernel(host, join(root, "cache/suse"), silentReporter));
    assert.match(why, "zypper downloaded nothing for kernel-default=6.12.1-4.el9");
    configure("gpgcheck=0");
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

needing(test, here("pacman", "bsdtar"))(
  "failsafeKernel() takes Arch's kernel from pacman, which checks as SigLevel says",
  async () => {
    const [own, file] = [join(root, "pacman"), join(root, "pacman.conf")];
    for (const name of ["db", "cache"]) mkdirSync(join(own, name), { recursive: true });
    const repository = pacmanRepository();
    const configure = (level: string) => {
      const options = [`DBPath=${own}/db`, `CacheDir=${own}/cache`, `SigLevel=${level}`, "Architecture=x86_64"];
      writeFileSync(file, `[options]\n${options.join("\n")}\n[core]\nServer=file://${repository}\n`);
    };
    configure("Required DatabaseOptional");
    const host = onlyWith(["pacman"], { pacman: ["--config", file] });
    const cache = join(root, "cache/arch");
    const empty = await refusal(failsafeKernel(host, cache, silentReporter));
    assert.match(empty, "pacman knows no kernel package: its lists may be empty (pacman -Sy)");
    execFileSync("pacman", ["--config", file, "-Sy"], { stdio: "pipe" });
    assert.match(
      await refusal(failsafeKernel(host, cache, silentReporter)),
      "linux-6.12.1.arch1-1 could not be fetched",
    );
    configure("Never");
    const kernel = await failsafeKernel(host, cache, silentReporter);
    assert.is(kernel.version, version);
    assert.ok(kernel.path.startsWith(join(cache, "failsafe/linux-6.12.1.arch1-1/")), kernel.path);
  },
);

test("failsafeKernel() says what a system without a package manager lacks", async () => {
  const why = await refusal(failsafeKernel(onlyWith([], {}), join(root, "cache/none"), silentReporter));
  assert.match(why, "none of apt-get, dnf, zypper and pacman");
});

test.run();
