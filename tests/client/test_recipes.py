"""What documents give front ends to copy, run on what has broken it."""

import json
import re
import subprocess

from tests.client.generate import ROOT

EDGE = "https://edge.example"
FOLDER = f"{EDGE}/users/u/video/0199"
QUERY = "Policy=p&Signature=s"
RUN = """
const url = '%(url)s';
const query = '%(query)s';
const video = null;
let setup;
class Hls {
  constructor({ xhrSetup }) { setup = xhrSetup; }
  loadSource() {}
  attachMedia() {}
}
%(recipe)s
console.log(JSON.stringify(%(targets)s.map((target) => {
  let opened;
  setup({ open: (method, address) => { opened = String(address); } }, target);
  return opened;
})));
"""


def test_c45_the_signature_is_added_once_and_goes_to_the_edge_alone() -> None:
    """C45: a segment with a query of its own gets one `?`; keys of elsewhere nothing."""
    page = (ROOT / "docs" / "playback.md").read_text()
    [recipe] = re.findall(r"^const \{ origin \}.*?^hls\.loadSource", page, re.DOTALL | re.MULTILINE)
    targets = [
        f"{FOLDER}/seg0.ts",
        f"{FOLDER}/seg.ts?v=2",
        "https://keys.example/key.bin?id=1",
        "https://edge.example.evil/seg.ts",
        "http://edge.example/seg.ts",
    ]
    program = RUN % {
        "url": f"{FOLDER}/master.m3u8?{QUERY}",
        "query": QUERY,
        "recipe": recipe.removesuffix("hls.loadSource"),
        "targets": json.dumps(targets),
    }
    answer = subprocess.run(
        ["node", "--input-type=module", "-e", program], capture_output=True, text=True, check=True
    )
    assert json.loads(answer.stdout) == [
        f"{FOLDER}/seg0.ts?{QUERY}",
        f"{FOLDER}/seg.ts?v=2&{QUERY}",
        *targets[2:],
    ]
