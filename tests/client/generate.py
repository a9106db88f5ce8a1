"""What the client takes from the gateway: `python -m tests.client.generate` writes it anew.

`client/src/types.js` is the table of content types, `client/api.d.ts` the schemas of the OpenAPI
document as TypeScript.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

from app import create_app
from app.media.names import served_type
from app.media.types import EXTENSIONS
from config import Settings
from tests.gateway import gateway_environment
from tests.stores.store import Store

ROOT = Path(__file__).parents[2]
NPM = ROOT / ".stores" / "npm"
COMMAND = "python -m tests.client.generate"
NOWHERE = Store("nowhere", "http://127.0.0.1:9", "eu-central-1", "key", "secret", frozenset())


def types_module() -> str:
    """The canonical types by extension, the likeliest first."""
    by_extension: dict[str, list[str]] = {}
    for content_type, extensions in EXTENSIONS.items():
        for extension in extensions:
            by_extension.setdefault(extension, []).append(content_type)
    for extension, types in by_extension.items():
        types.sort(key=lambda one: one != served_type(f"x.{extension}"))
    rows = [f"  {_literal(key)}: {_literal(by_extension[key])}," for key in sorted(by_extension)]
    # Without a prototype: a file may be called `constructor`.
    return f"""/** The gateway's types by extension. Written by `{COMMAND}`: do not edit. */

/** The types that a file of each extension may be, the likeliest first. */
export const byExtension = {{
  __proto__: null,
{chr(10).join(rows)}
}};
"""


def _literal(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    return "'" + str(value) + "'"


def document() -> dict[str, Any]:
    """The gateway's OpenAPI document."""
    settings = Settings.from_env(gateway_environment(NOWHERE, "bucket"))
    answer = create_app(settings).test_client().get("/openapi.json").json
    assert answer
    return dict(answer)


def declarations() -> str:
    """The schemas of the OpenAPI document as TypeScript declares them."""
    # What the routes take and answer stands in the schemas; the routes are the client's methods.
    schemas = {**document(), "paths": {}}
    script = NPM / "node_modules" / "openapi-typescript" / "bin" / "cli.js"
    result = subprocess.run(
        ["node", str(script), "--default-non-nullable", "false"],
        input=json.dumps(schemas),
        cwd=NPM,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    _, _, text = result.stdout.partition("export interface components")
    body, _, _ = text.partition("export type $defs")
    head = f"/** The schemas of the OpenAPI document. Written by `{COMMAND}`: do not edit. */"
    return f"{head}\n\nexport interface components{body}"


#: file below `client/` -> what makes it.
MADE = {"src/types.js": types_module, "api.d.ts": declarations}


if __name__ == "__main__":
    for name, make in MADE.items():
        (ROOT / "client" / name).write_text(make())
