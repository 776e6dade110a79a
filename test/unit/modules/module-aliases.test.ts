import { test } from "uvu";
import * as assert from "uvu/assert";
import { indexAliases } from "../../../src/modules/module-aliases.ts";

const aliasText = `# Aliases extracted from modules themselves.
alias pci:v00008086d0000100Esv*sd*bc*sc*i* e1000
alias pci:v00008086d*sv*sd*bc02sc00i* generic-net
alias pci:v*d*sv*sd*bc01sc06i01* ahci
alias fs-xfs xfs
alias crc32c crc32c_intel
alias crc32c crc32c_generic
`;

test("lookUp() gives each module that a modalias matches, once", () => {
  const index = indexAliases(aliasText);
  assert.is(index.size, 6);
  assert.equal(index.lookUp("pci:v00008086d0000100Esv00001AF4sd00001100bc02sc00i00\n").sort(), [
    "e1000",
    "generic_net",
  ]);
  assert.equal(index.lookUp("pci:v00008086d00002922sv1sd1bc01sc06i01"), ["ahci"]);
  assert.equal(index.lookUp("fs-xfs"), ["xfs"]);
  assert.equal(index.lookUp("fs_xfs"), ["xfs"]);
  assert.equal(index.lookUp("pci:v1"), []);
});

test.run();
