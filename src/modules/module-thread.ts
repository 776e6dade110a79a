import { messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { linuxHost } from "../host/linux.ts";
import { threadSide } from "../host/threads.ts";
import { openUevents, type Uevent, type UeventSource } from "../host/uevents.ts";
import { coldplug, type DriverlessDevice } from "./coldplug.ts";
import { type ModuleWishes, readModuleLists, runningKernel } from "./module-files.ts";
import { type LoadOutcome, type ModuleLoader, moduleLoader } from "./module-loader.ts";

/** What the thread can be asked. */
export type ModuleQuestion = { readonly do: "load"; readonly module: string } | { readonly do: "report" };

/** A question with the number that its answer comes back with. */
export type ModuleRequest = ModuleQuestion & { readonly id: number };

/** Its messages. */
export type ModuleMessage =
  /** A module is being loaded, which may take long. Holds until `idle`. */
  | { readonly kind: "busy"; readonly what: string }
  /** Devices appeared. */
  | { readonly kind: "activity"; readonly what: string }
  | { readonly kind: "outcome"; readonly outcome: LoadOutcome; readonly modalias: string; readonly tookMs: number }
  /** All devices have been looked at. Sent again after each further round. */
  | { readonly kind: "idle" }
  | { readonly kind: "trouble"; readonly text: string }
  /** The thread has failed: nothing more is loaded. */
  | { readonly kind: "ended"; readonly text: string }
  | { readonly kind: "answer"; readonly id: number; readonly outcome: LoadOutcome }
  | { readonly kind: "report"; readonly id: number; readonly driverless: readonly DriverlessDevice[] };

const POLL_MS = 40;

/**
 * Subsystems whose events mean that more hardware may follow. The hundreds of others (modules, work queues, LEDs)
 * don't.
 */
const HARDWARE = /^(ata_port|block|hid|mmc|net|nvme|pci|scsi|scsi_host|usb|virtio|vmbus|xen)$/;

/** The news for a person who waits; `undefined` when no event is about hardware. */
function newsOf(events: readonly Uevent[]): string | undefined {
  const news = events.filter(
    ({ action, values }) => (action === "add" || action === "change") && HARDWARE.test(values.SUBSYSTEM ?? ""),
  );
  const blocks = news.filter(({ values }) => values.SUBSYSTEM === "block").map(({ values }) => values.DEVNAME ?? "");
  if (news.length === 0) return undefined;
  return blocks.length > 0 ? msg`new block devices: ${blocks.join(", ")}` : msg`${news.length} device events`;
}

function openEvents(post: (message: ModuleMessage) => void): UeventSource | undefined {
  try {
    return openUevents();
  } catch (error) {
    post({ kind: "trouble", text: `no device events, looking at /sys instead: ${messageOf(error)}` });
    return undefined;
  }
}

/**
 * The thread that loads modules, as long as the rescue system runs: loading a driver takes until it has probed its
 * devices, half a minute for a big SCSI controller. It also receives events about devices that are plugged in later.
 */
export function runModuleThread(): void {
  const side = threadSide<ModuleRequest, ModuleMessage>();
  const post = (message: ModuleMessage) => side.post(message);
  const host = linuxHost();
  const wishes = side.data as ModuleWishes;
  const events = openEvents(post);
  const lists = readModuleLists(host, wishes);
  const kernel = runningKernel(host);
  let insertedMs = 0;
  let busy = true;
  const loader = moduleLoader(lists, {
    isLoaded: kernel.isLoaded,
    async insert(path, parameters) {
      post({ kind: "busy", what: `loading ${path.replace(/^.*\//, "")}` });
      busy = true;
      const began = host.nowMs();
      const result = await kernel.insert(path, parameters);
      insertedMs += host.nowMs() - began;
      return result;
    },
  });
  const tell = (outcome: LoadOutcome, modalias: string) => {
    post({ kind: "outcome", outcome, modalias, tookMs: insertedMs });
    insertedMs = 0;
  };
  const requests: ModuleRequest[] = [];
  const answerAll = async () => {
    for (let request = requests.shift(); request !== undefined; request = requests.shift()) await answer(request);
  };
  // A request need not wait for all devices. Requests are only received while this thread sleeps.
  const patient: ModuleLoader = {
    async load(name, asked) {
      await host.sleep(0);
      await answerAll();
      return loader.load(name, asked);
    },
  };
  const plug = coldplug(host, lists.aliases, patient, tell);

  async function answer(request: ModuleRequest): Promise<void> {
    if (request.do === "report") return post({ kind: "report", id: request.id, driverless: plug.driverless() });
    const outcome = await loader.load(request.module);
    tell(outcome, "");
    post({ kind: "answer", id: request.id, outcome });
  }

  async function look(): Promise<void> {
    const news = events?.read();
    const what = newsOf(news?.events ?? []);
    if (what !== undefined) post({ kind: "activity", what });
    if (news && !news.lost) await plug.handle(news.events);
    else await plug.scan();
  }

  function tellIdle(): void {
    if (busy) post({ kind: "idle" });
    busy = false;
  }

  async function run(): Promise<void> {
    side.onMessage((request) => void requests.push(request));
    for (const module of wishes.force) tell(await loader.load(module), "");
    await plug.scan();
    for (;;) {
      await answerAll();
      await look();
      tellIdle();
      await host.sleep(events ? POLL_MS : 500);
    }
  }

  run().catch((error: unknown) => post({ kind: "ended", text: messageOf(error) }));
}
