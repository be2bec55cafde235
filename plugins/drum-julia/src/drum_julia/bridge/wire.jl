# What crosses the border. The same structures stand in wire.py; every field has eight bytes.

"""
A column of a table, or a named value. Memory belongs to the side that filled it in, and is good for one call.

`values` holds `rows` values of the kind: `Float64`, `Int64`, a byte for each `Bool`, milliseconds since year 0 for times,
`Int32` places in the pool for texts (from 0; -1 is missing). `valid` is a byte a row; `C_NULL`: nothing is missing. The
pool is `texts` texts in UTF-8; text `i` ends where `i + 1` begins, says `offsets`.
"""
struct Column
    name::Cstring
    kind::Int64
    rows::Int64
    values::Ptr{Cvoid}
    valid::Ptr{UInt8}
    pool::Ptr{UInt8}
    offsets::Ptr{Int64}
    texts::Int64
end

const NUMBER, INTEGER, TRUTH, TIME, TEXT = 0, 1, 2, 3, 4
const STRING, STRINGS, MAPPING, BYTES = 5, 6, 7, 8  # named values: the pool alone says what they are

"""
What Python asks for. `batch` is a value that lives here, if the data are not in `data`. `targets` is -1 if no target was
sent, and `NO_TARGET` where the target type takes none.
"""
struct Call
    what::Cstring
    model::Int64
    batch::Int64
    data::Ptr{Column}
    columns::Int64
    target::Ptr{Column}
    targets::Int64
    keywords::Ptr{Column}
    words::Int64
end

"""
What Python gets: `handle` keeps the memory alive until it is released; `rows` is -1 where there is no such thing. The last
`targets` of the columns are those of the target.
"""
struct Answer
    form::Int64
    handle::Int64
    rows::Int64
    columns::Ptr{Column}
    count::Int64
    targets::Int64
end

const NO_TARGET = -2
const NOTHING, TABLE, UNLABELLED, VALUE, REPLY, FAILED = 0, 1, 2, 3, 4, 5

"Everything that Python knows by a number, so that the collector leaves it alone."
const KEPT = Dict{Int64,Any}()
const LAST_HANDLE = Ref{Int64}(0)

function keep(value)
    LAST_HANDLE[] += 1
    KEPT[LAST_HANDLE[]] = value
    return LAST_HANDLE[]
end

release(handle::Int64) = delete!(KEPT, handle)

list(columns::Ptr{Column}, count::Int64) = Column[unsafe_load(columns, place) for place in 1:count]

name(column::Column) = unsafe_string(column.name)

function pooled(column::Column)
    offsets = unsafe_wrap(Array, column.offsets, Int(column.texts) + 1)
    return Loops.texts(column.pool, offsets)
end

function bytes(column::Column)
    count = unsafe_load(column.offsets, 2)
    return copy(unsafe_wrap(Array, column.pool, Int(count)))
end

"Return a named value: text, a list or a mapping of texts, bytes, or a vector."
function value(column::Column)
    column.kind < STRING && return vector(column)
    column.kind == BYTES && return bytes(column)
    texts = pooled(column)
    column.kind == STRING && return texts[1]
    column.kind == STRINGS && return texts
    return Dict{String,String}(texts[i] => texts[i+1] for i in 1:2:length(texts))
end
