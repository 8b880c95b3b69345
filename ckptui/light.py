"""Dataclasses and type names that cost nothing to import, for the way from a start to a header.

``dataclasses`` and ``typing`` bring in ``inspect``, ``re`` and ``enum``: 15 milliseconds of a
new process, more than reading a checkpoint's header takes. To the type checker the names here
are the standard library's own. When running, :func:`dataclass` makes classes that behave as its
do: ``__init__``, comparison, ``repr``, hashing and refusal of changes where frozen, pickling, and
``dataclasses.fields``, ``replace`` and ``asdict`` (what those need is made when first asked for).

Modules on that way write::

    from ckptui.light import TYPE_CHECKING, dataclass

    if TYPE_CHECKING:
        from typing import Final
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
    from dataclasses import field as field
    from typing import Protocol as Protocol
    from typing import TypedDict as TypedDict
else:
    from _operator import attrgetter

    class Protocol:
        """``typing.Protocol``, which only the type checker asks about."""

    class TypedDict:
        """``typing.TypedDict``: calling the class makes a plain dict."""

        def __new__(cls, **values: object) -> dict[str, object]:
            return values

    _NOTHING = object()

    class _Made:
        """A default that is made anew for each instance."""

        __slots__ = ("default_factory", "options")

        def __init__(self, default_factory: type, options: dict[str, bool]) -> None:
            self.default_factory = default_factory
            self.options = options

    def field(*, default_factory: type, compare: bool = True, repr: bool = True) -> _Made:  # noqa: A002
        """``dataclasses.field``, as far as it is used here."""
        return _Made(default_factory, {"compare": compare, "repr": repr})

    class dataclass:  # noqa: N801  (the standard library's name)
        """``dataclasses.dataclass``, always with slots."""

        def __init__(self, *, frozen: bool = False, slots: bool = True) -> None:
            self.frozen = frozen
            self.slots = slots

        def __call__(self, cls: type) -> type:
            return _make(cls, self.frozen)

    def _make(cls: type, frozen: bool) -> type:
        space = dict(cls.__dict__)
        names = tuple(space.get("__annotations__", ()))
        defaults = {name: space.pop(name) for name in names if name in space}
        space.pop("__dict__", None)
        space.pop("__weakref__", None)
        space["__slots__"] = space["__match_args__"] = names
        space["__init__"] = _init(names, defaults, frozen)
        space["__dataclass_fields__"] = _Fields(defaults, frozen)
        own = (
            *_comparing(_chosen(names, defaults, "compare"), frozen),
            ("__repr__", _showing(_chosen(names, defaults, "repr"))),
        )
        for name, method in (*own, *(_FROZEN if frozen else _COMMON)):
            space.setdefault(name, method)
        if not frozen:
            space["__hash__"] = None
        return type(cls)(cls.__name__, cls.__bases__, space)

    def _chosen(names: tuple[str, ...], defaults: dict[str, object], option: str) -> list[str]:
        """The fields for which an option is not switched off."""
        return [
            name
            for name in names
            if not isinstance(made := defaults.get(name), _Made) or made.options[option]
        ]

    def _init(names: tuple[str, ...], defaults: dict[str, object], frozen: bool) -> object:
        """The one method that is worth code of its own: it runs for every tensor."""
        scope = {"_set": object.__setattr__, "_nothing": _NOTHING}
        arguments, lines = ["self"], []
        for name in names:
            default = defaults.get(name, _NOTHING)
            value = name
            if isinstance(default, _Made):
                scope[f"_make_{name}"] = default.default_factory
                value = f"_make_{name}() if {name} is _nothing else {name}"
                arguments.append(f"{name}=_nothing")
            elif default is not _NOTHING:
                scope[f"_default_{name}"] = default
                arguments.append(f"{name}=_default_{name}")
            else:
                arguments.append(name)
            lines.append(f" _set(self,{name!r},{value})" if frozen else f" self.{name}={value}")
        # As dataclasses itself does; the names are those of the class, not of any input.
        exec(f"def __init__({','.join(arguments)}):\n" + "\n".join(lines), scope)  # noqa: S102
        return scope["__init__"]

    class _Fields:
        """``__dataclass_fields__``, made by the standard library when somebody wants it."""

        def __init__(self, defaults: dict[str, object], frozen: bool) -> None:
            self.defaults = defaults
            self.frozen = frozen

        def __get__(self, instance: object, owner: type) -> object:
            import dataclasses

            space = {"__annotations__": owner.__annotations__, "__module__": owner.__module__}
            for name, default in self.defaults.items():
                made = isinstance(default, _Made)
                space[name] = (
                    dataclasses.field(default_factory=default.default_factory, **default.options)
                    if made
                    else default
                )
            real = dataclasses.dataclass(frozen=self.frozen)(type(owner.__name__, (), space))
            owner.__dataclass_fields__ = real.__dataclass_fields__
            return real.__dataclass_fields__

    def _values(self: object) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def _comparing(names: list[str], frozen: bool) -> list[tuple[str, object]]:
        """Equality, and a hash where nothing can change."""
        read = attrgetter(*names) if names else lambda _: ()

        def equal(self: object, other: object) -> bool:
            if other.__class__ is not self.__class__:
                return NotImplemented
            return read(self) == read(other)

        def hashed(self: object) -> int:
            return hash(read(self))

        return [("__eq__", equal), ("__hash__", hashed)] if frozen else [("__eq__", equal)]

    def _showing(names: list[str]) -> object:
        def shown(self: object) -> str:
            pairs = (f"{name}={getattr(self, name)!r}" for name in names)
            return f"{self.__class__.__qualname__}({', '.join(pairs)})"

        return shown

    def _refuse(_self: object, name: str, *_value: object) -> None:
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def _state(self: object) -> list[object]:
        return list(_values(self))

    def _restore(self: object, state: list[object]) -> None:
        for name, value in zip(self.__slots__, state, strict=True):
            object.__setattr__(self, name, value)

    _COMMON = (("__getstate__", _state), ("__setstate__", _restore))
    _FROZEN = (*_COMMON, ("__setattr__", _refuse), ("__delattr__", _refuse))
