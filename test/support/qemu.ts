import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Agent } from "./agent.ts";
import type { Architecture } from "./base-system.ts";
import { Qmp } from "./qmp.ts";
import { Serial } from "./serial.ts";
import { attempt, type Finished } from "./shell.ts";

export interface DiskDevice {
  readonly file: string;
  readonly format: "raw" | "qcow2";
  readonly bus: "virtio" | "nvme" | "scsi" | "usb";
  readonly serial: string;
  /** Logical and physical; 512 when absent. */
  readonly sectorBytes?: number;
  readonly bootIndex?: number;
  readonly readOnly?: boolean;
}

/** A network card, and what it is plugged into. */
export interface NetworkCard {
  /** `none`: QEMU runs in the namespace, but the machine has no card. */
  readonly card: "virtio-net-pci" | "e1000" | "rtl8139" | "none";
  /** The network namespace that QEMU runs in. */
  readonly namespace: string;
  /** Hardware address; the last byte is 01 when absent. */
  readonly mac?: string;
  /**
   * A tap device of the namespace. Absent: QEMU's user network, with DHCP, where 10.0.2.2 is the namespace's loopback.
   */
  readonly tap?: string;
  /** Of QEMU's user network: a TCP port of the namespace's loopback that leads to the same port of the machine. */
  readonly forward?: number;
  /** A port of a switch (see vlan-switch.ts), instead of the above. */
  readonly port?: { readonly socket: string; readonly number: number };
  /**
   * Start over this card: by what the tap's DHCP server says (`http`: of UEFI, by HTTP alone), or from this TFTP
   * directory.
   */
  readonly start?: "tap" | "http" | { readonly tftp: string; readonly file: string };
}

export interface MachineOptions {
  /** Holds the serial log, sockets, UEFI variables and screenshots of this machine. */
  readonly directory: string;
  readonly firmware: "bios" | "uefi";
  /** UEFI of a PC with Microsoft's keys, which starts what is signed alone. */
  readonly secureBoot?: boolean;
  /** Of its processor; `amd64` when absent. */
  readonly architecture?: Architecture;
  /** `pc` is a machine of the nineties, whose interrupts work without ACPI; q35 when absent. */
  readonly chipset?: "q35" | "pc";
  readonly disks: readonly DiskDevice[];
  /** An ISO in the CD drive. */
  readonly cdrom?: { readonly file: string; readonly bootIndex?: number; readonly bus?: "ide" | "scsi" };
  /** Drives of another kind, that an iSCSI target has: `iscsi://…`. */
  readonly iscsi?: readonly string[];
  readonly memoryMiB?: number;
  readonly cpus?: number;
  readonly cpu?: string;
  /** UEFI variables to start from; the machine writes to its own copy. */
  readonly variables?: string;
  readonly network?: NetworkCard;
  /** A second card, in the same namespace; give both a hardware address. */
  readonly secondNetwork?: NetworkCard;
  readonly kernel?: { readonly kernel: string; readonly initrd?: string; readonly words: string };
}

const fastCpu = "max,la57=off,erms=off,fsrm=off";

/** Its variables are written in system management mode alone, which the machine must have. */
const secureBoot = {
  machine: "q35,smm=on",
  property: ["-global", "driver=cfi.pflash01,property=secure,value=on"],
  code: "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd",
  variables: "/usr/share/OVMF/OVMF_VARS_4M.ms.fd",
};

/** Emulator and machine for a processor, with its screen; and where its firmware for UEFI lies. */
const platforms = {
  amd64: {
    base: (chipset: string = "q35") => ["qemu-system-x86_64", "-machine", chipset, "-cpu", fastCpu, "-vga", "std"],
    firmware: { code: "/usr/share/OVMF/OVMF_CODE_4M.fd", variables: "/usr/share/OVMF/OVMF_VARS_4M.fd" },
    cdBus: "ide",
  },
  arm64: {
    base: () => ["qemu-system-aarch64", "-machine", "virt", "-cpu", "cortex-a72"],
    firmware: { code: "/usr/share/AAVMF/AAVMF_CODE.fd", variables: "/usr/share/AAVMF/AAVMF_VARS.fd" },
    cdBus: "scsi",
  },
} as const;

function diskArguments(disk: DiskDevice, index: number): string[] {
  const id = `disk${index}`;
  const sectors = `,logical_block_size=${disk.sectorBytes},physical_block_size=${disk.sectorBytes}`;
  const more = `${disk.sectorBytes === undefined ? "" : sectors}${disk.bootIndex === undefined ? "" : `,bootindex=${disk.bootIndex}`}`;
  const device = {
    virtio: `virtio-blk-pci,drive=${id},serial=${disk.serial}${more}`,
    nvme: `nvme,drive=${id},serial=${disk.serial}${more}`,
    scsi: `scsi-hd,bus=scsi.0,drive=${id},serial=${disk.serial}${more}`,
    usb: `usb-storage,bus=usb.0,drive=${id},serial=${disk.serial},removable=on${more}`,
  }[disk.bus];
  const drive = `if=none,id=${id},file=${disk.file},format=${disk.format},cache=unsafe,discard=unmap`;
  return ["-drive", disk.readOnly ? `${drive},readonly=on` : drive, "-device", device];
}

function networkBackend({ tap, port, start, forward }: NetworkCard): string {
  if (port !== undefined) return `vde,sock=${port.socket},port=${port.number}`;
  if (tap !== undefined) return `tap,ifname=${tap},script=no,downscript=no`;
  if (forward !== undefined) return `user,hostfwd=tcp:127.0.0.1:${forward}-:${forward}`;
  return typeof start === "object" ? `user,tftp=${start.tftp},bootfile=${start.file}` : "user";
}

function networkArguments(network: NetworkCard, id: "net0" | "net1"): string[] {
  const { card, mac, start } = network;
  if (card === "none") return [];
  // HTTP boot is the firmware's own: the card's iPXE would come first.
  const rom = start === undefined || start === "http" ? ["romfile="] : [];
  const boot = [...rom, ...(start === undefined ? [] : ["bootindex=0"])];
  const noTftp = ["IPv4PXESupport", "IPv6PXESupport"].flatMap((name) => [
    "-fw_cfg",
    `name=opt/org.tianocore/${name},string=n`,
  ]);
  return [
    ...(start === "http" ? noTftp : []),
    "-netdev",
    `${networkBackend(network)},id=${id}`,
    "-device",
    `${card},netdev=${id},mac=${mac ?? "52:54:00:4d:4f:01"},${boot.join(",")}`,
  ];
}

/** Where the firmware of a machine lies, and the variables that a new one has. */
const firmwareOf = ({ architecture, secureBoot: isSecure }: MachineOptions) =>
  isSecure ? secureBoot : platforms[architecture ?? "amd64"].firmware;

function firmwareArguments(options: MachineOptions, variables: string): string[] {
  return [
    ...(options.secureBoot ? secureBoot.property : []),
    ...["-drive", `if=pflash,format=raw,unit=0,readonly=on,file=${firmwareOf(options).code}`],
    ...["-drive", `if=pflash,format=raw,unit=1,file=${variables}`],
  ];
}

function commandLine(options: MachineOptions): string[] {
  const at = (name: string) => join(options.directory, name);
  const platform = platforms[options.architecture ?? "amd64"];
  const cdBus = options.cdrom?.bus ?? platform.cdBus;
  const cdBoot = options.cdrom?.bootIndex === undefined ? "" : `,bootindex=${options.cdrom.bootIndex}`;
  const { kernel, network, secondNetwork } = options;
  return [
    ...[
      ...platform.base(options.secureBoot ? secureBoot.machine : options.chipset),
      "-accel",
      "tcg,thread=multi,tb-size=512",
    ],
    ...(options.cpu === undefined ? [] : ["-cpu", options.cpu]),
    ...["-smp", String(options.cpus ?? 1), "-m", String(options.memoryMiB ?? 1024)],
    ...["-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"],
    ...["-device", "virtio-rng-pci", "-device", "virtio-scsi-pci,id=scsi", "-device", "qemu-xhci,id=usb"],
    ...["-device", "usb-kbd,bus=usb.0", "-boot", "menu=off,strict=on"],
    ...["-chardev", `socket,id=serial0,path=${at("serial.sock")},server=on,wait=off,logfile=${at("serial.log")}`],
    ...["-serial", "chardev:serial0", "-qmp", `unix:${at("qmp.sock")},server=on,wait=off`],
    ...["-device", "virtio-serial-pci", "-chardev", `socket,id=agent,path=${at("agent.sock")},server=on,wait=off`],
    ...["-device", "virtserialport,chardev=agent,name=mondo.agent"],
    ...(options.firmware === "bios" ? [] : firmwareArguments(options, at("variables.fd"))),
    ...options.disks.flatMap(diskArguments),
    ...(options.cdrom === undefined
      ? []
      : ["-drive", `if=none,id=cd,media=cdrom,readonly=on,file=${options.cdrom.file}`].concat([
          "-device",
          `${cdBus === "ide" ? "ide-cd" : "scsi-cd,bus=scsi.0"},drive=cd${cdBoot}`,
        ])),
    ...(options.iscsi ?? []).flatMap((url, index) => [
      ...["-drive", `if=none,id=iscsi${index},format=raw,file=${url}`],
      ...["-device", `scsi-generic,bus=scsi.0,drive=iscsi${index}`],
    ]),
    ...(network === undefined ? [] : networkArguments(network, "net0")),
    ...(secondNetwork === undefined ? [] : networkArguments(secondNetwork, "net1")),
    ...(kernel === undefined ? [] : ["-kernel", kernel.kernel, "-append", kernel.words]),
    ...(kernel?.initrd === undefined ? [] : ["-initrd", kernel.initrd]),
  ];
}

/**
 * A running QEMU. Every wait has a deadline; a broken one throws with the end of the serial log and a screenshot's
 * path.
 */
export class Machine {
  readonly directory: string;
  readonly serial: Serial;
  readonly agent: Agent;
  readonly qmp: Qmp;
  readonly #process: ChildProcess;

  private constructor(directory: string, child: ChildProcess, serial: Serial, agent: Agent, qmp: Qmp) {
    this.directory = directory;
    this.serial = serial;
    this.agent = agent;
    this.qmp = qmp;
    this.#process = child;
  }

  /** Powers a machine on. It dies with this process (parent-death signal). */
  static async start(options: MachineOptions): Promise<Machine> {
    const { directory } = options;
    mkdirSync(directory, { recursive: true });
    const at = (name: string) => join(directory, name);
    for (const name of ["serial.log", "serial.sock", "agent.sock", "qmp.sock"]) rmSync(at(name), { force: true });
    if (options.firmware === "uefi") {
      copyFileSync(options.variables ?? firmwareOf(options).variables, at("variables.fd"));
    }
    const errors = openSync(at("qemu.log"), "w");
    const inside = options.network === undefined ? [] : ["ip", "netns", "exec", options.network.namespace];
    const argv = ["--pdeathsig", "KILL", "--", ...inside, ...commandLine(options)];
    const child = spawn("setpriv", argv, { stdio: ["ignore", errors, errors] });
    try {
      const qmp = await Qmp.open(at("qmp.sock"));
      const serial = await Serial.open(at("serial.sock"), at("serial.log"));
      return new Machine(directory, child, serial, await Agent.open(at("agent.sock")), qmp);
    } catch (error) {
      child.kill("SIGKILL");
      throw new Error(
        `QEMU did not start: ${existsSync(at("qemu.log")) ? readFileSync(at("qemu.log"), "utf8") : error}`,
      );
    }
  }

  /** Of the emulator's process. */
  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get running(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Polls `look` until it answers; throws when the machine ends first or the time is up. */
  async wait<T>(what: string, timeoutMs: number, look: () => T | undefined, whenEnded?: () => T): Promise<T> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const wasRunning = this.running;
      const found = look();
      if (found !== undefined) return found;
      if (!wasRunning && whenEnded !== undefined) return whenEnded();
      if (!wasRunning) throw await this.failure(`the machine ended (${this.qmp.shutdownReason()}) before ${what}`);
      if (Date.now() > deadline) throw await this.failure(`no ${what} after ${timeoutMs / 1000} s`);
      await Bun.sleep(100);
    }
  }

  /** Waits for text on the serial console; `trouble` is text that ends the wait at once as a failure. */
  async expect(pattern: RegExp, timeoutMs: number, trouble = /Kernel panic - not syncing/): Promise<RegExpExecArray> {
    const match = await this.wait(`${pattern} on the serial console`, timeoutMs, () => {
      const found = this.serial.take(pattern);
      if (found !== undefined) return found;
      return trouble.test(this.serial.unread()) ? null : undefined;
    });
    if (match === null) throw await this.failure(`${trouble} came while waiting for ${pattern}`);
    return match;
  }

  /** Waits for the agent of a booted guest. */
  async booted(timeoutMs = 600_000): Promise<void> {
    await this.wait("answer of the guest's agent", timeoutMs, () => this.agent.ready() || undefined);
  }

  /** Runs a bash script in the guest; its exit code and output. */
  async attempt(script: string, timeoutMs = 120_000): Promise<Finished & { readonly bytes: Uint8Array }> {
    this.agent.ask(script);
    return this.wait(`end of ${script.slice(0, 60)}`, timeoutMs, () => this.agent.answer());
  }

  /** Runs a bash script in the guest that must succeed; its output. */
  async run(script: string, timeoutMs = 120_000): Promise<Finished & { readonly bytes: Uint8Array }> {
    const answer = await this.attempt(script, timeoutMs);
    if (answer.exitCode === 0) return answer;
    throw await this.failure(`in the guest, ${script.slice(0, 200)} ended with ${answer.exitCode}:\n${answer.output}`);
  }

  /** Waits until the guest switches itself off or reboots (`-no-reboot` ends QEMU); tells which. */
  async ended(timeoutMs: number): Promise<"off" | "reboot"> {
    await this.wait(
      "power-off or reboot",
      timeoutMs,
      () => (this.running ? undefined : true),
      () => true,
    );
    this.#close();
    const reason = this.qmp.shutdownReason();
    if (reason === "guest-reset") return "reboot";
    if (reason === "guest-shutdown") return "off";
    throw await this.failure(`QEMU ended for another reason: ${reason}`);
  }

  /** Asks the guest to switch off, through its agent, and waits: dracut unpacks an initramfs for it. */
  async powerOff(timeoutMs = 300_000): Promise<void> {
    this.agent.ask("systemctl poweroff");
    await this.ended(timeoutMs);
  }

  /** Pulls the plug, at once: what a guest had not written is lost. */
  async kill(): Promise<void> {
    if (this.running) this.#process.kill("SIGKILL");
    while (this.running) await Bun.sleep(20);
    this.#close();
  }

  /** Writes a PNG of the VGA screen and returns its path, or undefined when QEMU has ended. */
  async screenshot(name = "screen"): Promise<string | undefined> {
    const file = join(this.directory, `${name}.png`);
    const taken = await this.qmp.execute("screendump", { filename: file, format: "png" }).catch(() => null);
    return taken === null ? undefined : file;
  }

  /** Types on the (USB) keyboard: QEMU key names such as "ret", "down", "a". */
  async pressKeys(...keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      await this.qmp.execute("send-key", { keys: [{ type: "qcode", data: key }] });
      await Bun.sleep(150);
    }
  }

  /** An error with what a person needs to see: where the console stood. */
  async failure(message: string): Promise<Error> {
    const screen = this.running ? await this.screenshot("failure") : undefined;
    const qemu = readFileSync(join(this.directory, "qemu.log"), "utf8").trim();
    const parts = [message, `--- last 60 lines of ${this.serial.log}`, this.serial.tail(60)];
    if (qemu !== "") parts.push("--- QEMU says", qemu);
    if (screen !== undefined) parts.push(`--- screenshot: ${screen}`);
    return new Error(parts.join("\n"));
  }

  #close(): void {
    this.serial.close();
    this.agent.close();
    this.qmp.close();
  }
}

/** A copy-on-write disk over a raw one that stays as it is. */
export async function overlay(backing: string, file: string): Promise<string> {
  const argv = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", backing, file];
  const { exitCode, output } = await attempt(argv);
  if (exitCode !== 0) throw new Error(`no overlay ${file}: ${output}`);
  return file;
}
