"""Annotations: from how they are written to the types they mean."""

from __future__ import annotations

import sys

from lab.configs._calculator import BUILD, Calculator, declarations, is_configs_class
from lab.configs._markers import UNSET
from lab.configs._signature import arguments

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def evaluate(annotation: Any, holder: Any) -> Any:
    """The type that an annotation means, or `UNSET` where it cannot be known.

    Args:
        annotation: as written; text is evaluated where its holder was defined.
        holder: the class or function that the annotation belongs to.
    """
    if not isinstance(annotation, str):
        return annotation
    names: dict[str, Any] = {}
    target = holder
    space = None
    if isinstance(holder, type):
        declared = declarations(holder)
        if declared is not None:
            names, space = declared.names, declared.space
        else:
            target = getattr(holder, "__init__", holder)
    if space is None:
        space = getattr(target, "__globals__", None)
    if space is None:
        module = sys.modules.get(getattr(holder, "__module__", "") or "")
        space = getattr(module, "__dict__", {})
    if annotation in names:
        return names[annotation]
    if annotation in space:
        return space[annotation]
    if isinstance(holder, type) and annotation == holder.__name__:
        return holder
    try:
        # The text is an annotation from the user's own source, which Python itself would have evaluated.
        value = eval(annotation, space, names)
    except Exception:
        return UNSET
    return evaluate(value, holder) if isinstance(value, str) and value != annotation else value


def names_in(annotations: dict[str, Any], scope: dict[str, Any]) -> dict[str, Any]:
    """The variables of an enclosing function that annotations written as text refer to."""
    import re

    found: dict[str, Any] = {}
    for annotation in annotations.values():
        if isinstance(annotation, str):
            for name in re.findall(r"[^\W\d]\w*", annotation):
                if name in scope:
                    found[name] = scope[name]
    return found


def is_class_variable(annotation: Any) -> bool:
    """Whether an annotation says `ClassVar`."""
    if type(annotation) is type:
        return False
    if isinstance(annotation, str):
        text = annotation.lstrip()
        return text.startswith(
            ("ClassVar", "typing.ClassVar", "t.ClassVar", "typing_extensions.ClassVar")
        )
    return repr(annotation).startswith("typing.ClassVar")


def configs_class_of(annotation: Any) -> type | None:
    """The configs class that an evaluated annotation asks for, or None."""
    if is_configs_class(annotation):
        return annotation  # type: ignore[no-any-return]  # narrowed by a function mypy cannot follow
    origin = getattr(annotation, "__origin__", None)
    return origin if is_configs_class(origin) else None


def configs_classes_in(annotation: Any) -> list[type]:
    """The configs classes that an evaluated annotation allows, those of a union included."""
    cls = configs_class_of(annotation)
    if cls is not None:
        return [cls]
    members = getattr(annotation, "__args__", ()) if _is_union(annotation) else ()
    return [cls for member in members for cls in configs_classes_in(member)]


def _is_union(annotation: Any) -> bool:
    kind = type(annotation)
    return kind.__name__ in ("UnionType", "_UnionGenericAlias") or (
        repr(getattr(annotation, "__origin__", None)) == "typing.Union"
    )


def is_buildable(annotation: Any, owner: type) -> bool:
    """Whether an item of this type is built from its class without being asked to.

    That is so where the class takes the configs object, or is neither abstract nor from the standard library or
    an installed package.

    Args:
        annotation: evaluated.
        owner: the configs class that declares the item.
    """
    if not isinstance(annotation, type) or is_configs_class(annotation):
        return False
    if _takes_configs(annotation, owner):
        return True
    if getattr(annotation, "__abstractmethods__", None) or getattr(
        annotation, "_is_protocol", False
    ):
        return False
    if issubclass(annotation, (tuple, BaseException)) or hasattr(annotation, "__members__"):
        return False
    return _is_of_project(annotation)


def _takes_configs(cls: type, owner: type) -> bool:
    init = cls.__dict__.get("__init__") or getattr(cls, "__init__", None)
    if type(init) is not type(evaluate):
        return False
    reading = Calculator(cls, "", (), BUILD, {}, owner)
    return any(argument.is_configs for argument in arguments(reading))


def _is_of_project(cls: type) -> bool:
    name = cls.__module__
    if name == "__main__":
        return True
    top = name.partition(".")[0]
    if name == "builtins" or top in sys.stdlib_module_names:
        return False
    module = sys.modules.get(name)
    path = getattr(module, "__file__", None)
    if path is None:
        return True
    return not _is_installed(path)


def _is_installed(path: str) -> bool:
    """Whether a file belongs to an installed package."""
    parts = path.replace("\\", "/").split("/")
    return "site-packages" in parts or "dist-packages" in parts
