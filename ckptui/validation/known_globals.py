"""Globals that pickles name, split into what is safe, what is known harmless, and the rest.

Sources: ``ALLOWED`` is ``torch._weights_only_unpickler._get_allowed_globals()`` of torch 2.13.0,
the names that ``torch.load(weights_only=True)`` accepts by itself. ``HARMLESS`` are classes and
functions of the standard library, numpy and torch that real trainers pickle into checkpoints and
that only build data; the issues that ask for them are named beside the groups.
"""

from __future__ import annotations

import _compat_pickle
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from ckptui.validation.known_modules import MODULES


def _words(text: str) -> list[str]:
    return text.split()


_STORAGE_KINDS = _words(
    "BFloat16 Bool Byte Char ComplexDouble ComplexFloat Double Float Half Int Long Short"
)
_TENSOR_KINDS = _words("BFloat16 Bool Byte Char Double Float Half Int Long Short")
_SPARSE_KINDS = _words("BFloat16 Byte Char Double Float Half Int Long Short")
_DTYPES = _words(
    "bfloat16 bits16 bits1x8 bits2x4 bits4x2 bits8 bool complex128 complex32 complex64 float16 "
    "float32 float4_e2m1fn_x2 float64 float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz "
    "float8_e8m0fnu int1 int16 int2 int3 int32 int4 int5 int6 int64 int7 int8 qint32 qint8 "
    "quint2x4 quint4x2 quint8 uint1 uint16 uint2 uint3 uint32 uint4 uint5 uint6 uint64 uint7 uint8"
)
_QUANTISERS = _words(
    "per_channel_affine per_channel_affine_float_qparams per_channel_symmetric "
    "per_tensor_affine per_tensor_symmetric"
)
_REBUILDERS = _words(
    "device_tensor_from_cpu_tensor device_tensor_from_numpy meta_tensor_no_storage nested_tensor "
    "parameter parameter_with_state qtensor sparse_tensor tensor tensor_v2 tensor_v3 "
    "wrapper_subclass"
)

ALLOWED: Final[frozenset[str]] = frozenset(
    [
        "_codecs.encode", "builtins.bytearray", "builtins.complex", "builtins.set",
        "collections.Counter", "collections.OrderedDict", "torch.Size", "torch.Tensor",
        "torch.device", "torch.nn.parameter.Parameter", "torch.serialization._get_layout",
        "torch._tensor._rebuild_from_type_v2",
        "torch.storage.TypedStorage", "torch.storage.UntypedStorage",
        *(f"torch{gpu}.{kind}Storage" for gpu in ("", ".cuda") for kind in _STORAGE_KINDS),
        *(f"torch{gpu}.{kind}Tensor" for gpu in ("", ".cuda") for kind in _TENSOR_KINDS),
        *(f"torch{gpu}.sparse.{kind}Tensor" for gpu in ("", ".cuda") for kind in _SPARSE_KINDS),
        *(f"torch.Q{kind}Storage" for kind in ("Int32", "Int8", "UInt2x4", "UInt4x2", "UInt8")),
        *(f"torch.{name}" for name in (*_DTYPES, *_QUANTISERS)),
        *(f"torch._utils._rebuild_{name}" for name in _REBUILDERS),
    ]
)  # fmt: skip
"""What torch's safe loader accepts by itself."""

_NUMPY_DTYPES = _words(
    "Bool Byte Short Int Long LongLong Int8 Int16 Int32 Int64 UByte UShort UInt ULong ULongLong "
    "UInt8 UInt16 UInt32 UInt64 Float16 Float32 Float64 LongDouble Complex64 Complex128 "
    "CLongDouble Bytes Str Void Object DateTime64 TimeDelta64"
)
_NUMPY_SCALARS = _words(
    "bool bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 "
    "complex64 complex128 str_ bytes_ datetime64 timedelta64 longlong intc"
)

HARMLESS: Final[frozenset[str]] = frozenset(
    [
        # numpy scalars and arrays (HF rng_state.pth, nnUNet issue 2681)
        *(f"{core}.multiarray.{name}" for core in ("numpy.core", "numpy._core")
          for name in ("scalar", "_reconstruct")),
        *(f"{core}.numeric._frombuffer" for core in ("numpy.core", "numpy._core")),
        "numpy.dtype", "numpy.ndarray",
        *(f"numpy.dtypes.{name}DType" for name in _NUMPY_DTYPES),
        *(f"numpy.{name}" for name in _NUMPY_SCALARS),
        # plain data of the standard library (Megatron's args, Lightning's hyper-parameters)
        "argparse.Namespace", "types.SimpleNamespace", "fractions.Fraction", "decimal.Decimal",
        "collections.defaultdict", "collections.deque", "collections.ChainMap",
        "collections.UserDict", "collections.UserList",
        "datetime.date", "datetime.datetime", "datetime.time", "datetime.timedelta",
        "datetime.timezone", "uuid.UUID", "uuid.SafeUUID",
        *(f"pathlib{local}.{name}" for local in ("", "._local")
          for name in ("Path", "PurePath", "PosixPath", "PurePosixPath", "WindowsPath",
                       "PureWindowsPath")),
        # enums and the functions that rebuild objects without running their constructors
        "enum.Enum", "enum.IntEnum", "enum.IntFlag", "enum.Flag", "enum.StrEnum",
        "copyreg._reconstructor", "copyreg.__newobj__",
        *(f"builtins.{name}" for name in (
            "object", "frozenset", "slice", "range", "int", "float", "str", "bytes", "bool",
            "list", "dict", "tuple", "Ellipsis", "NotImplemented")),
        # torch's own containers, sizes and schedules that its safe loader leaves out
        "torch.Generator", "torch.Storage", "torch.layout", "torch.memory_format", "torch.dtype",
        "torch._utils._rebuild_storage", "torch.torch_version.TorchVersion",
        "torch.nn.parameter.Buffer", "torch.nn.parameter.UninitializedParameter",
        "torch.distributed.device_mesh.DeviceMesh", "torch.distributed.tensor.DTensor",
        "torch.distributed.tensor._dtensor_spec.DTensorSpec",
        "torch.distributed.tensor._dtensor_spec.TensorMeta",
        "torch.distributed.tensor.placement_types.Partial",
        "torch.distributed.tensor.placement_types.Replicate",
        "torch.distributed.tensor.placement_types.Shard",
        "torch.nested._internal.nested_tensor.NestedTensor",
        "torch.nested._internal.nested_tensor._rebuild_njt",
        # configuration containers of Lightning and Hydra users: dicts with attribute access
        "omegaconf.dictconfig.DictConfig", "omegaconf.listconfig.ListConfig",
        "omegaconf.base.ContainerMetadata", "omegaconf.base.Metadata", "omegaconf.nodes.AnyNode",
        "lightning.fabric.utilities.data.AttributeDict",
        "lightning_fabric.utilities.data.AttributeDict",
        "pytorch_lightning.utilities.parsing.AttributeDict",
        "typing.Any",
        # the loss scale and the settings in DeepSpeed's optimizer states (0.19, ZeRO 1 to 3)
        "deepspeed.runtime.fp16.loss_scaler.LossScaler",
        "deepspeed.runtime.fp16.loss_scaler.DynamicLossScaler",
        "deepspeed.runtime.zero.config.ZeroStageEnum",
        "deepspeed.utils.tensor_fragment.fragment_address",
    ]
)  # fmt: skip
"""Builds data and runs nothing of the file's choosing; torch's safe loader wants it allowed."""

_DANGEROUS_MODULES: Final = frozenset(
    {
        "asyncio", "bdb", "cProfile", "code", "codeop", "commands", "ctypes", "distutils",
        "functools", "importlib", "marshal", "multiprocessing", "nt", "operator", "os", "pdb",
        "pickle", "pip", "platform", "posix", "profile", "pty", "pydoc", "requests", "runpy",
        "shelve", "shutil", "signal", "socket", "ssl", "subprocess", "sys", "tempfile",
        "threading", "timeit", "trace", "types", "urllib", "webbrowser", "zipimport",
    }
)  # fmt: skip
_DANGEROUS_BUILTINS: Final = frozenset(
    _words(
        "__import__ breakpoint compile delattr eval exec execfile getattr globals input locals "
        "map open setattr vars apply filter"
    )
)


def modern_name(name: str) -> str:
    """Python 3's name of a global: protocol 2, torch's default, writes Python 2's.

    Example:
        >>> modern_name("__builtin__.set"), modern_name("copy_reg._reconstructor")
        ('builtins.set', 'copyreg._reconstructor')
    """
    module, _, attribute = name.rpartition(".")
    pair = _compat_pickle.NAME_MAPPING.get((module, attribute))
    if pair is not None:
        return ".".join(pair)
    return f"{_compat_pickle.IMPORT_MAPPING.get(module, module)}.{attribute}"


def is_dangerous(name: str) -> bool:
    """True for globals that are known to run things."""
    module, _, attribute = modern_name(name).rpartition(".")
    if module == "builtins":
        return attribute in _DANGEROUS_BUILTINS
    return module.split(".", 1)[0] in _DANGEROUS_MODULES


@dataclass(frozen=True, slots=True)
class GlobalsSplit:
    """Globals of one pickle by what they mean; each tuple is sorted.

    Attributes:
        harmless: Known harmless; the safe loader needs them allowed.
        allowed: Allowed by the user.
        unknown: Neither known nor allowed.
        dangerous: Known to run things.
    """

    harmless: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    dangerous: tuple[str, ...] = ()


def split_globals(names: Iterable[str], allow: Collection[str] = ()) -> GlobalsSplit:
    """Sort the globals that a pickle names.

    Args:
        names: As the pickle has them, ``module.name``.
        allow: Names that the user allows. What is known to be dangerous stays dangerous.
    """
    groups: dict[str, set[str]] = {
        "harmless": set(),
        "allowed": set(),
        "unknown": set(),
        "dangerous": set(),
    }
    for raw in names:
        name = modern_name(raw)
        if name in ALLOWED:
            continue
        if name in HARMLESS or name in MODULES:
            groups["harmless"].add(name)
        elif is_dangerous(name):
            groups["dangerous"].add(name)
        elif name in allow or raw in allow:
            groups["allowed"].add(name)
        else:
            groups["unknown"].add(name)
    return GlobalsSplit(**{key: tuple(sorted(found)) for key, found in groups.items()})
