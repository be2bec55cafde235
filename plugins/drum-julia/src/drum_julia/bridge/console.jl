# What user code prints goes to the log (standard error): Julia's own streams would make a pipe non-blocking for all.

const MOST_AT_ONCE = 4096  # what a pipe takes whole, if it is ready to take anything
const PATIENCE_MS = 200

"Standard error, line by line. Where nobody reads what is written, it is dropped: printing never holds up an answer."
struct Console <: IO
    line::Vector{UInt8}
end

struct Poll
    descriptor::Cint
    events::Cshort
    happened::Cshort
end

const POLLOUT = Cshort(4)

function Base.unsafe_write(console::Console, units::Ptr{UInt8}, count::UInt)
    append!(console.line, unsafe_wrap(Array, units, Int(count)))
    (UInt8('\n') in console.line || length(console.line) > MOST_AT_ONCE) && flush(console)
    return Int(count)
end

Base.write(console::Console, unit::UInt8) = (push!(console.line, unit); unit == UInt8('\n') && flush(console); 1)
Base.isopen(::Console) = true
Base.iswritable(::Console) = true
Base.isreadable(::Console) = false
Base.close(::Console) = nothing
Base.rawhandle(::Console) = RawFD(2)  # for the processes that Julia starts, such as those that compile packages

function Base.flush(console::Console)
    line = console.line
    start = 1
    while start <= length(line) && is_ready()
        count = min(MOST_AT_ONCE, length(line) - start + 1)
        written = GC.@preserve line ccall(:write, Cssize_t, (Cint, Ptr{UInt8}, Csize_t), 2, pointer(line, start), count)
        written > 0 || break
        start += written
    end
    empty!(line)
    return nothing
end

function is_ready()
    request = Ref(Poll(2, POLLOUT, 0))
    return ccall(:poll, Cint, (Ptr{Poll}, Culong, Cint), request, 1, PATIENCE_MS) == 1
end

const CONSOLE = Console(UInt8[])

"Send what is printed, and what is logged with `@info` and the like, to the log."
function redirect_console()
    Core.eval(Base, :(stdout = $CONSOLE; stderr = $CONSOLE))
    global_logger(ConsoleLogger(CONSOLE))
end
