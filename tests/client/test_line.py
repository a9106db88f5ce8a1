"""How many parts travel at once, over lines of all kinds, by a clock of its own."""

import json
import subprocess
from typing import Any

import pytest

from tests.client.generate import ROOT

SOURCE = (ROOT / "client" / "src" / "line.js").as_uri()
# Four workers send parts of 8 MiB. The line's speed is shared by whoever sends; a connection has
# its own bound, and an answer takes `answerMs` in which it carries nothing.
PROGRAM = """
import { setImmediate } from 'node:timers/promises';
import { Line } from '%(source)s';
const { shared, each, answerMs, files, parts } = %(line)s;
const PART = 8;
let now = 0;
const line = new Line(() => now);
const onWire = new Set();
const widths = [];
let mostLost = 0;
let done = 0;
async function worker(queue) {
  while (queue.left > 0) {
    queue.left -= 1;
    const place = await line.enter();
    const part = { sent: 0, waits: answerMs };
    await new Promise((arrived) => { onWire.add(Object.assign(part, { arrived, place })); });
    done += 1;
    place.leave(PART);
  }
}
const work = Array.from({ length: files }, () => ({ left: parts }))
  .flatMap((queue) => Array.from({ length: 4 }, () => worker(queue)));
let finished = false;
Promise.all(work).then(() => { finished = true; });
while (!finished) {
  await setImmediate();
  const sending = [...onWire].filter(({ sent }) => sent < PART);
  const step = shared > 20 ? 1 : 20;
  now += step;
  for (const part of sending) part.sent += Math.min(each, shared / sending.length) * step / 1000;
  const lost = [...onWire].reduce((sum, { sent }) => sum + Math.min(sent, PART), 0);
  mostLost = Math.max(mostLost, lost);
  for (const part of onWire) {
    if (part.sent < PART) continue;
    part.place.handedOver();
    part.waits -= step;
    if (part.waits > 0) continue;
    onWire.delete(part);
    part.arrived();
  }
  widths.push(line.width);
}
const speed = done * PART / (now / 1000);
console.log(JSON.stringify({ mostLost, speed, width: widths.at(-1), most: Math.max(...widths) }));
"""


def over(**line: float) -> dict[str, Any]:
    """What a line of so many MiB/s, shared and for each connection, makes of an upload."""
    given = {"each": 1000, "answerMs": 100, "files": 1, "parts": 60} | line
    program = PROGRAM % {"source": SOURCE, "line": json.dumps(given)}
    command = ["node", "--input-type=module", "-e", program]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    print(given, answer.stdout)
    return dict(json.loads(answer.stdout))


@pytest.mark.parametrize("speed", [0.3, 1.2, 3])
@pytest.mark.parametrize("files", [1, 3])
def test_a_slow_line_carries_one_part_at_a_time(speed: float, files: int) -> None:
    """A cut, a crash or a reload loses at most one part, of however many files; 5 % is idle."""
    seen = over(shared=speed, files=files, parts=12)
    assert seen["most"] == 1
    assert seen["mostLost"] <= 8
    assert seen["speed"] > speed * 0.95


def test_a_fast_line_is_filled() -> None:
    """At 50 MiB/s one part begins while another waits for its answer: within 5 % of the line."""
    seen = over(shared=50, answerMs=30)
    assert seen["speed"] > 50 * 0.95
    assert seen["width"] == 1


def test_connections_that_are_slow_each_add_up() -> None:
    """A line far away: four together are four times as fast, and stay."""
    seen = over(shared=50, each=5)
    assert seen["width"] == 4
    assert seen["speed"] > 14


def test_more_that_does_not_help_is_given_up() -> None:
    """A line of 5 MiB/s is as fast with one: two are tried, and then again only after a while."""
    seen = over(shared=5)
    assert seen["most"] == 2
    assert seen["width"] == 1
    assert seen["speed"] > 5 * 0.93


def test_a_line_is_slow_by_what_it_carried_lately() -> None:
    """Below 1 MiB/s, of parts or of whole files; what is tiny tells nothing."""
    program = """
      import { Line } from '%s';
      let now = 0;
      const line = new Line(() => now);
      const told = [line.slow];
      line.carried(1000, 100);
      told.push(line.slow);
      line.carried(2 ** 20, 3000);
      told.push(line.slow);
      const place = await line.enter();
      now += 1000;
      place.leave(8 * 2 ** 20);
      told.push(line.slow);
      console.log(JSON.stringify(told));
    """
    command = ["node", "--input-type=module", "-e", program % SOURCE]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(answer.stdout) == [False, False, True, False]
