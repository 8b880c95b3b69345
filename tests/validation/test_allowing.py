"""Pickles that need something allowed: what is refused, what an allow-list changes, what never."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ckptui.terms import Action, Category, Level, Result
from ckptui.validation.check import check_file
from ckptui.validation.known_globals import ALLOWED, HARMLESS, is_dangerous, split_globals
from ckptui.validation.known_modules import MODULES
from ckptui.validation.service import validate_checkpoint
from ckptui.validation.telling import told
from tests.cli.program import ckptui
from tests.validation.conftest import make_old, run_python

WRITE = """
import os, sys, pickle, functools
import numpy as np
import torch
folder = sys.argv[1]
sys.path.insert(0, folder)
open(os.path.join(folder, "mine.py"), "w").write(
    "import os\\n"
    "open(os.path.join(os.path.dirname(__file__), 'IMPORTED'), 'a').write('x')\\n"
    "class Config:\\n"
    "    def __init__(self): self.width = 8\\n"
    "    def __setstate__(self, state): raise SystemExit('built')\\n"
)
import mine
os.unlink(os.path.join(folder, "IMPORTED"))
torch.save({"config": mine.Config(), "w": torch.ones(4)}, os.path.join(folder, "mine.pt"))
torch.save({"optimizer": functools.partial(mine.Config), "w": torch.ones(4)},
           os.path.join(folder, "partial.pt"))
torch.save({"a": np.arange(3), "s": np.float32(1), "w": torch.ones(4)},
           os.path.join(folder, "numpy.pt"))
class Call:
    def __init__(self, *call): self.call = call
    def __reduce__(self): return self.call
torch.save({"a": Call(np.ndarray, ((1,), np.dtype("O"), b"A" * 8))},
           os.path.join(folder, "pointer.pt"))
class Run:
    def __reduce__(self):
        return os.system, (f"touch {folder}/EXECUTED",)
torch.save({"a": Run(), "config": mine.Config()}, os.path.join(folder, "evil.pt"))
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Checkpoints whose pickles name classes, real ones, by torch in a process of its own."""
    folder = tmp_path_factory.mktemp("allowing")
    run_python(WRITE, str(folder))
    for path in folder.glob("*.pt"):
        make_old(path)
    return folder


def test_refused_then_allowed_then_loaded_and_nothing_of_it_runs(files: Path) -> None:
    refused = validate_checkpoint(files / "mine.pt")
    assert (refused.category, refused.remedy) == (Category.UNSAFE, Action.ALLOW_GLOBALS)
    assert refused.checks[Level.LOAD].result is Result.REFUSED
    said = told(refused.detail, "x.pt")
    assert "needs the class Config of the package mine" in said.evidence
    assert '[allow] globals = ["mine.Config"]' in said.next
    assert said.torch.startswith("Unsupported global: GLOBAL mine.Config")
    allowed = validate_checkpoint(files / "mine.pt", allow_globals=["mine.Config"])
    assert allowed.category is Category.VALID
    load = allowed.checks[Level.LOAD]
    assert load.result is Result.WARN
    assert "mine.Config" in load.detail
    assert "decided from the pickle" not in load.detail  # torch itself was asked
    assert not (files / "IMPORTED").exists()


def test_an_allow_list_of_the_run_or_by_path_serves_the_command_line(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    path = run / "a.pt"
    path.write_bytes((files / "mine.pt").read_bytes())
    make_old(path)
    home = tmp_path / "home" / "ckptui"
    home.mkdir(parents=True)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home.parent))
    assert ckptui("validate", str(path), "--no-load").code == 3
    assert "unsafe" in ckptui("status", str(run)).out
    (home / "config.toml").write_text(
        f'[[allow]]\npath = "{tmp_path}/**"\nglobals = ["mine.Config"]\n'
    )
    for verb in ("validate", "explain"):
        assert ckptui(verb, str(path), "--no-load").code == 0
    assert ckptui("validate", str(run), "--no-load").code == 0
    assert "unsafe" not in ckptui("status", str(run)).out
    (home / "config.toml").write_text("allow = 3")
    said = ckptui("validate", str(path), "--no-load")
    assert said.code == 1
    assert "written as [[allow]]" in said.err
    assert "unsafe" in ckptui("status", str(run)).out
    (home / "config.toml").unlink()
    (run / "ckptui.toml").write_text('[allow]\nglobals = ["mine.Config"]\n')
    assert ckptui("validate", str(path), "--no-load").code == 0


def test_what_is_dangerous_stays_refused_whatever_is_allowed(files: Path) -> None:
    names = ["posix.system", "os.system", "mine.Config", "numpy.ndarray", "numpy.dtype"]
    for name in ("evil.pt", "pointer.pt"):
        verdict = validate_checkpoint(files / name, allow_globals=names)
        assert verdict.checks[Level.LOAD].result is Result.REFUSED
        assert (verdict.category, verdict.remedy) == (Category.UNSAFE, Action.QUARANTINE)
        assert "the pickle calls it itself" in verdict.detail
    assert not (files / "EXECUTED").exists()


def test_numpys_own_pickles_load_and_a_called_ndarray_is_none_of_them(files: Path) -> None:
    """Called with a buffer it makes pointers of the file's bytes; numpy's pickles only name it."""
    verdict = validate_checkpoint(files / "numpy.pt")
    assert verdict.category is Category.VALID
    assert verdict.checks[Level.LOAD].result is Result.WARN
    assert "numpy.ndarray" in check_file(files / "pointer.pt").reason


_WHOLE = """
import sys, torch
from torch import nn
net = nn.Linear(4, 2)
adam = torch.optim.AdamW(net.parameters())
net(torch.ones(1, 4)).sum().backward()
adam.step()
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, 9)
torch.save({"net": net, "adam": adam, "schedule": schedule}, sys.argv[1] + "/training.pt")
torch.save(torch.optim.swa_utils.AveragedModel(net), sys.argv[1] + "/average.pt")
for name in ("relu", "gelu"):
    layer = nn.TransformerEncoderLayer(8, 2, activation=name)
    torch.save(nn.TransformerEncoder(layer, 2), f"{sys.argv[1]}/{name}.pt")
jagged = torch.nested.nested_tensor([torch.ones(2), torch.ones(3)], layout=torch.jagged)
torch.save({"jagged": jagged}, sys.argv[1] + "/jagged.pt")
"""


def test_what_torch_itself_pickles_whole_is_no_danger(tmp_path: Path) -> None:
    """Optimizers, schedules, averaged models, activations of a layer, jagged tensors."""
    run_python(_WHOLE, str(tmp_path))
    for path in sorted(tmp_path.iterdir()):
        make_old(path)
        verdict = check_file(path)
        assert verdict.checks[Level.LOAD].result is Result.WARN, verdict
        assert verdict.category is Category.VALID


def test_a_kept_function_is_the_owners_to_allow(files: Path) -> None:
    verdict = check_file(files / "partial.pt")
    assert verdict.remedy is Action.ALLOW_GLOBALS
    allowed = validate_checkpoint(
        files / "partial.pt", allow_globals=["functools.partial", "mine.Config"]
    )
    assert allowed.ok
    assert not (files / "IMPORTED").exists()


@pytest.mark.parametrize(
    "name",
    [
        "builtins.getattr", "builtins.type", "builtins.eval", "builtins.map", "builtins.open",
        "operator.attrgetter", "operator.methodcaller", "functools.reduce", "codecs.open",
        "io.open", "_io.FileIO", "os.system", "nt.system", "subprocess.Popen", "types.FunctionType",
        "types.CodeType", "importlib.import_module", "pickle.loads", "_pickle.loads",
        "cloudpickle.loads", "dill.loads", "joblib.load", "marshal.loads", "runpy.run_path",
        "torch.load", "torch.serialization.load", "torch.hub.load", "torch.ops.load_library",
        "torch._C._import_ir_module_from_file", "torch.jit.load", "torch.jit._serialization.load",
        "torch.package.PackageImporter", "torch.utils.model_zoo.load_url", "torch.compile",
        "torch.fx.graph_module.reduce_graph_module", "torch.storage._load_from_bytes",
        "torch.UntypedStorage.from_file", "torch.utils.cpp_extension.load_inline",
        "torch.distributed.rpc.rpc_sync", "torch.multiprocessing.spawn.spawn", "numpy.load",
        "numpy.lib.npyio.load", "numpy.fromfile", "numpy.memmap", "numpy.f2py.compile",
        "numpy.testing.runstring", "pandas.read_pickle", "yaml.unsafe_load", "logging.FileHandler",
        "socket.socket", "ctypes.CDLL", "webbrowser.open", "pty.spawn", "timeit.timeit",
        "__builtin__.eval", "__builtin__.apply", "commands.getoutput",
    ],
)  # fmt: skip
def test_what_can_run_things_is_dangerous(name: str) -> None:
    assert is_dangerous(name)
    split = split_globals([name], allow=[name])
    assert split.dangerous
    assert not split.harmless
    assert not split.allowed


def test_no_harmless_name_is_a_way_to_run_things() -> None:
    """Each is a class or a function that only builds data; none lies in a dangerous module."""
    looked_at = {
        "types.SimpleNamespace", "torch._dynamo.decorators._DimRange", "torch._C._nn.gelu",
    }  # fmt: skip
    for name in (HARMLESS | MODULES) - looked_at:
        assert not is_dangerous(name), name
    assert not HARMLESS & ALLOWED
    assert split_globals(["torch.storage.TypedStorage", "torch.serialization._get_layout"]) == (
        split_globals([])
    )


def test_names_that_hide_an_attribute_are_not_known(files: Path) -> None:
    """Protocol 4 takes dotted names: they are whole names here, and in no list."""
    for name in (
        "collections.OrderedDict.__init__.__globals__", "argparse._os.system",
        "torch.nn.modules.linear.Linear.__init__", "numpy.core.multiarray.scalar.__class__",
        "pathlib.Path.open",
    ):  # fmt: skip
        assert not split_globals([name]).harmless, name


FAKE_TORCH = """
import contextlib, os
__version__ = "{version}"
def set_num_threads(count): pass
def load(*args, **kwargs):
    open(os.path.join(os.path.dirname(__file__), "ASKED"), "a").write("x")
class serialization:
    safe_globals = contextlib.contextmanager(lambda objects: (yield))
"""


@pytest.fixture
def interpreter(tmp_path: Path) -> Path:
    """An interpreter of its own, without torch."""
    place = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    return place


def _with_torch(place: Path, version: str) -> Path:
    (site,) = place.glob("lib/python3*/site-packages")
    package = site / "torch"
    # Written within one second of the last, it would pass for that one's compiled bytes.
    shutil.rmtree(package / "__pycache__", ignore_errors=True)
    package.mkdir(exist_ok=True)
    (package / "__init__.py").write_text(FAKE_TORCH.format(version=version))
    return package / "ASKED"


def test_old_torch_is_asked_only_where_it_cannot_be_tricked(
    files: Path, interpreter: Path, tmp_path: Path
) -> None:
    """Not at all below 2.6 (CVE-2025-32434), below 2.10 not for another's file (CVE-2026-24747)."""
    python = str(interpreter / "bin" / "python")
    own = tmp_path / "own.pt"
    own.write_bytes((files / "numpy.pt").read_bytes())
    make_old(own)
    asked = _with_torch(interpreter, "2.5.1")
    old = validate_checkpoint(own, python=python)
    assert old.checks[Level.LOAD].result is Result.SKIPPED
    assert "older than 2.6" in old.checks[Level.LOAD].detail
    assert not asked.exists()
    _with_torch(interpreter, "2.9.1")
    assert validate_checkpoint(own, python=python).checks[Level.LOAD].result is Result.WARN
    assert asked.read_text() == "x"
    if os.getuid() == 0:
        os.chown(own, 65534, 65534)
        other = validate_checkpoint(own, python=python)
        assert other.checks[Level.LOAD].result is Result.SKIPPED
        assert "another user's" in other.checks[Level.LOAD].detail
        assert asked.read_text() == "x"
