"""The error tree. A class says *whose fault* it was; tables elsewhere turn it into a status or an exit code.

::

    DrumError
    ├── ConfigError              the operator's, before scoring
    │   ├── MetadataError            model-metadata.yaml does not say what it may say
    │   ├── OptionConflictError      two sources, or two options, contradict each other
    │   └── OutputError              predictions cannot be written where they should go
    ├── PluginError              a plugin's
    │   ├── PluginLoadError          it cannot be imported, or its hooks do not fit the specification
    │   ├── PluginDependencyError    the framework that it drives is missing or does not fit
    │   └── HookContractError        one of its hooks returned what the specification forbids
    ├── DetectionError           nobody can tell what the code directory holds
    │   ├── NoArtifactError          no artifact and no custom code
    │   ├── AmbiguousArtifactError   more than one artifact, or more than one runtime wants it
    │   └── RuntimeNotInstalledError the plugin for this artifact is not installed
    ├── ModelError               the model author's
    │   ├── CustomCodeError          custom code cannot be imported, initialised or used
    │   ├── LoadError                the artifact cannot be loaded
    │   ├── ScoreError               a hook or the model failed while scoring
    │   ├── ModelContractError       the predictions are not what the target type promises
    │   └── NoScorerError            nobody can score the model that was loaded
    ├── InputError               the caller's
    │   ├── MalformedInputError      the data cannot be read, or is not what the model takes
    │   ├── UnsupportedMediaTypeError  nobody reads this format
    │   ├── NotAcceptableError       nobody writes the format that was asked for
    │   ├── PayloadTooLargeError     more than the limits allow
    │   └── WrongEndpointError       another route serves this target type
    ├── UnavailableError         nobody's yet
    │   ├── ModelNotReadyError       still loading
    │   ├── OverloadedError          the queue is full
    │   ├── WorkerDiedError          a worker process ended in the middle of the work
    │   └── ScoreTimeoutError        the deadline passed
    └── ModelHTTPError           raised in custom code on purpose, with a status of its own
"""

from __future__ import annotations


class DrumError(Exception):
    """Base of everything that ``drum`` raises on purpose.

    :param message: says what is wrong, where, and what to do; it may reach the client.
    :param detail: more for the log and the terminal, such as the user's own stack frames.
    """

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail

    def __str__(self) -> str:
        return self.message


class ConfigError(DrumError):
    """The operator asked for something that cannot be."""


class MetadataError(ConfigError):
    """``model-metadata.yaml`` does not say what it may say."""


class OptionConflictError(ConfigError):
    """Two options, or two sources of one option, contradict each other."""


class OutputError(ConfigError):
    """Predictions cannot be written to the place that was named."""


class PluginError(DrumError):
    """A plugin is at fault."""


class PluginLoadError(PluginError):
    """A plugin cannot be imported, or its hooks do not fit the specification."""


class PluginDependencyError(PluginError):
    """The framework that a plugin drives is missing, or its version does not fit."""


class HookContractError(PluginError):
    """A plugin's hook returned what the specification forbids."""


class DetectionError(DrumError):
    """Nobody can tell what the code directory holds."""


class NoArtifactError(DetectionError):
    """The code directory holds neither an artifact nor custom code."""


class AmbiguousArtifactError(DetectionError):
    """More than one artifact, or more than one runtime that wants it."""


class RuntimeNotInstalledError(DetectionError):
    """The plugin that scores this artifact is not installed."""


class ModelError(DrumError):
    """The author of the model is at fault."""


class CustomCodeError(ModelError):
    """Custom code cannot be imported, initialised or used."""


class LoadError(ModelError):
    """The artifact cannot be loaded."""


class ScoreError(ModelError):
    """A hook or the model itself failed while scoring."""


class ModelContractError(ModelError):
    """The predictions are not what the target type promises."""


class NoScorerError(ModelError):
    """Nobody can score the model that was loaded."""


class InputError(DrumError):
    """The caller is at fault."""


class MalformedInputError(InputError):
    """The data cannot be read, or is not what the model takes."""


class UnsupportedMediaTypeError(InputError):
    """No plugin reads this format."""


class NotAcceptableError(InputError):
    """No plugin writes the format that was asked for."""


class PayloadTooLargeError(InputError):
    """The payload is larger than the limits allow."""


class WrongEndpointError(InputError):
    """Another route, or another method, serves this target type."""


class UnavailableError(DrumError):
    """Nobody is at fault: the same request may succeed later."""


class ModelNotReadyError(UnavailableError):
    """The model is still loading."""


class OverloadedError(UnavailableError):
    """The queue is full."""


class WorkerDiedError(UnavailableError):
    """A worker process ended in the middle of the work."""


class ScoreTimeoutError(UnavailableError):
    """The deadline passed before there was an answer."""


class ModelHTTPError(DrumError):
    """Raise in a hook to answer a request with a status of your own.

    :param status_code: 400 to 499; anything else is a :class:`ValueError`.
    """

    def __init__(self, message: str, status_code: int = 400) -> None:
        if not 400 <= status_code <= 499:
            raise ValueError(f"status_code must be from 400 to 499, not {status_code}")
        super().__init__(message)
        self.status_code = status_code
