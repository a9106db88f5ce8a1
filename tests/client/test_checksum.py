"""CRC-64/NVME in JavaScript, beside the AWS SDK's own."""

import json
import subprocess

from tests.client.generate import NPM, ROOT

SOURCE = (ROOT / "client" / "src" / "crc64nvme.js").as_uri()
PROGRAM = """
import { createRequire } from 'node:module';
import { Crc64Nvme } from '%(source)s';
const { Crc64Nvme: Oracle } = createRequire('%(npm)s/')('@aws-sdk/crc64-nvme');

const base64 = (bytes) => Buffer.from(bytes).toString('base64');
const ours = (...chunks) => {
  const crc = new Crc64Nvme();
  for (const chunk of chunks) crc.update(chunk);
  return crc.digest();
};
const theirs = async (bytes) => {
  const crc = new Oracle();
  crc.update(bytes);
  return base64(await crc.digest());
};

const check = ours(new TextEncoder().encode('123456789'));
const faults = [];
let seed = 1;
const random = (below) => {
  seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
  return (seed >>> 8) %% below;
};
for (let n = 0; n < 300; n += 1) {
  const size = n < 40 ? n : random(5000);
  // Off the start of its buffer, as slices are.
  const bytes = new Uint8Array(size + 3).map(() => random(256)).subarray(3);
  const [a, b] = [random(size + 1), random(size + 1)].sort((x, y) => x - y);
  const expected = await theirs(bytes);
  const chunked = ours(bytes.subarray(0, a), bytes.subarray(a, b), bytes.subarray(b));
  if (ours(bytes) !== expected || chunked !== expected) faults.push(size);
}
console.log(JSON.stringify({ check: Buffer.from(check, 'base64').toString('hex'), faults }));
"""


def test_it_is_the_checksum_that_aws_keeps() -> None:
    """The check value, and hundreds of texts in one piece and in three, as the AWS SDK has them."""
    program = PROGRAM % {"source": SOURCE, "npm": NPM}
    answer = subprocess.run(
        ["node", "--input-type=module", "-e", program], capture_output=True, text=True, check=True
    )
    assert json.loads(answer.stdout) == {"check": "ae8b14860a799888", "faults": []}
