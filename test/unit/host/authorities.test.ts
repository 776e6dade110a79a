import { test } from "uvu";
import * as assert from "uvu/assert";
import { CA_BUNDLE, caBundleOf } from "../../../src/host/authorities.ts";

test("a machine's own authorities are found where its distribution has them", () => {
  const on = (...paths: readonly string[]) => caBundleOf({ exists: (path) => paths.includes(path) });
  const fedora = "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem";
  assert.is(on(CA_BUNDLE), CA_BUNDLE);
  assert.is(on("/etc/pki/tls/certs/ca-bundle.crt", fedora), fedora);
  assert.is(on("/etc/pki/tls/certs/ca-bundle.crt"), "/etc/pki/tls/certs/ca-bundle.crt");
  assert.is(on("/etc/ssl/ca-bundle.pem"), "/etc/ssl/ca-bundle.pem");
  assert.is(on(), undefined);
});

test.run();
