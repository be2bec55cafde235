# The C functions that Python calls. An exception that left one of them would end the process.

function enter(call::Ptr{Call}, result::Ptr{Answer})::Cint
    answered = try
        Base.invokelatest(answer_call, unsafe_load(call))
    catch error
        failure(error, catch_backtrace())
    end
    unsafe_store!(result, answered)
    flush(CONSOLE)
    return 0
end

function failure(error, backtrace)
    try
        return Base.invokelatest(answer_failure, error, backtrace, CURRENT_FOLDER[])
    catch
        return Answer(FAILED, 0, -1, C_NULL, 0, 0)
    end
end

let_go(handle::Int64)::Cvoid = (release(handle); nothing)

# `exit` in user code would end the process, with a code that says that all is well. `Base.exit()` calls this method too.
Base.exit(code::Int) = throw(ExitCalled(code))

redirect_console()

const ENTER = @cfunction(enter, Cint, (Ptr{Call}, Ptr{Answer}))
const LET_GO = @cfunction(let_go, Cvoid, (Int64,))
