# Artifacts: what they hold, and how it predicts where the user wrote no `score`.

const SERIALIZED = b"7JL"  # how such a file begins

"The object of an artifact can be scored by nobody."
struct Unscorable <: Exception
    type::Any
end

described(error::Unscorable) = "unscorable", string(error.type), ""

load_artifact(path) = endswith(lowercase(path), ".jlso") ? load_jlso(path) : load_jls(path)

"Read an object that `Serialization.serialize` wrote; packages that its types belong to are loaded on the way."
function load_jls(path)
    head = open(file -> read(file, length(SERIALIZED)), path)
    head == SERIALIZED || throw(ArgumentError("it is no file that Julia's Serialization wrote"))
    object = try
        Base.invokelatest(deserialize, path)
    catch error
        error isa KeyError && error.key isa Base.PkgId || rethrow()
        load_packages((error.key.name,))
        return load_jls(path)
    end
    return restored(object)
end

"Read what `JLSO.save` wrote: the object called `machine` or `model`, else the only one, else all by their names."
function load_jlso(path)
    lacking = filter(!is_installed, ["JLSO", "MLJ"])
    load_packages("JLSO" in lacking ? lacking : ("JLSO",), ("MLJ", "MLJBase"))
    objects = Base.invokelatest(loaded("JLSO").load, path)
    for name in (:machine, :model)
        haskey(objects, name) && return restored(objects[name])
    end
    return length(objects) == 1 ? restored(first(values(objects))) : objects
end

mlj() = something(loaded("MLJ"), loaded("MLJBase"), Some(nothing))
is_machine(object) = nameof(typeof(object)) === :Machine && mlj() !== nothing

"Bring a machine of MLJ's back to life: what it learnt may have been saved in a form that cannot predict."
function restored(object)
    is_machine(object) && isdefined(mlj(), :restore!) && Base.invokelatest(getfield(mlj(), :restore!), object)
    return object
end

"Predict with a machine of MLJ's, with `predict(object, table)`, or by calling the object."
function predicted(user::UserModel, data)
    object = user.object
    is_machine(object) && return machine_predictions(mlj(), object, typed(data))
    for space in (user.code, parentmodule(typeof(object)))
        isdefined(space, :predict) && applicable(getfield(space, :predict), object, data) || continue
        return getfield(space, :predict)(object, data)
    end
    applicable(object, data) && return object(data)
    throw(Unscorable(typeof(object)))
end

"Return probabilities by class where the machine gives them, else values; of a distribution, its mean."
function machine_predictions(mlj::Module, machine, data)
    values = mlj.predict(machine, data)
    isempty(values) && return Float64[]
    nameof(typeof(first(values))) === :UnivariateFinite || return plain_values(mlj, machine, data, values)
    classes = mlj.classes(first(values))
    return [string(class) => mlj.pdf.(values, class) for class in classes]
end

plain_values(_, _, _, values::AbstractVector{<:Union{Real,Missing,AbstractString}}) = values
plain_values(mlj, machine, data, _) = mlj.predict_mean(machine, data)
