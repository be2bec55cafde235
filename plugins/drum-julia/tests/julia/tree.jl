# A decision tree for three classes.
struct Leaf
    probabilities::Vector{Float64}
end

struct Split
    column::Symbol
    limit::Float64
    low::Union{Split,Leaf}
    high::Union{Split,Leaf}
end

const CLASSES = ["high, sir", "it's \"middling\"", "[low]"]
const COLUMNS = (:age, :count)

classes_of(data) = [value < -1 ? 3 : value > 1 ? 1 : 2 for value in data.target]
gini(classes) = isempty(classes) ? 0.0 : 1 - sum((count(==(k), classes) / length(classes))^2 for k in 1:3)

fitted(data) = grown(data, classes_of(data), collect(1:length(data.age)), 4)

function grown(data, classes, rows, depth)
    best, column, limit = gini(classes[rows]) - 1e-9, nothing, 0.0
    for name in COLUMNS, candidate in getproperty(data, name)[rows[1:7:end]]
        low = filter(row -> getproperty(data, name)[row] < candidate, rows)
        high = setdiff(rows, low)
        impurity = (length(low) * gini(classes[low]) + length(high) * gini(classes[high])) / length(rows)
        impurity < best && ((best, column, limit) = (impurity, name, candidate))
    end
    if depth == 0 || column === nothing
        return Leaf([count(==(k), classes[rows]) / length(rows) for k in 1:3])
    end
    low = filter(row -> getproperty(data, column)[row] < limit, rows)
    return Split(column, limit, grown(data, classes, low, depth - 1), grown(data, classes, setdiff(rows, low), depth - 1))
end

leaf(node::Leaf, data, row) = node
leaf(node::Split, data, row) = leaf(getproperty(data, node.column)[row] < node.limit ? node.low : node.high, data, row)

function predict(tree::Union{Split,Leaf}, data)
    found = [leaf(tree, data, row).probabilities for row in 1:length(data.age)]
    return NamedTuple{Tuple(Symbol.(CLASSES))}(Tuple([p[k] for p in found] for k in 1:3))
end
