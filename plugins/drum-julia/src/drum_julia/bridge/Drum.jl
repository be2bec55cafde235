"""
The Julia side of drum-julia. Python calls one C function, `enter`, which no exception ever leaves.

What user code may take from here: `using Main.Drum: ModelHTTPError`.
"""
module Drum

# Compiled for a quick start; what is done for each row is in `Loops`.
Base.Experimental.@optlevel 0

using Dates: Date, DateTime
using LinearAlgebra: BLAS
using Logging: ConsoleLogger, global_logger
using Serialization: deserialize

export ModelHTTPError

include("loops.jl")
include("wire.jl")
include("tables.jl")
include("encoding.jl")
include("answers.jl")
include("console.jl")
include("failures.jl")
include("packages.jl")
include("user_code.jl")
include("artifacts.jl")
include("calls.jl")
include("entry.jl")

end
