"""npm packages for a page, as they are: modules by their `exports`, CommonJS put into a module.

A page has an import map for its flavour of Uppy, and the example of `docs/uppy.md` for it. The page
itself must come from a server: Chromium lets no other ask one on this machine.
"""

import json
import re
from pathlib import Path, PurePosixPath
from typing import Any

from playwright.sync_api import Page, Route

ROOT = Path(__file__).parents[3]
PACKAGES = (ROOT / ".stores" / "npm" / "node_modules").resolve()
DOCUMENT = ROOT / "docs" / "uppy.md"
EXAMPLE = re.compile(r"```js\n// ([\w-]+)\n(.*?)```", re.DOTALL)
REQUIRE = re.compile(r"\brequire\(['\"]([^'\"]+)['\"]\)")
IMPORT = re.compile(r"((?:\bfrom|^import)\s*['\"])([^'\"]+)(['\"])", re.MULTILINE)
CONDITIONS = ("browser", "import", "module", "default")
#: Prebuilt bundles, by what a page imports from them instead of the packages.
BUNDLES = {
    "uppy-5": {"@uppy/core": "Uppy", "@uppy/aws-s3": "AwsS3"},
    "uppy-6": {"@uppy/core": "Uppy", "@uppy/aws-s3": "AwsS3"},
}
#: Flavour of the example: the bundle it runs on, or none for the packages themselves.
FLAVOURS = {"uppy-5": "uppy-5", "uppy-6-companion": "uppy-6", "uppy-6-sign": None}


def examples() -> dict[str, str]:
    """The document's examples by name."""
    return dict(EXAMPLE.findall(DOCUMENT.read_text()))


def resolve(name: str, importer: Path) -> Path:
    """The file that `name` means to `importer`. Raises LookupError."""
    if name.startswith("."):
        base = importer.parent / name
        for path in (base, base.with_name(f"{base.name}.js"), base / "index.js"):
            if path.is_file():
                return path.resolve()
        raise LookupError(f"{name} of {importer}")
    parts = name.split("/")
    depth = 2 if name.startswith("@") else 1
    home, rest = PACKAGES.joinpath(*parts[:depth]), "/".join(parts[depth:])
    package = json.loads((home / "package.json").read_text())
    exported = package.get("exports")
    if not exported:
        inner = rest or package.get("module") or package.get("main") or "index.js"
        return resolve(f"./{inner}", home / "package.json")
    if isinstance(exported, str) or "." not in exported:
        exported = {".": exported}
    target: Any = exported[f"./{rest}" if rest else "."]
    while isinstance(target, dict):
        target = next(target[condition] for condition in CONDITIONS if condition in target)
    return (home / target).resolve()


def address(path: Path) -> str:
    return f"/npm/{PurePosixPath(path.relative_to(PACKAGES))}"


def module_of(path: Path) -> str:
    """The file as a module whose imports are addresses."""
    source = path.read_text()
    if re.search(r"^(import|export)\b|[;}]export\{", source, re.MULTILINE):
        return IMPORT.sub(lambda m: f"{m[1]}{address(resolve(m[2], path))}{m[3]}", source)
    names = list(dict.fromkeys(REQUIRE.findall(source)))
    imports = [f"import _{i} from '{address(resolve(n, path))}'" for i, n in enumerate(names)]
    body = REQUIRE.sub(lambda match: f"_{names.index(match[1])}", source)
    opening = "const module = { exports: {} }, global = globalThis; let exports = module.exports"
    return "\n".join([*imports, opening, body, "export default module.exports"])


def import_map(flavour: str) -> dict[str, str]:
    bundle = FLAVOURS[flavour]
    if bundle is None:
        return {name: address(resolve(name, PACKAGES)) for name in ("@uppy/core", "@uppy/aws-s3")}
    return {name: f"/shim/{bundle}/{export}" for name, export in BUNDLES[bundle].items()}


def serve(page: Page, origin: str, flavour: str) -> None:
    """Serve packages to pages of `origin`, and the flavour's example as `/example.mjs`."""

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(origin)
        if path == "/example.mjs":
            route.fulfill(body=examples()[flavour], content_type="text/javascript")
        elif path.startswith("/shim/"):
            bundle, export = path.split("/")[2:]
            body = f"export {{ {export} as default }} from '/npm/{bundle}/dist/uppy.min.mjs'"
            route.fulfill(body=body, content_type="text/javascript")
        elif path.startswith("/npm/"):
            file = PACKAGES / path.removeprefix("/npm/")
            if file.suffix == ".json":
                route.fulfill(body=file.read_text(), content_type="application/json")
            elif file.parent.name == "dist" and file.name.startswith("uppy."):
                route.fulfill(path=file, content_type="text/javascript")
            else:
                route.fulfill(body=module_of(file), content_type="text/javascript")
        else:
            route.continue_()

    page.route(f"{origin}/**", answer)
