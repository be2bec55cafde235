# What hooks return becomes an answer. Plain loops over vectors of `Any` are compiled once, and fast.

"What hooks return that has a row for each row of the data; `labels` is `nothing` where the columns have no names."
struct Tabular
    labels::Union{Nothing,Vector{String}}
    vectors::Vector{Any}
end

"Return a table as its columns; `nothing` if it is none."
tabular(@nospecialize(_)) = nothing
tabular(@nospecialize(data::NamedTuple)) = by_name(Any[keys(data)...], Any[values(data)...])
tabular(data::AbstractMatrix) = Tabular(nothing, Any[data[:, place] for place in axes(data, 2)])

function tabular(@nospecialize(data::AbstractDict))
    names = sort!(Any[keys(data)...]; by=string)
    return by_name(names, Any[data[name] for name in names])
end

function tabular(@nospecialize(data::AbstractVector))
    kind = isempty(data) ? eltype(data) : typeof(first(data))
    kind <: Pair && return of_pairs(data)
    kind <: NamedTuple && !isempty(data) && return of_rows(data)
    return Tabular(nothing, Any[data])
end

@noinline of_pairs(pairs) = by_name(Any[first(pair) for pair in pairs], Any[last(pair) for pair in pairs])

@noinline function of_rows(rows)
    names = keys(first(rows))
    return by_name(Any[names...], Any[[row[name] for row in rows] for name in names])
end

"Return named columns; `nothing` if some are no columns."
function by_name(names::Vector{Any}, vectors::Vector{Any})
    labels = Vector{String}(undef, length(names))
    for place in eachindex(names)
        vectors[place] isa AbstractVector || return nothing
        labels[place] = string(names[place])
    end
    return Tabular(labels, vectors)
end

"Return the columns of whatever Tables.jl knows to be a table, such as a `DataFrame`."
function from_tables(@nospecialize(data))
    tables = loaded("Tables")
    (tables === nothing || data isa AbstractVecOrMat || data isa NamedTuple || !tables.istable(data)) && return nothing
    return of_columns(tables, tables.columns(data))
end

@noinline function of_columns(tables::Module, columns)
    names = Any[tables.columnnames(columns)...]
    return by_name(names, Any[tables.getcolumn(columns, name) for name in names])
end

function row_count(data::Tabular)
    isempty(data.vectors) && return 0
    rows = length(data.vectors[1])
    for column in data.vectors
        length(column) == rows && continue
        throw(DimensionMismatch("the columns of the table have different lengths: $rows and $(length(column))"))
    end
    return rows
end

"Return an answer, whose memory lives until its handle is released."
function answer(form, encoded::Encoded; rows=-1, targets=0)
    handle = keep(encoded)
    return Answer(form, handle, rows, pointer(encoded.columns), length(encoded.columns), targets)
end

answer_nothing() = Answer(NOTHING, 0, -1, C_NULL, 0, 0)
answer_value(@nospecialize(data)) = Answer(VALUE, keep(data), data isa AbstractArray && ndims(data) > 0 ? size(data, 1) : -1, C_NULL, 0, 0)

"Answer with a table: of named columns, or of columns without names."
function answer_table(@nospecialize(data))
    data === nothing && return answer_nothing()
    found = as_table(data)
    return answer(found.labels === nothing ? UNLABELLED : TABLE, encoded!(Encoded(), found); rows=row_count(found))
end

"Answer with a table, or with the number of a value that stays here: what a reader made may be anything."
function answer_batch(@nospecialize(data))
    data === nothing && return answer_nothing()
    found = from_tables(data)
    found === nothing && (found = tabular(data))
    found === nothing || found.labels === nothing || return answer_table(data)
    return answer_value(data)
end

"Answer with the features and the target that a transform returned."
function answer_pair(@nospecialize(features), @nospecialize(target))
    features === nothing && return answer_nothing()
    target === nothing && return answer_table(features)
    first_part, second_part = as_table(features), as_table(target)
    encoded = encoded!(encoded!(Encoded(), first_part), second_part)
    return answer(TABLE, encoded; rows=row_count(first_part), targets=length(second_part.vectors))
end

function as_table(@nospecialize(data))
    found = from_tables(data)
    found === nothing && (found = tabular(data))
    found === nothing || return found
    throw(ArgumentError("a $(typeof(data)) is no table: return a NamedTuple of vectors, a DataFrame, a matrix or a vector"))
end

function encoded!(encoded::Encoded, data::Tabular)
    for (place, column) in enumerate(data.vectors)
        add!(encoded, data.labels === nothing ? string(place - 1) : data.labels[place], column)
    end
    return encoded
end

"Answer with what `score_unstructured` returned: the content, and what is stated about it."
function answer_reply(result)
    content, stated = result isa Tuple && length(result) == 2 ? result : (result, nothing)
    encoded = Encoded()
    content!(encoded, content, result)
    stated === nothing || stated!(encoded, stated, result)
    return answer(REPLY, encoded)
end

content!(encoded, content::AbstractString, _) = text!(encoded, "content", content)
content!(encoded, content::AbstractVector{UInt8}, _) = bytes!(encoded, "content", Vector{UInt8}(content))
content!(_, ::Nothing, _) = nothing
content!(_, _, result) = throw(unstructured_error(result))

function stated!(encoded, stated, result)
    stated isa Union{AbstractDict,NamedTuple} || throw(unstructured_error(result))
    for (key, text) in pairs(stated)
        text === nothing || text!(encoded, string(key), string(text))
    end
end

unstructured_error(result) = ArgumentError(
    "score_unstructured must return a String, a Vector{UInt8} or nothing, or a pair of one of them with a Dict of " *
    "\"mimetype\" and \"charset\"; it returned a $(typeof(result))",
)
