# Reads a CSV of plain numbers and words as drum's reader does, so that `julia` alone can run the same models.
module Tables

export read_csv, write_bits

function read_csv(path)
    lines = readlines(path)
    rows = [split(line, ',') for line in lines[2:end]]
    names = Tuple(Symbol.(split(lines[1], ',')))
    return NamedTuple{names}(Tuple(column([row[place] for row in rows]) for place in eachindex(names)))
end

function column(cells)
    for type in (Int64, Float64)
        values = [isempty(cell) ? missing : tryparse(type, cell) for cell in cells]
        any(isnothing, values) && continue
        any(ismissing, values) && return Union{Missing,Float64}[value for value in values]
        return type[value for value in values]
    end
    any(isempty, cells) || return String[cell for cell in cells]
    return Union{Missing,String}[isempty(cell) ? missing : cell for cell in cells]
end

"Write the bits of predictions, a line a row, columns in the order of their names."
function write_bits(path, table)
    names = sort!([string(name) for name in keys(table)])
    open(path, "w") do file
        println(file, join(names, ','))
        for row in 1:length(table[Symbol(names[1])])
            println(file, join((reinterpret(UInt64, Float64(table[Symbol(name)][row])) for name in names), ','))
        end
    end
end

end
