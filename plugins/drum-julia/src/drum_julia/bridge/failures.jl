# What user code throws becomes text: a message, the rest of it, and the user's own stack frames.

"Throw this in a hook to answer a request with a status of your own, 400 to 499."
struct ModelHTTPError <: Exception
    message::String
    status_code::Int
    function ModelHTTPError(message, status_code=400)
        400 <= status_code <= 499 || throw(ArgumentError("status_code must be from 400 to 499, not $status_code"))
        return new(message, status_code)
    end
end

"Julia packages that a model needs and that are not installed."
struct MissingPackages <: Exception
    names::Vector{String}
end

"The code called `exit`, which would end the process that serves it."
struct ExitCalled <: Exception
    code::Int
end

const LONGEST_MESSAGE = 1000
const MOST_FRAMES = 20

function answer_failure(error, backtrace, folder::AbstractString)
    encoded = Encoded()
    while error isa LoadError  # of `include`: it only repeats the file and the line
        error = error.error
    end
    kind, message, more = described(error)
    text!(encoded, "kind", kind)
    text!(encoded, "message", message)
    frames = isempty(folder) ? "" : user_frames(backtrace, folder)
    text!(encoded, "detail", join(filter(!isempty, [more, frames]), "\n"))
    return answer(FAILED, encoded)
end

described(error::ModelHTTPError) = string(error.status_code), error.message, ""
described(error::MissingPackages) = "packages", join(error.names, ' '), ""
described(error::ExitCalled) = "", "the code called exit($(error.code))", ""

"Return what the error says as one line, and what is too long for that."
function described(error)
    text = try
        sprint(showerror, error)
    catch
        "an error that cannot be shown"
    end
    first_part, hints = split_at(text, "\nClosest candidates")
    message = join(filter(!isempty, strip.(split(first_part, '\n'))), ' ')
    type = string(nameof(typeof(error)))
    startswith(message, type) || (message = "$type: $message")
    return "", shortened(rstrip(message, ':')), strip(hints)
end

function split_at(text, mark)
    found = findfirst(mark, text)
    found === nothing && return text, ""
    return text[1:prevind(text, first(found))], text[first(found):end]
end

shortened(text) = length(text) <= LONGEST_MESSAGE ? text : first(text, LONGEST_MESSAGE - 1) * "…"

"""
Return the frames of the code in the folder, the innermost last, each with its line.

Pointers are looked up one by one, and no further than to this bridge: to look up Python's is slow, and prints warnings.
"""
function user_frames(backtrace, folder)
    lines = String[]
    for pointer in backtrace, frame in StackTraces.lookup(pointer)
        file = String(frame.file)
        file == @__FILE__() && break
        frame.func === :enter && return joined(lines)
        startswith(file, folder) && !frame.from_c && !is_sorter(frame) || continue
        push!(lines, described_frame(frame, file, folder))
        length(lines) == MOST_FRAMES && return joined(push!(lines, "  …"))
    end
    return joined(lines)
end

joined(lines) = join(reverse(lines), '\n')

function described_frame(frame, file, folder)
    text = isfile(file) ? strip(get(readlines(file), frame.line, "")) : ""
    return "  $(relpath(file, folder)), line $(frame.line), in $(written_name(frame.func))\n    $text"
end

"Tell whether a frame is what Julia puts before a function with keyword arguments."
is_sorter(frame) = frame.func === :kwcall || endswith(string(frame.func), "##kw")

"Return the name that stands in the file: the body of `f` with keyword arguments is `#f#1`."
function written_name(name)
    parts = split(string(name), '#'; keepempty=false)
    return length(parts) == 2 && all(isdigit, parts[2]) && !all(isdigit, parts[1]) ? parts[1] : string(name)
end
