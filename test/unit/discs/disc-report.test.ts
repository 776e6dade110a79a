import { test } from "uvu";
import * as assert from "uvu/assert";
import { burnersIn } from "../../../src/discs/burners.ts";
import { failureIn, parseDiscReport, progressIn } from "../../../src/discs/disc-report.ts";

const blank = `Drive current: -outdev '/dev/sr0'
Drive type   : vendor 'IET' product 'VIRTUAL-CDROM' revision '0001'
Media current: DVD+R
Media status : is blank
Media blocks : 0 readable , 2295104 writable , 2295104 overall
Media summary: 0 sessions, 0 data blocks, 0 data, 4483m free
Media space  : 2295104s
After commit : 2295104s
`;

const closed = `Media current: DVD-ROM
Media status : is written , is closed
Media blocks : 10112 readable , 0 writable , 10112 overall
TOC layout   : Idx ,  sbsector ,       Size , Volume Id
xorriso : WARNING : Session 1 bears ISO image size 9949s larger than track size 0s
ISO session  :   1 ,         0 ,         0s , HOLIDAYS 2009
Media summary: 1 session, 0 data blocks,     0 data,     0 free
Media space  : 0s
`;

test("a blank disc, as xorriso told of one", () => {
  const wanted = { profile: "DVD+R", isPresent: true, isBlank: true, capacityBytes: 2295104 * 2048 };
  assert.equal(parseDiscReport(blank), wanted);
});

test("a closed one, with the name of its file system", () => {
  const { isBlank, profile, volumeId } = parseDiscReport(closed);
  assert.equal({ isBlank, profile, volumeId }, { isBlank: false, profile: "DVD-ROM", volumeId: "HOLIDAYS 2009" });
});

test("a rewritable one has the room that it has when it is blank", () => {
  const text = closed.replace("DVD-ROM", "CD-RW").replace("10112 overall", "359844 overall");
  assert.is(parseDiscReport(text).capacityBytes, 359844 * 2048);
});

test("no disc, nothing, and garbage are no discs", () => {
  const none = "Media current: is not recognizable\nMedia status : is not present\n";
  for (const text of [none, "", "\0\xff", "Media status : is blank"]) assert.not(parseDiscReport(text).isPresent, text);
  const odd = blank.replaceAll("2295104", "99999999999999999999");
  assert.is(parseDiscReport(odd).capacityBytes, 0);
});

test("why writing failed is its first grave sentence", () => {
  const lines = [
    "xorriso : NOTE : Disc status unsuitable for writing",
    "libburn : SORRY : Asynchronous write error. [3 73 03] Medium error. Power calibration area error.",
    "xorriso : FAILURE : libburn indicates failure with writing.",
    "xorriso : FAILURE : -as cdrecord: Job could not be performed properly.",
  ];
  assert.match(failureIn(lines) ?? "", /^Asynchronous write error.*Power calibration area error$/);
  assert.is(failureIn(["xorriso : FAILURE : -as cdrecord: Job could not be performed properly."]), undefined);
});

test("how far writing is", () => {
  const line = "xorriso : UPDATE :   19 of  190 MB written (fifo  0%) [buf  50%]  18.6x.";
  assert.equal(progressIn(line), { done: 19 << 20, total: 190 << 20 });
  assert.is(progressIn("xorriso : UPDATE : Closing track/session. Working since 2 seconds"), undefined);
});

const info = (...writes: readonly string[]) => `CD-ROM information, Id: cdrom.c 3.20 2003/12/17

drive name:\t\tsr1\tsr0
drive speed:\t\t48\t24
Can read DVD:\t\t1\t1
Can write CD-R:\t\t${writes[0]}
Can write DVD-R:\t${writes[1]}
`;

test("drives that write, by what the kernel says; all where it says so of none", () => {
  assert.equal(burnersIn(info("0\t1", "0\t1")), ["/dev/sr0"]);
  assert.equal(burnersIn(info("0\t0", "1\t0")), ["/dev/sr1"]);
  assert.equal(burnersIn(info("0\t0", "0\t0")), ["/dev/sr1", "/dev/sr0"]);
  assert.equal(burnersIn(""), []);
});

test.run();
