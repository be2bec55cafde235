# Fits every model on train.csv, saves it, and writes what `julia` itself predicts for input.csv.
using Serialization

include(joinpath(@__DIR__, "tables.jl"))
using .Tables

const FOLDER = ARGS[1]
const TRAIN = read_csv(joinpath(FOLDER, "train.csv"))
const INPUT = read_csv(joinpath(FOLDER, "input.csv"))

include(joinpath(@__DIR__, "linear.jl"))
const LINEAR = fitted(TRAIN)
serialize(joinpath(FOLDER, "linear", "model.jls"), LINEAR)
write_bits(joinpath(FOLDER, "linear", "expected.csv"), score(INPUT, LINEAR))

include(joinpath(@__DIR__, "logistic.jl"))
const LOGISTIC = Custom.fitted(TRAIN)
serialize(joinpath(FOLDER, "logistic", "model.jls"), LOGISTIC)
by_label = Custom.score(INPUT, LOGISTIC)
write_bits(joinpath(FOLDER, "logistic", "expected.csv"), (no=by_label["no"], yes=by_label["yes"]))

include(joinpath(@__DIR__, "tree.jl"))
const TREE = fitted(TRAIN)
serialize(joinpath(FOLDER, "tree", "model.jls"), TREE)
write_bits(joinpath(FOLDER, "tree", "expected.csv"), predict(TREE, INPUT))

serialize(joinpath(FOLDER, "callable", "model.jls"), data -> Float64[2.0 * age + 1.0 for age in data.age])
