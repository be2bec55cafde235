# The hooks of this model. Keep the ones you need; delete the rest.
#
# As it stands, this file is a model of its own: it predicts the row-wise mean of all numbers. `data` is a DataFrame where
# DataFrames.jl is installed, else a NamedTuple of vectors; what is written here works with both. Missing values are
# `missing`.

is_number(column) = nonmissingtype(eltype(column)) <: Real

"""
Predict: return a vector, a NamedTuple of vectors, a DataFrame or a matrix, with a row for each row of `data`.

Regression: one column. Classification: a column of probabilities for each class label. The keyword arguments are
`positive_class_label` and `negative_class_label`, or `class_labels`; those that are not needed may be left out.
"""
function score(data, model)
    columns = [getproperty(data, name) for name in propertynames(data)]
    numbers = filter(is_number, columns)
    isempty(numbers) && throw(ArgumentError("there is no column of numbers"))
    return [row_mean([column[row] for column in numbers]) for row in eachindex(first(numbers))]
end

function row_mean(values)
    known = collect(skipmissing(values))
    return isempty(known) ? 0.0 : sum(known) / length(known)
end

# "Prepare whatever the other hooks need. Called once, before everything else."
# init(code_dir) = nothing

# "Load the model yourself; without this hook, the artifact in this folder (model.jls) is loaded."
# load_model(code_dir) = Serialization.deserialize(joinpath(code_dir, "parameters.jls"))

# "Read the bytes of a request or file yourself."
# read_input_data(bytes) = (x=parse.(Float64, split(String(bytes))),)

# "Change the features before prediction; return as many rows."
# transform(data, model) = data

# "Change the predictions; return the same columns and as many rows."
# post_process(predictions, model) = predictions

# "Train, for 'drum fit': write what load_model reads into output_dir."
# fit(X, y, output_dir; class_order, row_weights, parameters) = nothing

# "Target type 'unstructured': answer a String or a Vector{UInt8} with one of them."
# score_unstructured(model, data; mimetype, charset, query, headers) = data
