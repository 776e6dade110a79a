import { test } from "uvu";
import * as assert from "uvu/assert";
import { parsePlainXml, textIn } from "../../../src/formats/network/plain-xml.ts";
import { decodeFailure, decodeListing } from "../../../src/formats/network/s3-answers.ts";

test("parsePlainXml() reads elements, texts, entities and literal parts", () => {
  const root = parsePlainXml(
    '<?xml version="1.0"?>\n<!-- <no> --><d:a xmlns:d="x"><b c="1">1 &lt;&#x41;&#66;&amp;</b><e/>\n<f><![CDATA[<&amp;>]]></f></d:a>\n',
  );
  assert.is(root?.name, "a");
  assert.is(textIn(root, "f"), "<&amp;>");
  assert.is(textIn(root, "e"), "");
  assert.is(parsePlainXml("<a><b>1 &lt;&#x41;&#66;&amp;</b></a>")?.children[0]?.text, "1 <AB&");
});

test("parsePlainXml() takes nothing that is broken, or that makes much of little", () => {
  for (const text of [
    ...["", "hello", "<a>", "</a>", "<a></b>", "<a><b></a></b>", "<a/><b/>", "<a", "<a><![CDATA[</a>"],
    ...['<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "<a>".repeat(20) + "</a>".repeat(20)],
  ]) {
    assert.is(parsePlainXml(text), undefined, text);
  }
  assert.is(parsePlainXml("<a>&b;</a>")?.text, "&b;");
});

test("decodeFailure() and decodeListing() read what servers other than Amazon's send", () => {
  const failure = "<Error>\n <Code>NoSuchKey</Code>\n <Message><![CDATA[gone & <away>]]></Message></Error>";
  assert.equal(decodeFailure(failure), { code: "NoSuchKey", message: "gone & <away>", region: undefined });
  const listing =
    "<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>a+b%2B%26</Key><Size>7</Size></Contents>" +
    "<Contents><Key>%zz</Key><Size>7</Size></Contents><Contents><Key>c</Key><Size>-1</Size></Contents></ListBucketResult>";
  assert.equal(decodeListing(listing)?.objects, [{ key: "a b+&", sizeBytes: 7 }]);
});

test.run();
