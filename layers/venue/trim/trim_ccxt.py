"""Trims an installed ccxt, in place, to the venues of venues.txt and what they import.

    python trim_ccxt.py SITE_PACKAGES/ccxt [venue ...]

Whatever those venues' asyncio and streaming classes import at module level stays, and what the
base class imports within a method that they call, directly or not; synchronous classes, other
venues and unused static dependencies go. The `__init__` files, which load every exchange, are
written anew so that a class loads when it is first used, and requests, which only synchronous
classes use, is not imported.
"""

import ast
import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

HERE = Path(__file__).parent
# Written anew, so what they import is not followed.
LAZY_PACKAGES = ("ccxt", "ccxt.async_support", "ccxt.pro")
# Light enough to import at once: every `except` needs the errors.
EAGER = ("ccxt.base", "ccxt.base.errors", "ccxt.base.decimal_to_precision")
BASES = ("ccxt.base.exchange", "ccxt.async_support.base.exchange")
ROOTS = (*EAGER, *BASES, "ccxt.pro")
REQUESTS = re.compile(r"^from requests[.\w]* import", re.MULTILINE)


class Tree:
    """An installed ccxt, as modules."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, module: str) -> Path | None:
        """The file of a module, None where ccxt has no such module."""
        stem = self.root.joinpath(*module.split(".")[1:])
        files = (stem.with_suffix(".py"), stem / "__init__.py")
        return next((file for file in files if file.is_file()), None)

    def source(self, module: str) -> str:
        path = self.path(module)
        if path is None:
            raise SystemExit(f"trim: this ccxt has no module {module}")
        return path.read_text(encoding="utf-8")

    def imports(self, module: str) -> Iterator[tuple[str, str]]:
        """(module, name) of each import from ccxt outside functions; name is '' for a module."""
        return _imports(_outside_functions(ast.parse(self.source(module))))

    def late_imports(self, venues: list[str]) -> set[str]:
        """Modules that a method of the base classes imports when a venue's class calls it."""
        methods: dict[str, list[ast.AST]] = {}
        for module in BASES:
            for node in ast.walk(ast.parse(self.source(module))):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    methods.setdefault(node.name, []).append(node)
        classes = [f"ccxt.{package}.{v}" for v in venues for package in ("async_support", "pro")]
        sources = [ast.parse(self.source(module)) for module in classes if self.path(module)]
        called: set[str] = set()
        todo = {name for source in sources for name in _attributes(source)} & methods.keys()
        while todo:
            name = todo.pop()
            called.add(name)
            todo |= {used for node in methods[name] for used in _attributes(node)} & methods.keys()
            todo -= called
        found = (
            each for name in called for node in methods[name] for each in _imports(ast.walk(node))
        )
        return {f"{module}.{name}" if name else module for module, name in found}

    def closure(self, roots: list[str]) -> set[str]:
        """The roots, what they import, and the packages around them."""
        seen: set[str] = set()
        todo = list(roots)
        while todo:
            module = todo.pop()
            if module in seen or self.path(module) is None:
                continue
            seen.add(module)
            if "." in module:
                todo.append(module.rpartition(".")[0])
            if module not in (*LAZY_PACKAGES, "ccxt.base"):
                for found, name in self.imports(module):
                    todo += [found, f"{found}.{name}"] if name else [found]
        return seen


def _imports(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((a.name, "") for a in node.names if a.name.split(".")[0] == "ccxt")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "ccxt":
            yield from ((str(node.module), a.name) for a in node.names)


def _attributes(node: ast.AST) -> set[str]:
    return {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
            yield from _outside_functions(child)


def lazy_init(tree: Tree, package: str, venues: list[str], kept: set[str]) -> str:
    """A package's `__init__`: version and errors at once, its classes when asked for."""
    source = tree.source(package)
    head, _, _ = source.partition("__version__")
    version = next(line for line in source.splitlines() if line.startswith("__version__"))
    present = [v for v in venues if f"{package}.{v}" in kept]
    homes = {v: f"{package}.{v}" for v in present}
    eager = []
    for module, name in tree.imports(package):
        if module in EAGER:
            eager.append(f"from {module} import {name}")
        elif module in kept and module != f"{package}.{name}":
            homes[name] = module
    body = [version, "", *eager, "from ccxt._lazy import make_lazy", "", f"exchanges = {present!r}"]
    return head + "\n".join([*body, f"make_lazy(__name__, {homes!r})", ""])


def rewritten(tree: Tree, venues: list[str], kept: set[str]) -> dict[Path, str]:
    """The new text of the files that the trim changes."""
    texts = {package: lazy_init(tree, package, venues, kept) for package in LAZY_PACKAGES}
    texts["ccxt.base"], _, _ = tree.source("ccxt.base").partition("from ccxt")
    base = tree.source("ccxt.base.exchange")
    texts["ccxt.base.exchange"] = REQUESTS.sub("from ccxt._no_requests import", base)
    return {path: text for module, text in texts.items() if (path := tree.path(module))}


def trim(root: Path, venues: list[str]) -> None:
    """Leave of the ccxt at `root` what the venues need; every file written is a new one."""
    tree = Tree(root)
    rest = [f"ccxt.async_support.{v}" for v in venues]
    for module in rest:
        tree.source(module)
    late = tree.late_imports(venues)
    kept = tree.closure([*rest, *(f"ccxt.pro.{v}" for v in venues), *ROOTS, *late])
    texts = rewritten(tree, venues, kept)
    keep = {tree.path(module) for module in kept}
    for path in sorted(root.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
        elif path not in keep or path in texts:
            path.unlink()  # It may be a hard link into a package cache: never written through.
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    for name in ("lazy", "no_requests"):
        shutil.copyfile(HERE / f"{name}.py", root / f"_{name}.py")


def listed_venues() -> list[str]:
    """The venues of venues.txt."""
    lines = (HERE / "venues.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in map(str.strip, lines) if line and not line.startswith("#")]


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    trim(Path(sys.argv[1]), sys.argv[2:] or listed_venues())
