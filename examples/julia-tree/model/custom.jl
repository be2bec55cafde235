# A decision tree in plain Julia: how it is grown (train_julia.jl), and how it predicts.

struct Leaf
    probabilities::Dict{String,Float64}
end

struct Split
    column::Symbol
    limit::Float64
    low::Union{Split,Leaf}
    high::Union{Split,Leaf}
end

impurity(labels) = 1 - sum(count(==(label), labels)^2 for label in unique(labels)) / length(labels)^2

"Grow a tree on the rows of a table, no deeper than `depth`."
function grow(data, labels, classes, rows=collect(eachindex(labels)); depth=3)
    best, split = impurity(labels[rows]) * length(rows), nothing
    for column in propertynames(data), limit in unique(getproperty(data, column)[rows])
        below = getproperty(data, column)[rows] .< limit
        low, high = rows[below], rows[.!below]
        isempty(low) && continue
        mixed = impurity(labels[low]) * length(low) + impurity(labels[high]) * length(high)
        mixed < best - 1e-9 && ((best, split) = (mixed, (column, limit, low, high)))
    end
    if split === nothing || depth == 0
        return Leaf(Dict(class => count(==(class), labels[rows]) / length(rows) for class in classes))
    end
    column, limit, low, high = split
    return Split(column, limit, grow(data, labels, classes, low; depth=depth - 1), grow(data, labels, classes, high; depth=depth - 1))
end

leaf(node::Leaf, data, row) = node
leaf(node::Split, data, row) = leaf(getproperty(data, node.column)[row] < node.limit ? node.low : node.high, data, row)

"What drum calls: probabilities of the classes, a column for each."
function score(data, model; class_labels)
    found = [leaf(model, data, row).probabilities for row in eachindex(getproperty(data, first(propertynames(data))))]
    return [label => [probabilities[label] for probabilities in found] for label in class_labels]
end
