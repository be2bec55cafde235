# Fit the example of drum-julia, write its input, and what Julia itself predicts for it. Plain Julia, no packages:
#
#     julia examples/train_julia.jl
#
# The flowers are made up: three kinds, whose lengths and widths overlap a little.

using Random
using Serialization

const FOLDER = joinpath(@__DIR__, "julia-tree")
const CLASSES = ["setosa", "versicolor", "virginica"]
const COLUMNS = (:petal_length, :petal_width, :sepal_length)
const MEANS = [(1.5, 0.2, 5.0), (4.3, 1.3, 5.9), (5.6, 2.0, 6.6)]
const SPREADS = [(0.2, 0.1, 0.35), (0.5, 0.2, 0.5), (0.55, 0.3, 0.6)]

include(joinpath(FOLDER, "model", "custom.jl"))

function flowers(random, count)
    kinds = rand(random, 1:3, count)
    columns = Tuple([round(MEANS[k][i] + SPREADS[k][i] * randn(random); digits=2) for k in kinds] for i in 1:3)
    return NamedTuple{COLUMNS}(columns), CLASSES[kinds]
end

function write_csv(path, names, columns)
    open(path, "w") do file
        println(file, join(names, ','))
        for row in eachindex(columns[1])
            println(file, join((column[row] for column in columns), ','))
        end
    end
end

function main()
    random = MersenneTwister(7)
    tree = grow(flowers(random, 300)..., CLASSES)
    serialize(joinpath(FOLDER, "model", "model.jls"), tree)
    data, _ = flowers(random, 20)
    write_csv(joinpath(FOLDER, "input.csv"), COLUMNS, values(data))
    predicted = score(data, tree; class_labels=CLASSES)
    write_csv(joinpath(FOLDER, "expected.csv"), first.(predicted), last.(predicted))
end

main()
