# Columns that come from Python become vectors of Julia's own: copies, which a hook may change and keep.

"""
Return the table of a batch: a `DataFrame` where DataFrames.jl is loaded, else a `NamedTuple` of vectors, a Tables.jl table.

The type of the `NamedTuple` names no element types, as a `DataFrame`'s does not: hooks are compiled once, not again for each
combination of columns in which values are missing.
"""
function table(columns::Vector{Column})
    names = Symbol[Symbol(name(column)) for column in columns]
    vectors = Any[vector(column) for column in columns]
    frames = loaded("DataFrames")
    frames === nothing && return named_tuple(names, vectors)
    return frames.DataFrame(AbstractVector[vectors...], names; copycols=false)
end

function named_tuple(names::Vector{Symbol}, vectors::Vector{Any})
    type = NamedTuple{Tuple(names),NTuple{length(names),AbstractVector}}
    # A constructor would be compiled for each combination of element types.
    return ccall(:jl_new_structv, Any, (Any, Ptr{Any}, UInt32), type, vectors, length(vectors))
end

"Return the same table with a type that names the types of its columns: what MLJ's models look at."
typed(data::NamedTuple) = NamedTuple{keys(data)}(values(data))
typed(data) = data

function vector(column::Column)
    column.kind == NUMBER && return numbers(column)
    column.kind == INTEGER && return plain(Int64, column)
    column.kind == TRUTH && return plain(Bool, column)
    column.kind == TIME && return plain(DateTime, column)
    return texts(column)
end

wrapped(::Type{T}, column::Column) where {T} = unsafe_wrap(Array, Ptr{T}(column.values), Int(column.rows))

function numbers(column::Column)
    values = copy(wrapped(Float64, column))
    return any(isnan, values) ? Loops.with_gaps(values, .!isnan.(values)) : values
end

function plain(::Type{T}, column::Column) where {T}
    values = copy(wrapped(T, column))
    column.valid == C_NULL && return values
    return Loops.with_gaps(values, unsafe_wrap(Array, Ptr{Bool}(column.valid), Int(column.rows)))
end

texts(column::Column) = Loops.picked(pooled(column), wrapped(Int32, column))
