"""Sizes and durations as people read them, at the edges where rounding reaches the next unit."""

import json
import subprocess

from tests.client.generate import ROOT

ELEMENTS = ROOT / "client" / "src" / "elements"
SIZES = {
    0: "0 B", 999: "999 B", 1000: "1.0 KB", 99_949: "99.9 KB", 99_950: "100 KB",
    999_499: "999 KB", 999_500: "1.0 MB", 999_949_999: "1.0 GB", 10**9: "1.0 GB",
    999_500_000_000: "1.0 TB", 5 * 10**15: "5,000 TB",
}  # fmt: skip
DURATIONS = {
    0: "1 s", 59.4: "59 s", 59.5: "1 min", 60: "1 min", 89: "1 min", 3569: "59 min",
    3570: "1 h 0 min", 7199: "2 h 0 min", 5400: "1 h 30 min",
}  # fmt: skip


def said(method: str, values: list[float]) -> list[str]:
    program = f"""
      import {{ en }} from '{(ELEMENTS / "en.js").as_uri()}';
      import {{ Words }} from '{(ELEMENTS / "words.js").as_uri()}';
      const words = new Words(en);
      console.log(JSON.stringify({json.dumps(values)}.map((value) => words.{method}(value))));
    """
    command = ["node", "--input-type=module", "-e", program]
    return list(json.loads(subprocess.run(command, capture_output=True, text=True).stdout))


def test_a_size_never_reads_as_a_thousand_of_its_unit() -> None:
    """It is one of the next; so much of the largest is told as it is."""
    assert said("bytes", list(SIZES)) == list(SIZES.values())


def test_a_duration_never_reads_as_sixty_of_its_unit() -> None:
    """Nor as nothing while there is something left."""
    assert said("duration", list(DURATIONS)) == list(DURATIONS.values())
