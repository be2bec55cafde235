"""Which framework an image needs: by the vote on the code directory, or by name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from drum.errors import ConfigError

if TYPE_CHECKING:
    from drum.plugins import PluginManager

CORE = "drum-core"
BASE = "base"
"""The framework of a folder that its ``custom.py`` scores alone."""
CONTAINERS = Path(__file__).parent / "containers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Framework:
    """What an image holds beside the core: a folder of ``containers/frameworks``, where there is one for it."""

    name: str
    distribution: str

    @property
    def folder(self) -> Path:
        """Where it says what it needs; a plugin of a stranger's has none, and needs itself alone."""
        return CONTAINERS / "frameworks" / self.name

    @property
    def requirements(self) -> str:
        """What is installed for it, in the format of a requirements file."""
        file = self.folder / "requirements.txt"
        return file.read_text(encoding="utf-8") if file.is_file() else f"{self.distribution}\n"

    @property
    def installs_requirements_itself(self) -> bool:
        """Tell whether the ``requirements.txt`` of a code directory is of another language, and none of pip's."""
        return (self.folder / "install_requirements.sh").is_file()


def framework_for(manager: PluginManager, code_dir: Path | None, runtime: str | None, *, gpu: bool) -> Framework:
    """Return the framework of a code directory, or the one that was asked for.

    :param runtime: a runtime's name, ``base`` for the core alone; without it, the plugins vote on ``code_dir``.
    :raises ConfigError: if there is no such runtime, or no image of it for a GPU.
    :raises DetectionError: if the plugins find nothing, or too much, in the folder.
    """
    if runtime is None and code_dir is None:
        raise ConfigError("Say what the image is for: --code-dir DIR, or --runtime NAME for one without a model.")
    name = runtime if runtime is not None else _voted(manager, code_dir)  # type: ignore[arg-type]
    distribution = CORE if name == BASE else _distribution_of(name, manager)
    framework = Framework(name=distribution.removeprefix("drum-") if name != BASE else BASE, distribution=distribution)
    return _on_gpu(framework) if gpu else framework


def _voted(manager: PluginManager, code_dir: Path) -> str:
    from drum.detection import detect, nothing_found
    from drum.metadata import read_metadata
    from drum.types import ModelSpec, TargetType

    metadata = read_metadata(code_dir)
    # Where the metadata do not say it, the target type is said when the server starts; no vote depends on it.
    target_type = TargetType(metadata["targetType"]) if metadata else TargetType.REGRESSION
    vote = detect(manager, ModelSpec(code_dir=code_dir, target_type=target_type, metadata=metadata), None, None)
    if vote is not None:
        return vote.detection.runtime
    if (code_dir / "custom.py").is_file():
        return BASE
    raise nothing_found(code_dir)


def _distribution_of(runtime: str, manager: PluginManager) -> str:
    runtimes = manager.runtimes()
    found = {plugin.name: plugin.distribution for plugin in manager.installed if plugin.module in runtimes}
    if runtime not in found:
        raise ConfigError(
            f"There is no runtime '{runtime}' here. Installed are: {', '.join(sorted(found)) or 'none'}, and '{BASE}' "
            "for the core alone. The image gets the plugin that is installed here; its framework need not be."
        )
    return found[runtime]


def _on_gpu(framework: Framework) -> Framework:
    variant = Framework(name=f"{framework.name}-gpu", distribution=framework.distribution)
    if not variant.folder.is_dir():
        known = sorted(folder.name.removesuffix("-gpu") for folder in variant.folder.parent.glob("*-gpu"))
        raise ConfigError(f"There is no image of '{framework.name}' for a GPU, only of {' and '.join(known)}.")
    return variant
