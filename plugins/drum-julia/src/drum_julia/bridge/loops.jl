"What is done for each row: optimised, while the rest of the bridge is compiled in a hurry."
module Loops

Base.Experimental.@optlevel 2

"Return the texts in a pool; text `i` ends where `i + 1` begins, say the offsets."
texts(pool::Ptr{UInt8}, offsets::Vector{Int64}) =
    String[unsafe_string(pool + offsets[i], offsets[i+1] - offsets[i]) for i in 1:length(offsets)-1]

"Return the text of each row, `missing` where its place in the pool is negative."
function picked(pool::Vector{String}, places::Vector{Int32})
    any(<(0), places) || return String[pool[place+1] for place in places]
    return Union{Missing,String}[place < 0 ? missing : pool[place+1] for place in places]
end

"Return the values, `missing` where they are not valid."
function with_gaps(values::Vector{T}, valid::AbstractVector{Bool}) where {T}
    gapped = Vector{Union{Missing,T}}(missing, length(values))
    for i in eachindex(values)
        valid[i] && (gapped[i] = values[i])
    end
    return gapped
end

end
