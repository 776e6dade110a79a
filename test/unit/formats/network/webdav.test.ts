import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeMultistatus } from "../../../../src/formats/network/webdav.ts";

const response = (href: string, properties: string, status = "HTTP/1.1 200 OK") =>
  `<d:response><d:href>${href}</d:href><d:propstat><d:prop>${properties}</d:prop><d:status>${status}</d:status></d:propstat></d:response>`;
const document = (...responses: string[]) =>
  `<?xml version="1.0" encoding="utf-8"?><d:multistatus xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns">${responses.join("\n")}</d:multistatus>`;
const COLLECTION = "<d:resourcetype><d:collection/></d:resourcetype>";

test("decodeMultistatus() reads directories and files, whatever their prefixes and references are", () => {
  const apache = `<?xml version="1.0" encoding="utf-8"?>
<D:multistatus xmlns:D="DAV:" xmlns:ns0="DAV:"><D:response xmlns:lp1="DAV:"><D:href>/a%20b/x</D:href><D:propstat><D:prop>
<lp1:resourcetype/><lp1:getcontentlength>12</lp1:getcontentlength>
<lp1:getlastmodified>Mon, 30 Nov 2026 08:15:00 GMT</lp1:getlastmodified></D:prop><D:status>HTTP/1.1 200 OK</D:status>
</D:propstat></D:response></D:multistatus>`;
  const file = { path: "/a b/x", isDirectory: false, sizeBytes: 12, mtimeSeconds: 1_795_940_100 };
  assert.equal(decodeMultistatus(apache), [{ ...file, mtimeSeconds: Date.UTC(2026, 10, 30, 8, 15) / 1000 }]);
  const missing =
    "<d:propstat><d:prop><d:getcontentlength/></d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat>";
  const sabre = response("https://nas:8443/a%20b/", COLLECTION).replace("</d:response>", `${missing}</d:response>`);
  const directory = { path: "/a b", isDirectory: true, sizeBytes: 0, mtimeSeconds: 0 };
  assert.equal(decodeMultistatus(document(sabre)), [directory]);
});

test("decodeMultistatus() leaves out what has no length, no path, or no properties", () => {
  const found = decodeMultistatus(
    document(
      response("/a", "<d:resourcetype/>"),
      response("/b", "<d:resourcetype/><d:getcontentlength>-1</d:getcontentlength>"),
      response("mailto:x", COLLECTION),
      response("/%zz", COLLECTION),
      response("/c", COLLECTION, "HTTP/1.1 403 Forbidden"),
    ),
  );
  assert.equal(found, []);
});

test("decodeMultistatus() takes nothing else for one", () => {
  for (const text of ["", "<html><body>login</body></html>", document().slice(0, -3)]) {
    assert.is(decodeMultistatus(text), undefined);
  }
});

test.run();
