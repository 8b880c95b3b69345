"""Globals that pickles name, split into what is safe, what is known harmless, and the rest.

Sources: ``ALLOWED`` is ``torch._weights_only_unpickler._get_allowed_globals()`` of torch 2.13.0,
the names that ``torch.load(weights_only=True)`` accepts by itself. ``HARMLESS`` are classes and
functions of the standard library, numpy and torch that real trainers pickle into checkpoints and
that only build data; the issues that ask for them are named beside the groups.

A pickle calls what it names: with REDUCE, NEWOBJ, INST and OBJ, and BUILD hands a state to
``__setstate__``. So a name is harmless only where no arguments and no state make it import, read,
write or call something of the file's choosing. A class that runs its owner's code when it is built
(``TrainingArguments`` sets up devices, an ``argparse`` type does not) is unknown, and so is what
calls its argument later (``functools.partial``): its owner may allow it. What runs the file's own
choice at once is dangerous, and stays so whatever is allowed.
"""

from __future__ import annotations

import _compat_pickle
from collections.abc import Collection, Iterable
from typing import Final

from ckptui.light import dataclass
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

_OPTIMIZERS = _words(
    "_adafactor.Adafactor _muon.Muon adadelta.Adadelta adagrad.Adagrad adam.Adam adamax.Adamax "
    "adamw.AdamW asgd.ASGD lbfgs.LBFGS nadam.NAdam radam.RAdam rmsprop.RMSprop rprop.Rprop sgd.SGD "
    "sparse_adam.SparseAdam"
)
_SCHEDULES = _words(
    "ChainedScheduler ConstantLR CosineAnnealingLR CosineAnnealingWarmRestarts ExponentialLR "
    "LinearLR MultiStepLR OneCycleLR PolynomialLR ReduceLROnPlateau SequentialLR StepLR"
)
_ACTIVATIONS = _words("celu elu glu leaky_relu mish relu relu6 selu sigmoid silu softplus tanh")

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
        # the functions that rebuild objects without running their constructors; enum's own bases
        # are not here: called with two arguments they make classes, and no member names them
        "copyreg._reconstructor", "copyreg.__newobj__",
        *(f"builtins.{name}" for name in (
            "object", "frozenset", "slice", "range", "int", "float", "str", "bytes", "bool",
            "list", "dict", "tuple", "Ellipsis", "NotImplemented")),
        # torch's own containers, sizes and schedules that its safe loader leaves out
        "torch.Generator", "torch.Storage", "torch.layout", "torch.memory_format", "torch.dtype",
        "torch.torch_version.TorchVersion",
        "torch.nn.parameter.Buffer", "torch.nn.parameter.UninitializedParameter",
        "torch.distributed.device_mesh.DeviceMesh", "torch.distributed.tensor.DTensor",
        "torch.distributed.tensor._dtensor_spec.DTensorSpec",
        "torch.distributed.tensor._dtensor_spec.TensorMeta",
        "torch.distributed.tensor.placement_types.Partial",
        "torch.distributed.tensor.placement_types.Replicate",
        "torch.distributed.tensor.placement_types.Shard",
        "torch.nested._internal.nested_tensor.NestedTensor",
        "torch.nested._internal.nested_tensor._rebuild_njt",
        # the bounds of a jagged tensor's sizes, three numbers (torch._dynamo.mark_dynamic)
        "torch._dynamo.decorators._DimRange",
        # optimizers and schedules that were pickled whole: a state becomes their attributes, and
        # arguments are parameters and numbers; LambdaLR and MultiplicativeLR call theirs
        *(f"torch.optim.{name}" for name in _OPTIMIZERS),
        *(f"torch.optim.lr_scheduler.{name}" for name in _SCHEDULES),
        "torch.optim.swa_utils.AveragedModel",
        # activations that a layer keeps, such as TransformerEncoderLayer's: tensor in, tensor out
        *(f"torch.nn.functional.{name}" for name in _ACTIVATIONS),
        "torch._C._nn.gelu",
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
        # enums that trainers write: building a member is a look-up
        *(f"transformers.trainer_utils.{name}" for name in (
            "IntervalStrategy", "EvaluationStrategy", "SaveStrategy", "HubStrategy",
            "SchedulerType", "FSDPOption", "ShardedDDPOption")),
        "transformers.training_args.OptimizerNames", "transformers.debug_utils.DebugOption",
        *(f"accelerate.utils.dataclasses.{name}" for name in (
            "DistributedType", "PrecisionType", "DynamoBackend", "ComputeEnvironment",
            "LoggerType", "RNGType", "SageMakerDistributedType")),
        *(f"{home}.enums.{name}"
          for home in ("megatron.model", "megatron.legacy.model", "megatron.core.transformer")
          for name in ("AttnMaskType", "AttnType", "LayerType", "ModelType", "AttnBackend",
                       "PositionEmbeddingType")),
        "megatron.core.enums.ModelType",
    ]
)  # fmt: skip
"""Builds data and runs nothing of the file's choosing; torch's safe loader wants it allowed."""

_DANGEROUS_PACKAGES: Final = frozenset(
    _words(
        "IPython _ctypes _io _pickle _posixsubprocess _pytest _thread asyncio asyncore atexit "
        "bdb boto3 botocore cProfile cffi cloudpickle code codecs codeop commands ctypes dbm "
        "dill distutils doctest ensurepip faulthandler fileinput fsspec ftplib "
        "functools http httpx idlelib imp importlib io joblib jsonpickle linecache logging "
        "marshal mmap multiprocessing nt numexpr operator os paramiko pdb pickle pip "
        "pkg_resources pkgutil platform poplib posix profile pty py_compile pydoc requests "
        "runpy setuptools shelve shutil signal smtplib socket socketserver sqlite3 ssl "
        "subprocess sys sysconfig tarfile telnetlib tempfile threading timeit tkinter trace "
        "types unittest urllib urllib3 venv webbrowser xmlrpc yaml zipfile zipimport"
    )
)
"""They run, read, write or import by their arguments alone. HARMLESS is looked at first."""
_DANGEROUS_MODULES: Final = tuple(
    _words(
        "numpy.DataSource numpy.ctypeslib numpy.distutils numpy.f2py numpy.fromfile "
        "numpy.genfromtxt numpy.lib numpy.load numpy.loadtxt numpy.memmap numpy.save numpy.savetxt "
        "numpy.savez numpy.testing pandas.eval pandas.io pandas.read_pickle torch.UntypedStorage "
        "torch._C torch._classes torch._dynamo torch._inductor torch._ops torch.classes "
        "torch.compile torch.compiler torch.cuda._pickle torch.distributed.elastic "
        "torch.distributed.launch torch.distributed.rpc torch.distributed.run torch.export "
        "torch.from_file torch.fx torch.hub torch.jit torch.library torch.load "
        "torch.multiprocessing torch.onnx torch.ops torch.package torch.save torch.serialization "
        "torch.storage._load_from_bytes torch.testing torch.utils._cpp_extension_versioner "
        "torch.utils.benchmark torch.utils.bundled_inputs torch.utils.cpp_extension "
        "torch.utils.model_zoo"
    )
)
"""Modules and names of packages that are harmless otherwise.

``torch.storage._load_from_bytes`` is how a tensor gets into a plain pickle: it hands the bytes
that follow to ``torch.load(weights_only=False)``, a second pickle that nobody has looked at.
``torch.fx`` rebuilds a graph module by executing its source.
"""
_DANGEROUS_BUILTINS: Final = frozenset(
    _words(
        "__build_class__ __import__ apply breakpoint classmethod compile delattr eval exec "
        "execfile exit filter getattr globals help input iter locals map max min open property "
        "quit reload setattr sorted staticmethod super type vars"
    )
)
_OWNERS_MAY: Final = frozenset(
    {
        "functools.partial", "joblib.numpy_pickle.NumpyArrayWrapper",
        "joblib.numpy_pickle.NDArrayWrapper", "logging.Logger", "logging.RootLogger",
        "logging.getLogger",
    }
)  # fmt: skip
"""They only keep what they are given, beside others that do not: unknown, not dangerous."""


_NOT_TO_CALL: Final = frozenset({"numpy.ndarray"})
"""Harmless as an argument, as numpy's own pickles have it. Called, it takes a buffer of the file's
bytes for an array of pointers to objects (numpy 2.4: ``ndarray((1,), object, b"A" * 8)`` crashes).
"""


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
    modern = modern_name(name)
    module, _, attribute = modern.rpartition(".")
    if module == "builtins":
        return attribute in _DANGEROUS_BUILTINS
    if modern in _OWNERS_MAY:
        return False
    if module.split(".", 1)[0] in _DANGEROUS_PACKAGES:
        return True
    return any(f"{modern}.".startswith(f"{each}.") for each in _DANGEROUS_MODULES)


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


def split_globals(
    names: Iterable[str], allow: Collection[str] = (), called: Collection[str] = ()
) -> GlobalsSplit:
    """Sort the globals that a pickle names.

    Args:
        names: As the pickle has them, ``module.name``.
        allow: Names that the user allows. What is known to be dangerous stays dangerous.
        called: Those that the pickle calls itself.
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
        if name in _NOT_TO_CALL and raw in called:
            groups["dangerous"].add(name)
        elif name in HARMLESS or name in MODULES:
            groups["harmless"].add(name)
        elif is_dangerous(name):
            groups["dangerous"].add(name)
        elif name in allow or raw in allow:
            groups["allowed"].add(name)
        else:
            groups["unknown"].add(name)
    return GlobalsSplit(**{key: tuple(sorted(found)) for key, found in groups.items()})
