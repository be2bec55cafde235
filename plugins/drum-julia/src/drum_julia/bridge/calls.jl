# What each call does. All of it runs in the newest world: the user's methods are younger than this file.

const CURRENT_FOLDER = Ref("")

function answer_call(call::Call)
    what = Symbol(unsafe_string(call.what))
    what === :collect && return collect_garbage()
    words = keywords(call)
    what === :open && return open_model(words[:folder], words[:threads])
    user = KEPT[call.model]::UserModel
    CURRENT_FOLDER[] = user.folder
    return answer_hook(Val(what), user, call, words)
end

keywords(call::Call) = Dict{Symbol,Any}(Symbol(name(word)) => value(word) for word in list(call.keywords, call.words))
data_of(call::Call) = call.batch == 0 ? table(list(call.data, call.columns)) : KEPT[call.batch]

function open_model(folder, threads)
    CURRENT_FOLDER[] = folder
    BLAS.set_num_threads(parse(Int, threads))
    choose_project(folder)
    is_installed("DataFrames") && load_packages(("DataFrames",))
    user = read_user_code(folder)
    encoded = Encoded()
    text!(encoded, "model", string(keep(user)))
    text!(encoded, "hooks", spaced([string(name) for name in HOOKS if haskey(user.hooks, name)]))
    text!(encoded, "functions", spaced(written(user)))
    return answer(REPLY, encoded)
end

spaced(words::Vector{String}) = join(words, ' ')

function answer_hook(::Val{:init}, user, _, words)
    folder = words[:code_dir]
    if applicable(user.hooks[:init].call, folder)
        call_hook(user, :init, folder)
    else
        call_hook(user, :init; keywords=words)
    end
    return answer_nothing()
end

function answer_hook(::Val{:load_model}, user, _, words)
    user.object = call_hook(user, :load_model, words[:code_dir])
    return user.object === nothing ? answer_nothing() : Answer(VALUE, 0, -1, C_NULL, 0, 0)
end

function answer_hook(::Val{:load_artifact}, user, _, words)
    user.object = load_artifact(words[:path])
    return answer_nothing()
end

answer_hook(::Val{:read_input_data}, user, _, words) = answer_batch(call_hook(user, :read_input_data, words[:data]))

function answer_hook(::Val{:transform}, user, call, _)
    data = data_of(call)
    target = call.targets < 0 ? nothing : table(list(call.target, call.targets))
    takes_target = call.targets != NO_TARGET && applicable(user.hooks[:transform].call, data, user.object, target)
    result = call_hook(user, :transform, data, user.object, (takes_target ? (target,) : ())...)
    result isa Tuple && length(result) == 2 && return answer_pair(result...)
    return call.batch == 0 ? answer_table(result) : answer_batch(result)
end

function answer_hook(::Val{:score}, user, call, words)
    data = data_of(call)
    haskey(user.hooks, :score) || return answer_table(predicted(user, data))
    return answer_table(call_hook(user, :score, data, user.object; keywords=words))
end

function answer_hook(::Val{:post_process}, user, call, _)
    return answer_table(call_hook(user, :post_process, data_of(call), user.object))
end

function answer_hook(::Val{:score_unstructured}, user, _, words)
    data = pop!(words, :data)
    return answer_reply(call_hook(user, :score_unstructured, user.object, data; keywords=words))
end

function answer_hook(::Val{:fit}, user, call, words)
    target = call.targets < 0 ? nothing : table(list(call.target, call.targets))
    keywords = Dict{Symbol,Any}(
        :class_order => get(words, :class_order, nothing), :row_weights => get(words, :row_weights, nothing),
        :parameters => Dict{String,Any}(name => hyperparameter(words, name) for name in words[:parameters]),
    )
    call_hook(user, :fit, data_of(call), get(words, :y, target), words[:output_dir]; keywords=keywords)
    return answer_nothing()
end

hyperparameter(words, name) = (values = words[Symbol('.', name)]; name in words[:single] ? values[1] : values)

"Collect garbage; the answer's `rows` is how many values Python still knows."
function collect_garbage()
    GC.gc()
    return Answer(NOTHING, 0, length(KEPT), C_NULL, 0, 0)
end
