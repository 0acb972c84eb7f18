"""Exchange classes that load when first asked for. The trim puts this into ccxt as `ccxt._lazy`."""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class Lazy(ModuleType):
    """A package whose attribute `binance` is the class, as in the whole ccxt, once it is wanted."""

    def __getattr__(self, name: str) -> Any:
        """Load the module that defines `name`; AttributeError says what the trim left in."""
        home = self.__dict__["_homes"].get(name)
        if home is None:
            left = ", ".join(self.__dict__["exchanges"])
            raise AttributeError(f"{self.__name__} was trimmed to {left}: it has no {name!r}")
        value = getattr(import_module(home), name)
        self.__dict__[name] = value
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        """Importing the module `binance` binds its class, for `import a.binance as b`."""
        if isinstance(value, ModuleType) and value.__name__ == self.__dict__["_homes"].get(name):
            value = getattr(value, name)
        super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*self.__dict__, *self.__dict__["_homes"]})


def make_lazy(package: str, homes: dict[str, str]) -> None:
    """Let each name of `homes` be found in the module it maps to, on its first use."""
    module = sys.modules[package]
    module.__dict__["_homes"] = homes
    module.__class__ = Lazy
