import { messageOf } from "../base/errors.ts";
import { linuxHost } from "../host/linux.ts";
import { threadSide } from "../host/threads.ts";
import { openUevents, type Uevent, type UeventSource } from "../host/uevents.ts";
import { coldplug, type DriverlessDevice } from "./coldplug.ts";
import { type ModuleWishes, readModuleLists, runningKernel } from "./module-files.ts";
import { type LoadOutcome, type ModuleLoader, moduleLoader } from "./module-loader.ts";

/** What the thread is asked. */
export type ModuleRequest =
  | { readonly id: number; readonly do: "load"; readonly module: string }
  | { readonly id: number; readonly do: "report" };

/** What it tells. */
export type ModuleMessage =
  /** A module goes into the kernel, which may take long. Until `idle`. */
  | { readonly kind: "busy"; readonly what: string }
  /** Devices came. */
  | { readonly kind: "activity"; readonly what: string }
  | { readonly kind: "outcome"; readonly outcome: LoadOutcome; readonly modalias: string; readonly tookMs: number }
  /** Every device that is there has been looked at. Sent again after each further round. */
  | { readonly kind: "idle" }
  | { readonly kind: "trouble"; readonly text: string }
  /** Nothing will be loaded any more. */
  | { readonly kind: "ended"; readonly text: string }
  | { readonly kind: "answer"; readonly id: number; readonly outcome: LoadOutcome }
  | { readonly kind: "report"; readonly id: number; readonly driverless: readonly DriverlessDevice[] };

const POLL_MS = 40;

/**
 * Events that mean that more hardware may follow. Others (modules, work queues, LEDs) come by the hundred and mean
 * nothing.
 */
const HARDWARE = /^(ata_port|block|hid|mmc|net|nvme|pci|scsi|scsi_host|usb|virtio|vmbus|xen)$/;

/** What these events tell a person who waits; `undefined` when none is about hardware. */
function newsOf(events: readonly Uevent[]): string | undefined {
  const news = events.filter(
    ({ action, values }) => (action === "add" || action === "change") && HARDWARE.test(values.SUBSYSTEM ?? ""),
  );
  const blocks = news.filter(({ values }) => values.SUBSYSTEM === "block").map(({ values }) => values.DEVNAME ?? "");
  if (news.length === 0) return undefined;
  return blocks.length > 0 ? `new block devices: ${blocks.join(", ")}` : `${news.length} device events`;
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
 * The thread that loads modules, for as long as the rescue runs: putting a driver into the kernel waits until it has
 * probed its devices, which takes a big SCSI controller half a minute. It also hears of devices that are plugged in
 * later.
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
  // Who waits for an answer need not wait for all the devices as well. Requests are only received while this thread
  // sleeps.
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
