# The user's custom.jl: read into a module of its own, and the hooks that it defines.

const CODE_FILE = "custom.jl"
const HOOKS = (:init, :read_input_data, :load_model, :transform, :score, :post_process, :score_unstructured, :fit)
const GIVEN = (:eval, :include)
const CODE_NUMBER = Ref(0)

"A function of the user's, and the keyword arguments that it takes: a hook may leave out those that it does not need."
struct Hook
    call::Function
    keywords::Vector{Symbol}
    takes_all::Bool
end

"A model: its folder, the module with the user's code, the hooks in it, and what was loaded."
mutable struct UserModel
    folder::String
    code::Module
    hooks::Dict{Symbol,Hook}
    object::Any
end

"""
Read `custom.jl`, if there is one, into a new module.

The module is a constant of `Main`, and so never collected: compiled code refers to modules by their addresses.
"""
function read_user_code(folder::String)
    CODE_NUMBER[] += 1
    space = Core.eval(Main, Expr(:module, true, Symbol(:custom_, CODE_NUMBER[]), Expr(:block)))
    file = joinpath(folder, CODE_FILE)
    isfile(file) && Base.include(space, file)
    return Base.invokelatest(user_model, folder, space)
end

"Hooks stand in a module `Custom`, or else in the file itself."
function user_model(folder, space)
    publish(space)
    inner = isdefined(space, :Custom) && getfield(space, :Custom) isa Module ? getfield(space, :Custom) : space
    hooks = Dict{Symbol,Hook}()
    for name in HOOKS
        is_users(inner, name) && (hooks[name] = hook(getfield(inner, name)))
    end
    return UserModel(folder, inner, hooks, nothing)
end

"Tell whether a function has a method of the user's: packages export functions called `transform` and `fit`."
function is_users(space::Module, name::Symbol)
    isdefined(space, name) && getfield(space, name) isa Function || return false
    for method in methods(getfield(space, name)).ms
        method.module === space && return true
    end
    return false
end

function hook(@nospecialize(f::Function))
    keywords = Symbol[]
    takes_all = false
    for method in methods(f).ms, name in Base.kwarg_decl(method)
        push!(keywords, name)
        takes_all |= endswith(string(name), "...")
    end
    return Hook(f, keywords, takes_all)
end

function call_hook(user::UserModel, name::Symbol, arguments...; keywords=Dict{Symbol,Any}())
    hook = user.hooks[name]
    for keyword in collect(keys(keywords))
        hook.takes_all || keyword in hook.keywords || delete!(keywords, keyword)
    end
    isempty(keywords) && return hook.call(arguments...)
    return hook.call(arguments...; keywords...)
end

"""
Make the user's types and functions known in `Main`: what a script has saved is looked up there when it is read.

They are no constants there, so that the next model may have its own.
"""
function publish(space::Module)
    for name in names(space; all=true)
        (name in GIVEN || startswith(string(name), '#') || !isdefined(space, name)) && continue
        value = getfield(space, name)
        value isa Union{Type,Module,Function} && value !== space || continue
        isdefined(Main, name) && isconst(Main, name) && continue
        Core.eval(Main, Expr(:(=), name, QuoteNode(value)))
    end
end

"Return the names of all functions that the user wrote."
function written(user::UserModel)
    found = String[]
    for name in names(user.code; all=true)
        name in GIVEN || startswith(string(name), '#') || !is_users(user.code, name) || push!(found, string(name))
    end
    return found
end
