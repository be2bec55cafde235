# Vectors of Julia's become columns that Python can read.

"Columns for Python, and the memory that they point into."
struct Encoded
    columns::Vector{Column}
    memory::Vector{Any}
end

Encoded() = Encoded(Column[], Any[])

kept!(encoded::Encoded, array::Array) = (push!(encoded.memory, array); Ptr{Cvoid}(pointer(array)))

kept_name!(encoded::Encoded, text) = Cstring(Ptr{UInt8}(kept!(encoded, UInt8[codeunits(text)..., 0x00])))

add!(encoded::Encoded, title::AbstractString, values::Vector{Float64}) = fixed!(encoded, title, NUMBER, values, C_NULL)

"Add a column of the narrowest kind that holds all values; `nothing` counts as missing."
function add!(encoded::Encoded, title::AbstractString, values::AbstractVector)
    any(isnothing, values) && (values = replace(values, nothing => missing))
    isconcretetype(nonmissingtype(eltype(values))) || (values = map(identity, values))
    type = nonmissingtype(eltype(values))
    if type <: Bool && type !== Union{}
        plain!(encoded, title, TRUTH, Bool, values)
    elseif type <: Integer && type !== Union{}
        plain!(encoded, title, INTEGER, Int64, values)
    elseif type <: Union{Real,Missing}
        numbers = Float64[ismissing(value) ? NaN : Float64(value) for value in values]
        fixed!(encoded, title, NUMBER, numbers, C_NULL)
    elseif type <: Union{Date,DateTime}
        plain!(encoded, title, TIME, DateTime, values)
    elseif is_text(type)
        texts!(encoded, title, TEXT, values)
    else
        throw(ArgumentError("column '$title' holds values of type $type: numbers, truth values, dates or text are needed"))
    end
    return encoded
end

is_text(type) = type <: Union{AbstractString,Symbol,AbstractChar} || nameof(type) === :CategoricalValue

function plain!(encoded, title, kind, ::Type{T}, values) where {T}
    blank = reinterpret(T, zeros(UInt8, sizeof(T)))[1]
    filled = T[ismissing(value) ? blank : T(value) for value in values]
    valid = any(ismissing, values) ? kept!(encoded, UInt8[!ismissing(value) for value in values]) : C_NULL
    fixed!(encoded, title, kind, filled, valid)
end

function fixed!(encoded, title, kind, values, valid)
    column = Column(kept_name!(encoded, title), kind, length(values), kept!(encoded, values), valid, C_NULL, C_NULL, 0)
    push!(encoded.columns, column)
end

function texts!(encoded, title, kind, values)
    all_there = !any(ismissing, values)
    valid = all_there ? C_NULL : kept!(encoded, UInt8[!ismissing(value) for value in values])
    io = IOBuffer()
    offsets = Vector{Int64}(undef, length(values) + 1)
    offsets[1] = 0
    for (place, value) in enumerate(values)
        ismissing(value) || print(io, value)
        offsets[place+1] = position(io)
    end
    pool!(encoded, title, kind, take!(io), offsets, valid)
end

function pool!(encoded, title, kind, units, offsets, valid=C_NULL)
    rows = length(offsets) - 1
    memory = kept!(encoded, units), kept!(encoded, offsets)
    push!(encoded.columns, Column(kept_name!(encoded, title), kind, rows, C_NULL, valid, memory..., rows))
end

text!(encoded, title, text::AbstractString) = texts!(encoded, title, STRING, (text,))
bytes!(encoded, title, units::Vector{UInt8}) = pool!(encoded, title, BYTES, units, Int64[0, length(units)])
